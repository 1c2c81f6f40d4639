/* Large CSV files are read in pieces: no one can tell, whatever the number of threads. */
#include "core/data/csv.h"
#include "core/math/random.h"
#include "tests/cases.h"
#include <math.h>

#define ROWS 330000 /* about 18 MB: three pieces */

static void check_same(const struct table *a, const struct table *b)
{
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->column_count, b->column_count);
    for (size_t c = 0; c < a->column_count; c++) {
        const struct column *x = &a->columns[c], *y = &b->columns[c];
        assert_int_equal(x->kind, y->kind);
        assert_int_equal(x->missing_count, y->missing_count);
        assert_int_equal(x->time_form, y->time_form);
        assert_int_equal(x->level_count, y->level_count);
        if (column_is_numeric(x))
            assert_memory_equal(x->numbers, y->numbers, a->rows * sizeof *x->numbers);
        else
            assert_memory_equal(x->codes, y->codes, a->rows * sizeof *x->codes);
        for (size_t k = 0; k < x->level_count; k++)
            assert_true(str_equal(x->levels[k], y->levels[k]));
    }
}

static struct str number_text(char text[64], size_t row)
{
    int len = snprintf(text, 64, "%zu.%03zu", row * 7919 % 100000, row % 1000);
    return (struct str){ text, (size_t)len };
}

/* number, late (a number but once), word, day, note (quoted, with line ends that look like rows) */
static struct str make_file(struct arena *arena, const char *line_end, size_t note_each)
{
    struct text csv = { .arena = arena };
    char text[64];
    text_print(&csv, "number,late,word,day,note%s", line_end);
    for (size_t i = 0; i < ROWS; i++) {
        text_add(&csv, number_text(text, i));
        text_print(&csv, ",%s,w%zu,20%02zu-0%zu-1%zu,", i == 200000 ? "late" : "1", i * i % 5003,
                   i % 100, i % 9 + 1, i % 10);
        if (i % note_each == 0) {
            text_char(&csv, '"');
            for (int k = 0; k < 40; k++)
                text_print(&csv, "1,2,\"\"x\"\",2001-01-01,z%s", line_end);
            text_char(&csv, '"');
        } else {
            text_print(&csv, "plain %zu of them", i % 7);
        }
        text_add(&csv, str_of(line_end));
    }
    return text_str(&csv);
}

static void check_file(const struct table *table)
{
    char text[64];
    assert_int_equal(table->rows, ROWS);
    assert_int_equal(table->columns[0].kind, COLUMN_NUMBER);
    assert_int_equal(table->columns[1].kind, COLUMN_CATEGORY);
    assert_int_equal(table->columns[1].level_count, 2);
    assert_int_equal(table->columns[3].kind, COLUMN_TIME);
    assert_int_equal(table->columns[4].level_count, 8);
    const struct column *word = &table->columns[2];
    int32_t seen = 0; /* codes rise by first appearance */
    for (size_t i = 0; i < ROWS; i++) {
        number_text(text, i);
        if (table->columns[0].numbers[i] != strtod(text, NULL))
            fail_msg("row %zu: %g, expected %s", i, table->columns[0].numbers[i], text);
        snprintf(text, sizeof text, "w%zu", i * i % 5003);
        if (!str_is(word->levels[word->codes[i]], text))
            fail_msg("row %zu: %s, expected %s", i, word->levels[word->codes[i]].at, text);
        assert_true(word->codes[i] <= seen);
        seen += word->codes[i] == seen;
        assert_int_equal(table->columns[1].codes[i], i == 200000);
    }
}

static void tables_are_the_same_with_any_number_of_threads(void **state)
{
    (void)state;
    for (int form = 0; form < 2; form++) {
        scoped_arena arena = arena_open(NULL);
        /* notes are a third of the second file, so that most pieces start within one */
        struct str csv = make_file(arena, form ? "\r\n" : "\n", form ? 400 : 25);
        struct table one, other;
        struct fault why;
        if (!csv_parse(arena, csv, NULL, &one, &why))
            fail_msg("%s", why.text);
        check_file(&one);
        for (unsigned threads = 2; threads <= 5; threads += 3) {
            struct csv_options how = { .threads = threads };
            assert_true(csv_parse(arena, csv, &how, &other, &why));
            check_same(&one, &other);
        }
    }
}

/* Cells so large that no line of a whole piece is a record's. */
static void a_piece_may_lie_within_cells(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    text_add(&csv, S("a,b\n"));
    for (int row = 0; row < 20; row++) {
        text_print(&csv, "%d,\"", row);
        for (int k = 0; k < 120000; k++)
            text_add(&csv, S("x,seven\n")); /* would make a text of column a */
        text_add(&csv, S("\"\n"));
    }
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        struct csv_options how = { .threads = threads, .file = S("t.csv") };
        struct table table;
        struct fault why;
        assert_true(csv_parse(arena, text_str(&csv), &how, &table, &why));
        assert_int_equal(table.rows, 20);
        assert_int_equal(table.columns[0].kind, COLUMN_INTEGER);
        assert_true(table.columns[0].numbers[19] == 19);
        assert_int_equal(table.columns[1].level_count, 1);
        how.rows_most = 19;
        assert_false(csv_parse(arena, text_str(&csv), &how, &table, &why));
        assert_string_equal(why.text, "t.csv:2280021: more than 19 rows");
    }
}

static void faults_far_down_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *row, *fault;
        bool pinned;
    } cases[] = {
        { "1,2,3\n", "t.csv:1500002: 3 cells, header has 2", false },
        { "\"1,2\n", "t.csv:1500002: a quote was opened and never closed", false },
        { "1,1e999\n", "t.csv:1500002: column 2 (\"b\") held a number that is not finite", false },
        { "1,x\n", "t.csv:1500002: column 2 (\"b\") held \"x\", a number is needed", true },
        { "\xE9,1\n", "t.csv:1500002: text that is not UTF-8", false },
    };
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    text_add(&csv, S("a,b\n"));
    for (int row = 0; row < 1500000; row++)
        text_print(&csv, "%d,%d\n", row, row % 7);
    size_t len = csv.len;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv.len = len;
        text_print(&csv, "%s3,4\n", cases[i].row);
        struct csv_pin pin = { S("b"), COLUMN_NUMBER };
        struct csv_options how = {
            .file = S("t.csv"), .threads = 2, .pins = &pin, .pin_count = cases[i].pinned
        };
        struct table table;
        struct fault why = { 0 };
        assert_false(csv_parse(arena, text_str(&csv), &how, &table, &why));
        assert_string_equal(why.text, cases[i].fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(a_piece_may_lie_within_cells),
        cmocka_unit_test(faults_far_down_name_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
