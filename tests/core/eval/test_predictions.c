/* Truth and prediction files: what is matched, what is refused, and how little is told. */
#include "core/eval/predictions.h"
#include "tests/core/eval/vectors.h"
#include <sys/mman.h>

static struct str truth_text(struct arena *arena, const char *csv, const struct truth_form *form)
{
    struct truth truth;
    struct fault why = { 0 };
    struct text out = { .arena = arena };
    if (!truth_parse(arena, str_of(csv), form, &truth, &why))
        return str_keep(arena, str_of(why.text));
    text_add(&out, truth.kind == TRUTH_BINARY    ? S("binary")
                   : truth.kind == TRUTH_CLASSES ? S("classes")
                                                 : S("number"));
    for (size_t i = 0; i < truth.class_count; i++)
        text_print(&out, "%s%s", i ? "," : " of ", truth.classes[i].at);
    for (size_t i = 0; i < truth.row_count; i++)
        text_print(&out, " %s=%g%s", truth.ids[i].at, truth.target[i],
                   truth.usage[i] == USAGE_PRIVATE ? "p" : "");
    text_print(&out, " %zu+%zu", truth.public_count, truth.private_count);
    return text_str(&out);
}

static void truth_files(void **state)
{
    (void)state;
    static const struct {
        unsigned kinds;
        const char *csv, *expected;
    } rows[] = {
        { 0, "id,y\n1,0\n2,1\n", "binary of 0,1 1=0 2=1 2+0" },
        { 0, "id,y\n1,0\n2,0\n", "binary of 0,1 1=0 2=0 2+0" },
        { 0, "id,y\n1,0.5\n2,1\n", "number 1=0.5 2=1 2+0" },
        { TRUTH_NUMBER, "id,y\n1,0\n2,1\n", "number 1=0 2=1 2+0" },
        { TRUTH_BINARY, "id,y\n1,2\n2,1\n", "binary of 1,2 1=1 2=0 2+0" },
        { 0, "id,y\n1,yes\n2,no\n", "binary of no,yes 1=1 2=0 2+0" },
        { 0, "id,y\n1,b\n2,c\n3,a\n", "classes of a,b,c 1=1 2=2 3=0 3+0" },
        { TRUTH_CLASSES, "id,y\n1,10\n2,9\n3,2\n", "classes of 2,9,10 1=2 2=1 3=0 3+0" },
        { 0, "y,Usage,id\n1,Public,a\n0,Private,b\n", "binary of 0,1 a=1 b=0p 1+1" },
        { 0, "id;y\n\"007\";1\n7;0\n", "binary of 0,1 007=1 7=0 2+0" },
        { 0, "id,y\n1,0\n1,1\n", "t.csv:3: id \"1\" is there twice" },
        { 0, "id,y\n1,0\n,1\n", "t.csv:3: no id" },
        { 0, "id,y\n1,0\n\n2,\n", "t.csv:4: no value in column \"y\"" },
        { 0, "id,y\n1,0\n2,1e999\n", "t.csv:3: column 2 (\"y\") held a number that is not finite" },
        { TRUTH_NUMBER, "id,y\n1,0\n2,x\n",
          "t.csv:3: column \"y\" held \"x\", a number is needed" },
        { TRUTH_BINARY, "id,y\n1,0\n2,1\n3,2\n",
          "t.csv: column \"y\" has 3 classes, two are needed" },
        { 0, "id,y\n1,a\n2,a\n", "t.csv: all rows are of one class" },
        { 0, "key,y\n1,0\n", "t.csv:1: no column \"id\"" },
        { 0, "id\n1\n", "t.csv:1: no column for the target" },
        { 0, "id,y,z\n1,0,1\n", "t.csv:1: columns \"y\" and \"z\" could both be the target" },
        { 0, "id,y\n", "t.csv: a header and no rows" },
        { 0, "id,y,Usage\n1,0,Public\n2,1,Pubic\n",
          "t.csv:3: Usage \"Pubic\", allowed are Public and Private" },
        { 0, "id,y\n1,0\n2\n", "t.csv:3: 1 cell, header has 2" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct truth_form form = { .file = S("t.csv"), .kinds = rows[i].kinds };
        struct str got = truth_text(arena, rows[i].csv, &form);
        if (!str_is(got, rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", rows[i].csv, STR_ARGS(got),
                     rows[i].expected);
    }
    struct truth_form named = { .file = S("t.csv"), .target = S("z"), .id_column = S("key") };
    struct str got = truth_text(arena, "key,y,z\n1,0,1\n2,0,3\n", &named);
    assert_string_equal(got.at, "number 1=1 2=3 2+0");
    got = truth_text(arena, "key,y\n1,0\n", &named);
    assert_string_equal(got.at, "t.csv:1: no column \"z\"");
}

static struct truth truth_of(struct arena *arena, const char *csv, unsigned kinds)
{
    struct truth truth;
    struct fault why = { 0 };
    if (!truth_parse(arena, str_of(csv), &(struct truth_form){ .kinds = kinds }, &truth, &why))
        fail_msg("%s", why.text);
    return truth;
}

static struct str matched(struct arena *arena, const struct truth *truth, struct str csv,
                          struct prediction_form form)
{
    struct predictions got;
    struct fault why = { 0 };
    struct text out = { .arena = arena };
    form.file = S("p.csv");
    if (!predictions_parse(arena, csv, truth, &form, &got, NULL, &why))
        return str_keep(arena, str_of(why.text));
    for (size_t i = 0; i < got.row_count * got.width; i++)
        text_print(&out, "%s%g", i ? " " : "", got.values[i]);
    return text_str(&out);
}

struct row {
    const char *csv, *expected;
};

static void check(struct arena *arena, const struct truth *truth, struct prediction_form form,
                  const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str got = matched(arena, truth, str_of(rows[i].csv), form);
        if (!str_is(got, rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", rows[i].csv, STR_ARGS(got),
                     rows[i].expected);
    }
}
#define CHECK(truth, form, rows) check(arena, truth, form, rows, sizeof rows / sizeof *rows)

static void predictions_are_matched_by_id(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, "id,y\na,0\nb,1\nc,1\n", 0);
    static const struct row rows[] = {
        { "id,prediction\na,0.1\nb,0.2\nc,0.3\n", "0.1 0.2 0.3" },
        { "prediction;id\r\n0.3;c\r\n 0.1 ; \"a\"\r\n0.2;b", "0.1 0.2 0.3" },
        { "id,1,0\nc,1,3\nb,0.5,0.5\na,0,1\n", "p.csv: 1 value not a probability from 0 to 1 (in "
                                               "line 2, id \"c\")" },
        { "id,1,0\nc,0.2,0.6\nb,0.5,0.5\na,0,1\n", "0 0.5 0.25" },
        { "id,0,1.0\nc,0,1\nb,1,0\na,0,0.5\n", "1 0 1" },
        { "id,prediction\na,-5\nb,2e3\nc,1\n", "-5 2000 1" },
        { "id,prediction\na,1\nb,2\n", "p.csv: 1 id missing (id \"c\")" },
        { "id,prediction\n", "p.csv: 3 ids missing (first id \"a\")" },
        { "id,prediction\na,1\nb,2\nc,3\na,4\nb,5\n",
          "p.csv: 2 ids there again (first in line 5, id \"a\")" },
        { "id,prediction\na,1\nb,2\nc,3\nd,4\n,5\n",
          "p.csv: 2 unknown ids (first in line 5, id \"d\")" },
        { "id,prediction\na,x\nb,\nc,1\n",
          "p.csv: 2 values not a number or class (first in line 2, id \"a\")" },
        { "id,prediction\na,nan\nb,inf\nc,1e999\n",
          "p.csv: 3 values not finite (first in line 2, id \"a\")" },
        { "id,prediction\na,NaN\nz,1\nb,?\n",
          "p.csv: 1 id missing (id \"c\"); 1 unknown id (in line 3, id \"z\"); 1 value not a "
          "number or class (in line 4, id \"b\"); 1 value not finite (in line 2, id \"a\")" },
        { "id,prediction\na,1\nb,1,1\n", "p.csv:3: 3 cells, header has 2" },
        { "id,prediction\na,\"1\n", "p.csv:2: a quote was opened and never closed" },
        { "", "p.csv:1: no header: the file is empty" },
        { "key,prediction\n", "p.csv: the header must be id,prediction or id and a column for each "
                              "of the 2 classes (0, 1)" },
        { "id,prediction,more\n", "p.csv: the header must be id,prediction or id and a column for "
                                  "each of the 2 classes (0, 1)" },
        { "id,1,1.0\n",
          "p.csv: the header must be id,prediction or id and a column for each of the "
          "2 classes (0, 1)" },
    };
    CHECK(&truth, (struct prediction_form){ 0 }, rows);
    static const struct row probabilities[] = {
        { "id,prediction\na,0\nb,1\nc,0.5\n", "0 1 0.5" },
        { "id,prediction\na,-0.1\nb,1.0000001\nc,0.5\n",
          "p.csv: 2 values not a probability from 0 to 1 (first in line 2, id \"a\")" },
    };
    CHECK(&truth, (struct prediction_form){ .in_unit = true }, probabilities);
}

static void classes_have_names_or_columns(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, "id,y\n1,cat\n2,dog\n3,cow\n", 0);
    static const struct row names[] = {
        { "id,prediction\n1,cat\n2,cow\n3,dog\n", "0 1 2" },
        { "id,prediction\n1,cat\n2,cow\n3,bird\n",
          "p.csv: 1 value not a number or class (in line 4, id \"3\")" },
        { "id,dog,cat,cow\n1,0,1,0\n2,2,0,0\n3,0.25,0.25,0\n",
          "p.csv: 1 value not a probability from 0 to 1 (in line 3, id \"2\")" },
        { "id,dog,cat,cow\n1,0,1,0\n2,1,0,0\n3,0.25,0.25,0\n", "1 0 0 0 0 1 0.5 0 0.5" },
        { "id,dog,cat,cow\n1,0,0,0\n2,1,0,0\n3,1,0,0\n",
          "p.csv: 1 value not a probability from 0 to 1 (in line 2, id \"1\")" },
        { "id,dog,cat\n1,0,1\n", "p.csv: the header must be id,prediction or id and a column for "
                                 "each of the 3 classes (cat, cow, ...)" },
    };
    CHECK(&truth, (struct prediction_form){ 0 }, names);
    static const struct row each[] = {
        { "id,prediction\n1,cat\n2,cow\n3,dog\n",
          "p.csv: the header must be id,prediction or id and a column for each of the 3 classes "
          "(cat, cow, ...); here it must be the latter" },
    };
    CHECK(&truth, (struct prediction_form){ .each_class = true }, each);
    struct truth two = truth_of(arena, "id,y\n1,no\n2,yes\n", 0);
    static const struct row words[] = { { "id,prediction\n1,yes\n2,0.25\n", "1 0.25" },
                                        { "id,yes,no\n1,0.1,0.9\n2,1,0\n", "0.1 1" } };
    CHECK(&two, (struct prediction_form){ .in_unit = true }, words);
}

static void held_out_faults_tell_rules_and_counts_only(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, "id,y\nsecret1,0.5\nsecret2,1\nsecret3,1\n", 0);
    static const struct row rows[] = {
        { "id,prediction\nsecret1,nan\nmine,1\n",
          "p.csv: 2 ids missing; 1 unknown id; 1 value not finite" },
        { "id,prediction\nsecret1,1,2\n", "p.csv: the file is not well-formed CSV" },
        { "id,secret\n", "p.csv: the header must be id,prediction" },
    };
    CHECK(&truth, (struct prediction_form){ .discreet = true }, rows);
}

static void faults_are_counted_for_programs_too(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, "id,y\na,0\nb,1\nc,1\n", 0);
    struct prediction_faults faults;
    struct predictions got;
    struct fault why;
    assert_false(predictions_parse(arena, S("id,prediction\na,1\na,1\nx,1\ny,1\n"), &truth,
                                   &(struct prediction_form){ 0 }, &got, &faults, &why));
    assert_int_equal(faults.rules[PREDICTION_MISSING].count, 2);
    assert_int_equal(faults.rules[PREDICTION_DOUBLED].count, 1);
    assert_int_equal(faults.rules[PREDICTION_DOUBLED].line, 3);
    assert_int_equal(faults.rules[PREDICTION_UNKNOWN].count, 2);
    assert_string_equal(faults.rules[PREDICTION_UNKNOWN].id.at, "x");
    assert_string_equal(prediction_rule_name(PREDICTION_UNKNOWN), "unknown");
}

static void usage_cuts_the_rows(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth =
        truth_of(arena, "id,y,Usage\na,0,Public\nb,1,Private\nc,1,Public\nd,0,Private\n", 0);
    struct predictions predictions;
    struct fault why;
    struct scored rows;
    assert_true(predictions_parse(arena, S("id,prediction\nd,4\nc,3\nb,2\na,1\n"), &truth,
                                  &(struct prediction_form){ 0 }, &predictions, NULL, &why));
    scored_rows(arena, &truth, &predictions, USAGE_ALL, &rows);
    assert_true(rows.n == 4 && rows.prediction[3] == 4);
    scored_rows(arena, &truth, &predictions, USAGE_PUBLIC, &rows);
    assert_true(rows.n == 2 && rows.prediction[0] == 1 && rows.prediction[1] == 3);
    assert_true(rows.truth[0] == 0 && rows.truth[1] == 1);
    scored_rows(arena, &truth, &predictions, USAGE_PRIVATE, &rows);
    assert_true(rows.n == 2 && rows.prediction[0] == 2 && rows.prediction[1] == 4);
}

static void hostile_predictions_take_little(void **state)
{
    (void)state;
    static const struct {
        const char *before, *repeated;
        size_t times;
        const char *expected;
    } rows[] = {
        { "id,prediction\n", "a,1\n", 3000000,
          "p.csv: 2 ids missing (first id \"b\"); 2999999 ids there again (first in line 3, id "
          "\"a\")" },
        { "id", ",", 10000000, "p.csv:1: more than 1008 columns" },
        { "id,prediction\na,", "9", 900000,
          "p.csv: 2 ids missing (first id \"b\"); 1 value not "
          "finite (in line 2, id \"a\")" },
        { "id,prediction\na,0.", "0", 900000, "p.csv: 2 ids missing (first id \"b\")" },
        { "id,prediction\n\"", "\"\"", 400000, "p.csv:2: a quote was opened and never closed" },
        { "id,prediction\n", "\"\"\"x\",1\n", 1000000,
          "p.csv: 3 ids missing (first id \"a\"); 1000000 unknown ids (first in line 2, id "
          "\"\"x\")" },
        { "id,prediction\n", "1", 3000000, "p.csv:2: a cell of more than 1048576 bytes" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scoped_arena arena = arena_open(NULL);
        scoped_arena bytes = arena_open(NULL);
        struct truth truth = truth_of(arena, "id,y\na,0\nb,1\nc,1\n", 0);
        struct text csv = { .arena = bytes };
        text_add(&csv, str_of(rows[i].before));
        for (size_t k = 0; k < rows[i].times; k++)
            text_add(&csv, str_of(rows[i].repeated));
        struct str got = matched(arena, &truth, text_str(&csv), (struct prediction_form){ 0 });
        if (!str_is(got, rows[i].expected))
            fail_msg("%s%s...\ngot      %.*s\nexpected %s", rows[i].before, rows[i].repeated,
                     STR_ARGS(got), rows[i].expected);
        if (arena_bytes(arena) > 4 << 20)
            fail_msg("%s%s...: %zu bytes", rows[i].before, rows[i].repeated, arena_bytes(arena));
    }
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, "id,y\na,0\nb,1\nc,1\n", 0);
    size_t len = PREDICTION_BYTES_MOST + 1;
    void *zeros = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(zeros != MAP_FAILED);
    assert_string_equal(
        matched(arena, &truth, (struct str){ zeros, len }, (struct prediction_form){ 0 }).at,
        "p.csv: 1073741825 bytes, allowed are 1073741824");
    munmap(zeros, len);
    assert_string_equal(
        matched(arena, &truth, S("id,prediction\na\0b,1\n"), (struct prediction_form){ 0 }).at,
        "p.csv:2: a NUL byte: this is not text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_files),
        cmocka_unit_test(predictions_are_matched_by_id),
        cmocka_unit_test(classes_have_names_or_columns),
        cmocka_unit_test(held_out_faults_tell_rules_and_counts_only),
        cmocka_unit_test(faults_are_counted_for_programs_too),
        cmocka_unit_test(usage_cuts_the_rows),
        cmocka_unit_test(hostile_predictions_take_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
