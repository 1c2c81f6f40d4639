/* CSV: what is accepted, what is refused and where. */
#include "core/data/csv.h"
#include "core/data/number.h"
#include "core/math/random.h"
#include "tests/cases.h"
#include <math.h>

/* One line a column: name:kind[missing]=cell|cell|... */
static struct str describe(struct arena *arena, const struct table *table)
{
    struct text out = { .arena = arena };
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        text_print(&out, "%s%s:%s[%zu]=", i ? " " : "", column->name.at,
                   column_is_numeric(column) ? "number" : "category", column->missing_count);
        for (size_t row = 0; row < table->rows; row++) {
            if (row)
                text_char(&out, '|');
            text_add(&out, column_text(arena, column, row));
        }
    }
    return text_str(&out);
}

static struct str parsed(struct arena *arena, struct str bytes, const struct csv_options *how)
{
    struct table table;
    struct fault why = { 0 };
    if (!csv_parse(arena, bytes, how, &table, &why))
        return str_keep(arena, str_of(why.text));
    return describe(arena, &table);
}

struct row {
    const char *csv, *expected;
};

static void check(const struct row *rows, size_t count, const struct csv_options *how)
{
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < count; i++) {
        struct str got = parsed(arena, str_of(rows[i].csv), how);
        if (!str_is(got, rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", rows[i].csv, STR_ARGS(got),
                     rows[i].expected);
    }
}
#define CHECK(rows, how) check(rows, sizeof rows / sizeof *rows, how)

static void columns_get_their_kinds(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a,b\n1,x\n2.5,y\n-3e2,x\n", "a:number[0]=1|2.5|-300 b:category[0]=x|y|x" },
        { "a,b\n1,2", "a:number[0]=1 b:number[0]=2" },
        { "a\n1\n?\n\"\"\nNA\nNaN\nnan\nnull\nNULL\nN/A\n", "a:number[8]=1||||||||" },
        { "a\nx\n?\n", "a:category[1]=x|" },
        { "a\nNamibia\n\"NA\"\nNA\n", "a:category[1]=Namibia|NA|" }, /* quoted words are words */
        { "a,b\n,\n", "a:number[1]= b:number[1]=" },
        { "a,b\n", "a:number[0]= b:number[0]=" },
        { "a\n1\n2\nx\n", "a:category[0]=1|2|x" },
        { "a\n007\n7\n", "a:number[0]=7|7" },
        { "a\n1e999\nx\n", "a:category[0]=1e999|x" },
        { "a\n\"1\"\n2\n", "a:number[0]=1|2" },
    };
    CHECK(rows, NULL);
}

/* So many bytes must follow where plain rows are read many at once. */
#define EIGHTY_BLANKS                                                                              \
    "                                        "                                                     \
    "                                        \n"

static void real_files_have_traps(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a,b\r1,2\r3,4\r", "a:number[0]=1|3 b:number[0]=2|4" },
        { "a,b\r\n1,2\r\n\r\n3,4\r\n", "a:number[0]=1|3 b:number[0]=2|4" },
        { "a,b\r\n,\r3,\n3,a", "a:number[1]=|3|3 b:category[2]=||a" }, /* ends of all kinds */
        { "a,b\nx,y\r,z\r\nu,v\r\n" EIGHTY_BLANKS, "a:category[1]=x||u b:category[0]=y|z|v" },
        { "\xEF\xBB\xBF"
          "a,b\n1,2\n",
          "a:number[0]=1 b:number[0]=2" },
        { "a,b\n1, ?\n2, 5\n", "a:number[0]=1|2 b:number[1]=|5" },
        { "age, work\n39, State-gov \n50 ,?\n", "age:number[0]=39|50 work:category[1]=State-gov|" },
        { "a;b;c\n1,5;x,y;3\n", "a:category[0]=1,5 b:category[0]=x,y c:number[0]=3" },
        { "a\tb\n1\t\n\t2\n", "a:number[1]=1| b:number[1]=|2" },
        { "a|b\n1|2\n", "a:number[0]=1 b:number[0]=2" },
        { "name;\"x,y,z,w\"\n1;2\n", "name:number[0]=1 x,y,z,w:number[0]=2" },
        { "a,b,,\n1,2,,\n3,4,,\n", "a:number[0]=1|3 b:number[0]=2|4" },
        { "a,b\n\"one, two\",\"say \"\"hi\"\"\"\n",
          "a:category[0]=one, two b:category[0]=say \"hi\"" },
        { "a,b\n\"two\nlines\",1\nx,2\n", "a:category[0]=two\nlines|x b:number[0]=1|2" },
        { "a, \"b\" ,c\n1, \"2\" ,3\n", "a:number[0]=1 b:number[0]=2 c:number[0]=3" },
        { "a,b\n5\" disk,1\n", "a:category[0]=5\" disk b:number[0]=1" },
        { "\n\n  \na\n1\n", "a:number[0]=1" },
        { "gr\xC3\xB6\xC3\x9F"
          "e\n\xE2\x82\xAC\n",
          "gr\xC3\xB6\xC3\x9F"
          "e:category[0]=\xE2\x82\xAC" },
    };
    CHECK(rows, NULL);
}

static void faults_name_line_and_column(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "", "t.csv:1: no header: the file is empty" },
        { "\n\n", "t.csv:1: no header: the file is empty" },
        { ",,\n", "t.csv:1: the header has no names" },
        { "a,b,c\n1,2,3\n1,2\n", "t.csv:3: 2 cells, header has 3" },
        { "a,b\n1,2\n\"x\ny\",2\n1,2,3,4\n", "t.csv:5: 4 cells, header has 2" },
        { "a,b\n1,2,\n", "t.csv:2: 3 cells, header has 2" },
        { "a,b,\n1,2,3\n", "t.csv:2: a value in column 3, which has no name" },
        { "a,,b\n1,2,3\n",
          "t.csv:1: column 2 has no name (pandas writes such a column without index=False)" },
        { ",a\n0,1\n",
          "t.csv:1: column 1 has no name (pandas writes such a column without index=False)" },
        { "a,b,a\n1,2,3\n", "t.csv:1: columns 1 and 3 are both named \"a\": is it a header?" },
        { "a\n1\n\"x\ny\n", "t.csv:3: a quote was opened and never closed" },
        { "a\r\n1\r\n\"x\"y\r\n",
          "t.csv:3: text behind a closing quote (quotes inside a cell are doubled)" },
        { "a,b\n1,2\n3,1e999\n", "t.csv:3: column 2 (\"b\") held a number that is not finite" },
        { "a\n1\n-inf\n", "t.csv:3: column 1 (\"a\") held a number that is not finite" },
        { "a\n1\n\xE9t\xE9\n", "t.csv:3: text that is not UTF-8" },
        { "\xFF\xFE"
          "a",
          "t.csv:1: the text is UTF-16: save it as UTF-8" },
        { "a\n1\nx\n2\n", "a:category[0]=1|x|2" },
    };
    struct csv_options how = { .file = S("t.csv") };
    CHECK(rows, &how);
    scoped_arena arena = arena_open(NULL);
    struct str nul = S("a,b\n1,2\n1,\0\n");
    assert_string_equal(parsed(arena, nul, &how).at, "t.csv:3: a NUL byte: this is not text");
}

static void pinned_columns_keep_their_kind(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "id,a\n007,1\nNA,2\n?,3\n", "id:category[0]=007|NA|? a:number[0]=1|2|3" },
        { "id,a\n1,1\n,2\n", "id:category[1]=1| a:number[0]=1|2" },
        { "id,a\n1,1\n2,x y\n", "t.csv:3: column 2 (\"a\") held \"x y\", a number is needed" },
        { "b\n1\n", "b:number[0]=1" },
    };
    struct csv_pin pins[] = { { S("id"), COLUMN_CATEGORY }, { S("a"), COLUMN_NUMBER } };
    struct csv_options how = { .file = S("t.csv"), .pins = pins, .pin_count = 2 };
    CHECK(rows, &how);
}

static void text_far_below_makes_a_category(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    text_add(&csv, S("a,b,c\n"));
    for (int i = 0; i < 5000; i++)
        text_print(&csv, "%d,%s,%d\n", i, i == 4000 ? "late" : "01", i);
    struct table table;
    struct fault why;
    assert_true(csv_parse(arena, text_str(&csv), NULL, &table, &why));
    assert_int_equal(table.columns[1].kind, COLUMN_CATEGORY);
    assert_int_equal(table.columns[1].level_count, 2);
    assert_string_equal(table.columns[1].levels[0].at, "01");
    assert_int_equal(table.columns[1].codes[3999], 0);
    assert_int_equal(table.columns[1].codes[4000], 1);
    assert_true(table.columns[0].numbers[4999] == 4999 && table.columns[2].numbers[4000] == 4000);
}

/* Levels: NA from quotes, " b" from quotes, b, "c,d"; numbers that take each way there is. */
static void plain_rows_mean_what_single_cells_mean(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const char *const lines[] = { "\"NA\",1.25",
                                         "NA,-0",
                                         "\" b\",+7",
                                         " b,.5",
                                         "\"c,d\",5.",
                                         "b,1e3",
                                         "?,\"12\"",
                                         ",",
                                         "b,NA",
                                         "b, 4 ",
                                         "b,123456789012345678",
                                         "b,9007199254740993.5",
                                         "b,-1234567890.123456" };
    static const double numbers[] = { 1.25,
                                      -0.0,
                                      7,
                                      .5,
                                      5,
                                      1000,
                                      12,
                                      NAN,
                                      NAN,
                                      4,
                                      123456789012345678.0,
                                      9007199254740993.5,
                                      -1234567890.123456 };
    static const int codes[] = { 0, -1, 1, 2, 3, 2, -1, -1, 2, 2, 2, 2, 2 };
    for (size_t ends = 0; ends < 2; ends++) {
        struct text csv = { .arena = arena };
        text_add(&csv, S("t,x\n"));
        for (size_t i = 0; i < 13 * 40; i++)
            text_print(&csv, "%s%s", lines[i % 13], ends ? "\r\n" : "\n");
        struct table table;
        struct fault why;
        if (!csv_parse(arena, text_str(&csv), NULL, &table, &why))
            fail_msg("%s", why.text);
        assert_int_equal(table.rows, 13 * 40);
        assert_int_equal(table.columns[0].level_count, 4);
        for (size_t i = 0; i < table.rows; i++) {
            assert_int_equal(table.columns[0].codes[i], codes[i % 13]);
            assert_memory_equal(&table.columns[1].numbers[i], &numbers[i % 13], 8);
        }
    }
}

static void a_cr_alone_ends_a_row_among_plain_ones(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (int shift = 0; shift < 64; shift++) { /* to all places of what is looked at together */
        struct text csv = { .arena = arena }, less = { .arena = arena };
        text_print(&csv, "t,x\nb,%0*d\n", shift + 1, 1);
        text_print(&less, "t,x\nb,%0*d\n", shift + 1, 1);
        for (size_t i = 0; i < 80; i++) {
            text_add(&csv, i == 40 ? S("c,2\rd,3\n") : S("b,1\n"));
            text_add(&less, i == 40 ? S("c\rd,3\n") : S("b,1\n"));
        }
        struct table table;
        struct fault why;
        if (!csv_parse(arena, text_str(&csv), NULL, &table, &why))
            fail_msg("%s", why.text);
        assert_int_equal(table.rows, 82);
        assert_int_equal(table.columns[0].level_count, 3);
        assert_int_equal(table.columns[0].codes[42], 2);
        assert_true(table.columns[1].numbers[41] == 2 && table.columns[1].numbers[42] == 3);
        assert_false(csv_parse(arena, text_str(&less), NULL, &table, &why));
        assert_string_equal(why.text, "csv:43: 1 cell, header has 2");
    }
}

static void what_is_printed_reads_back(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const char *const words[] = { "a",  "b,c", "say \"hi\"", "two\nlines", " blank ",
                                         "NA", "?",   "semi;colon", "\xC3\xA9",   "1e5x" };
    struct random random = { 3 };
    double numbers[200];
    struct str texts[200];
    for (size_t i = 0; i < 200; i++) {
        numbers[i] = i % 17 == 0 ? NAN : random_normal(&random);
        texts[i] = i % 13 == 0 ? (struct str){ 0 } : str_of(words[random_below(&random, 10)]);
    }
    struct column columns[2];
    struct fault why;
    assert_true(column_of_numbers(arena, S("x, \"y\""), numbers, 200, &columns[0], &why));
    column_of_texts(arena, S("t"), texts, 200, &columns[1]);
    for (size_t first = 0; first < 2; first++) { /* both columns, then the second alone */
        struct table table = { 200, 2 - first, columns + first }, back;
        struct text csv = { .arena = arena };
        csv_print(&csv, &table);
        if (!csv_parse(arena, text_str(&csv), NULL, &back, &why))
            fail_msg("%s", why.text);
        struct str expected = describe(arena, &table), got = describe(arena, &back);
        assert_int_equal(back.rows, 200);
        assert_true(str_equal(got, expected));
    }
}

static void hostile_files_are_refused_in_little_memory(void **state)
{
    (void)state;
    struct csv_options how = { .file = S("t.csv"), .rows_most = 1000 };
    static const struct {
        const char *before, *repeated;
        size_t times;
        const char *expected;
    } rows[] = {
        { "", "a,", 5000000, "t.csv:1: columns 1 and 2 are both named \"a\": is it a header?" },
        { "a", ",", 5000000, "t.csv:1: more than 131072 columns" },
        { "a\n", "\"\"\"\"", 1000000, "t.csv:2: a cell of more than 1048576 bytes" },
        { "a\n", "xyzx", 1000000, "t.csv:2: a cell of more than 1048576 bytes" },
        { "a\n\"", "\n", 4000000, "t.csv:2: a cell of more than 1048576 bytes" },
        { "a,b\n", "1,2\n", 1001, "t.csv:1002: more than 1000 rows" },
        { "a\n", "1,", 4000000, "t.csv:2: 4000001 cells, header has 1" },
        { "a", "\n", 10000000, "a:number[0]=" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scoped_arena arena = arena_open(NULL);
        scoped_arena bytes = arena_open(NULL);
        struct text csv = { .arena = bytes };
        text_add(&csv, str_of(rows[i].before));
        for (size_t k = 0; k < rows[i].times; k++)
            text_add(&csv, str_of(rows[i].repeated));
        struct str got = parsed(arena, text_str(&csv), &how);
        if (!str_is(got, rows[i].expected))
            fail_msg("%s%s...: got %.*s, expected %s", rows[i].before, rows[i].repeated,
                     STR_ARGS(got), rows[i].expected);
        if (arena_bytes(arena) > csv.len * 8 + (64 << 20))
            fail_msg("%s%s...: %zu bytes of memory", rows[i].before, rows[i].repeated,
                     arena_bytes(arena));
    }
}

static void many_columns_are_fine(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    for (int row = 0; row < 4; row++)
        for (int i = 0; i < 100000; i++)
            text_print(&csv, row ? "%d%c" : "c%d%c", i, i == 99999 ? '\n' : ',');
    struct table table;
    struct fault why;
    if (!csv_parse(arena, text_str(&csv), NULL, &table, &why))
        fail_msg("%s", why.text);
    assert_int_equal(table.rows, 3);
    assert_int_equal(table.column_count, 100000);
    assert_true(table.columns[99999].numbers[2] == 99999);
}

static void files_are_loaded_with_their_name_in_faults(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    char dir[] = "/tmp/test_csv.XXXXXX";
    assert_non_null(mkdtemp(dir));
    scoped(fd) int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fault why = { 0 };
    struct table table;
    assert_true(file_save(at, "good.csv", S("a\n1\n"), 0600, &why));
    assert_true(file_save(at, "bad.csv", S("a\n1,2\n"), 0600, &why));
    assert_true(file_save(at, "empty.csv", S(""), 0600, &why));
    assert_true(csv_load(arena, at, "good.csv", NULL, &table, &why));
    assert_true(table.columns[0].numbers[0] == 1);
    assert_false(csv_load(arena, at, "bad.csv", NULL, &table, &why));
    assert_string_equal(why.text, "bad.csv:2: 2 cells, header has 1");
    assert_false(csv_load(arena, at, "empty.csv", NULL, &table, &why));
    assert_string_equal(why.text, "empty.csv:1: no header: the file is empty");
    assert_false(csv_load(arena, at, "gone.csv", NULL, &table, &why));
    assert_string_equal(why.text, "gone.csv: No such file or directory");
    struct csv_options small = { .bytes_most = 3 };
    assert_false(csv_load(arena, at, "good.csv", &small, &table, &why));
    assert_string_equal(why.text, "good.csv: was over 3 bytes");
    assert_false(csv_parse(arena, S("a\n1\n"), &small, &table, &why));
    assert_string_equal(why.text, "csv: 4 bytes, allowed are 3");
    assert_true(dir_remove(AT_FDCWD, dir, &why));
}

static void tables_are_selected_and_stacked(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table tables[2], out;
    struct fault why = { 0 };
    struct str names[] = { S("one.csv"), S("two.csv") };
    assert_true(csv_parse(arena, S("a,b,c\n1,x,5\n2,y,\n"), NULL, &tables[0], &why));
    assert_true(csv_parse(arena, S("a,b,c\n3,z,q\n,x,5\n"), NULL, &tables[1], &why));
    assert_true(table_stack(arena, tables, names, 2, &out, &why));
    assert_string_equal(describe(arena, &out).at,
                        "a:number[1]=1|2|3| b:category[0]=x|y|z|x c:category[1]=5||q|5");
    table_select(arena, &out, (size_t[]){ 3, 0, 0 }, 3, &out);
    assert_string_equal(describe(arena, &out).at,
                        "a:number[1]=|1|1 b:category[0]=x|x|x c:category[0]=5|5|5");
    assert_non_null(table_find(&out, S("b")));
    assert_null(table_find(&out, S("B")));
    assert_true(csv_parse(arena, S("a,c,b\n3,z,q\n"), NULL, &tables[1], &why));
    assert_false(table_stack(arena, tables, names, 2, &out, &why));
    assert_string_equal(why.text, "column 2 of two.csv is \"c\", of one.csv \"b\"");
    struct column column;
    assert_false(column_of_numbers(arena, S("n"), (double[]){ 1, INFINITY }, 2, &column, &why));
    assert_string_equal(why.text, "column \"n\" is not finite in row 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_get_their_kinds),
        cmocka_unit_test(real_files_have_traps),
        cmocka_unit_test(faults_name_line_and_column),
        cmocka_unit_test(pinned_columns_keep_their_kind),
        cmocka_unit_test(text_far_below_makes_a_category),
        cmocka_unit_test(plain_rows_mean_what_single_cells_mean),
        cmocka_unit_test(a_cr_alone_ends_a_row_among_plain_ones),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(hostile_files_are_refused_in_little_memory),
        cmocka_unit_test(many_columns_are_fine),
        cmocka_unit_test(files_are_loaded_with_their_name_in_faults),
        cmocka_unit_test(tables_are_selected_and_stacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
