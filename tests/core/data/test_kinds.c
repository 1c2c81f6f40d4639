/* Kinds of columns: how they are found and pinned; times. */
#include "core/data/csv.h"
#include "core/data/time.h"
#include "core/math/random.h"
#include "tests/cases.h"
#include <math.h>

/* kind[missing]=cell|cell, a column a line */
static struct str described(struct arena *arena, const char *csv, const struct csv_options *how)
{
    struct table table;
    struct fault why = { 0 };
    struct text out = { .arena = arena };
    if (!csv_parse(arena, str_of(csv), how, &table, &why))
        return str_keep(arena, str_of(why.text));
    for (size_t i = 0; i < table.column_count; i++) {
        const struct column *column = &table.columns[i];
        text_print(&out, "%s%s[%zu]=", i ? " " : "", kind_name(column->kind),
                   column->missing_count);
        for (size_t row = 0; row < table.rows; row++)
            text_print(&out, "%s%s", row ? "|" : "", column_text(arena, column, row).at);
    }
    return text_str(&out);
}

struct row {
    const char *csv, *expected;
};

static void check(const struct row *rows, size_t count, const struct csv_options *how)
{
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < count; i++) {
        struct str got = described(arena, rows[i].csv, how);
        if (!str_is(got, rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", rows[i].csv, STR_ARGS(got),
                     rows[i].expected);
    }
}
#define CHECK(rows, how) check(rows, sizeof rows / sizeof *rows, how)

static void kinds_are_found(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a\n1\n-2\n+3\nNA\n", "integer[1]=1|-2|3|" },
        { "a\n1\n2.0\n", "number[0]=1|2" },
        { "a\n1\n1e3\n", "number[0]=1|1000" },
        { "a\n9007199254740991\n", "integer[0]=9007199254740991" },
        { "a\n9007199254740993\n", "number[0]=9007199254740992" }, /* no double holds it */
        { "a\n\n?\nNA\n", "number[2]=|" },
        { "a\n", "number[0]=" },
        { "a\n2024-02-29\nNA\n1970-01-01\n", "time[1]=2024-02-29||1970-01-01" },
        { "a\n2023-02-29\n", "category[0]=2023-02-29" }, /* no leap year */
        { "a\n2024-02-29 01:02\n\n2024-02-29 01:02:03.5\n",
          "time[0]=2024-02-29 01:02:00|2024-02-29 01:02:03.5" },
        { "a\n2024-02-29T01:02:03Z\n2024-02-29T01:02:03+01:00\n",
          "time[0]=2024-02-29T01:02:03Z|2024-02-29T00:02:03Z" },
        { "a\n2024-01-01\n5\n", "category[0]=2024-01-01|5" },
        { "a\n5\n2024-01-01\n", "category[0]=5|2024-01-01" },
        { "a\n2024-01-01\nsoon\n", "category[0]=2024-01-01|soon" },
        { "a\nyes\nno\n", "category[0]=yes|no" },
        { "a\n\"2024-01-01\"\n", "time[0]=2024-01-01" },
        { "a\nThis is a text of more than sixty bytes as descriptions of things are.\n",
          "text[0]=This is a text of more than sixty bytes as descriptions of things are." },
    };
    CHECK(rows, NULL);
}

/* The first 1000 rows decide what is tried first; what comes then decides what it is. */
static void kinds_are_corrected_far_below(void **state)
{
    (void)state;
    static const struct {
        const char *first, *then;
        enum column_kind kind;
    } cases[] = {
        { "1", "2", COLUMN_INTEGER },           { "1", "2.5", COLUMN_NUMBER },
        { "NA", "7", COLUMN_INTEGER },          { "NA", "2024-01-01", COLUMN_TIME },
        { "1", "2024-01-01", COLUMN_CATEGORY }, { "2024-01-01", "1", COLUMN_CATEGORY },
        { "NA", "x", COLUMN_CATEGORY },         { "2024-01-01", "NA", COLUMN_TIME },
        { "2024-01-01", "x", COLUMN_CATEGORY },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scoped_arena arena = arena_open(NULL);
        struct text csv = { .arena = arena };
        struct table table;
        struct fault why;
        text_add(&csv, S("a,b\n"));
        for (int row = 0; row < 3000; row++)
            text_print(&csv, "%s,1\n", row < 1500 ? cases[i].first : cases[i].then);
        assert_true(csv_parse(arena, text_str(&csv), NULL, &table, &why));
        if (table.columns[0].kind != cases[i].kind)
            fail_msg("%s and %s: %s, expected %s", cases[i].first, cases[i].then,
                     kind_name(table.columns[0].kind), kind_name(cases[i].kind));
        assert_string_equal(column_text(arena, &table.columns[0], 0).at,
                            strcmp(cases[i].first, "NA") == 0 ? "" : cases[i].first);
    }
}

static void distinct_texts_are_no_classes(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    struct table table;
    struct fault why;
    text_add(&csv, S("a,b,c\n"));
    for (int row = 0; row < 100; row++)
        text_print(&csv, "n%d,m%d,k%d\n", row, row < 90 ? row : 0, row < 89 ? row : 0);
    assert_true(csv_parse(arena, text_str(&csv), NULL, &table, &why));
    assert_int_equal(table.columns[0].kind, COLUMN_TEXT);
    assert_int_equal(table.columns[1].kind, COLUMN_TEXT);
    assert_int_equal(table.columns[2].kind, COLUMN_CATEGORY);
    struct csv_options two = { .two_kinds = true };
    assert_true(csv_parse(arena, text_str(&csv), &two, &table, &why));
    assert_int_equal(table.columns[0].kind, COLUMN_CATEGORY);
    static const struct row rows[] = { { "a,b\n1,2024-01-01\n",
                                         "number[0]=1 category[0]=2024-01-01" } };
    CHECK(rows, &two);
}

static void pins_say_more(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "i,t,w\n1,31.12.2023 23:59,a\n-9,none,none\nNA,1.2.2024 00:00,\n",
          "t.csv:4: column 1 (\"i\") held \"NA\", a whole number is needed" },
        { "i,t,w\n1,31.12.2023 23:59,a\n-9,none,none\n",
          "integer[1]=1| time[1]=2023-12-31 23:59:00| text[0]=a|none" },
        { "i,t\n1.5,1.2.2024 00:00\n",
          "t.csv:2: column 1 (\"i\") held \"1.5\", a whole number is needed" },
        { "i,t\n1,2024-01-01\n",
          "t.csv:2: column 2 (\"t\") held \"2024-01-01\", a time is needed" },
    };
    static const struct str nine[] = { { "-9", 2 } }, none[] = { { "none", 4 } };
    struct csv_pin pins[] = { { S("i"), COLUMN_INTEGER },
                              { S("t"), COLUMN_TIME },
                              { S("w"), COLUMN_TEXT } };
    struct csv_pin_more more[] = {
        { .missing = nine, .missing_count = 1 },
        { .missing = none, .missing_count = 1, .format = S("%d.%m.%Y %H:%M") },
        { 0 }
    };
    struct csv_options how = { .file = S("t.csv"), .pins = pins, .more = more, .pin_count = 3 };
    CHECK(rows, &how);
    static const struct row numbers[] = {
        { "n\n1\n2\n", "number[0]=1|2" },
        { "n\n1\n2024-01-02\n",
          "t.csv:3: column 1 (\"n\") held \"2024-01-02\", a number is needed" },
    };
    struct csv_pin number = { S("n"), COLUMN_NUMBER };
    how = (struct csv_options){ .file = S("t.csv"), .pins = &number, .pin_count = 1 };
    CHECK(numbers, &how);
}

static void times_are_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds; /* NAN: no time */
        const char *printed;
    } rows[] = {
        { "1970-01-01", 0, "1970-01-01" },
        { "1969-12-31 23:59:59.25", -0.75, "1969-12-31 23:59:59.25" },
        { "2000-02-29T12:00:00Z", 951825600, "2000-02-29T12:00:00Z" },
        { "1900-02-29", NAN, "" },
        { "2024-06-15T10:30:00.123456-05:30", 1718467200.123456, "2024-06-15T16:00:00.123456Z" },
        { "2024-06-15 10:30+0200", 1718440200, "2024-06-15 08:30:00Z" },
        { "2024-06-15 10:30+02", 1718440200, "2024-06-15 08:30:00Z" },
        { "9999-12-31 23:59:59", 253402300799, "9999-12-31 23:59:59" },
        { "0001-01-01", -62135596800, "0001-01-01" },
        { "0001-01-01T00:00:00+01:00", NAN, "" },
        { "2024-13-01", NAN, "" },
        { "2024-00-10", NAN, "" },
        { "2024-01-32", NAN, "" },
        { "2024-01-01 24:00", NAN, "" },
        { "2024-01-01 10:60", NAN, "" },
        { "2024-01-01 10:10:60", NAN, "" },
        { "2024-01-01 10", NAN, "" },
        { "2024-01-01 10:10:10.", NAN, "" },
        { "2024-01-01 10:10:10.0123456789", NAN, "" },
        { "2024-01-01x", NAN, "" },
        { "2024-01-01 10:10 Z", NAN, "" },
        { "2024-1-1", NAN, "" },
        { "20240101", NAN, "" },
        { "", NAN, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seconds = NAN;
        unsigned form = 0;
        char text[TIME_BYTES];
        if (!time_parse(str_of(rows[i].text), &seconds, &form) != isnan(rows[i].seconds))
            fail_msg("%s: %f", rows[i].text, seconds);
        if (isnan(rows[i].seconds))
            continue;
        size_t len = time_print(seconds, form, text);
        if (seconds != rows[i].seconds || strcmp(text, rows[i].printed) != 0 || len != strlen(text))
            fail_msg("%s: %f, %s", rows[i].text, seconds, text);
    }
}

static void any_time_prints_and_reads_back(void **state)
{
    (void)state;
    struct random random = { 8 };
    for (int i = 0; i < 100000; i++) {
        double seconds = floor((random_unit(&random) - 0.5) * 1.6e10); /* 1716 to 2223 */
        unsigned places = (unsigned)random_below(&random, 7), form = TIME_CLOCK, read;
        seconds += (double)random_below(&random, 1000000) / pow(10, places > 5 ? places : 6);
        char text[TIME_BYTES];
        double back;
        size_t len = time_print(seconds, form, text);
        if (!time_parse((struct str){ text, len }, &back, &read) || back != seconds)
            fail_msg("%.9f printed as %s, read as %.9f", seconds, text, back);
    }
    for (int64_t days = -719162; days < 2932897; days += 97) {
        int64_t year;
        unsigned month, day;
        time_date(days, &year, &month, &day);
        assert_true(time_is_date((int)year, (int)month, (int)day));
        assert_int_equal(time_days(year, month, day), days);
    }
}

static void formats_describe_times(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text;
        double seconds; /* NAN: does not fit */
    } rows[] = {
        { "%d/%m/%y", "01/02/70", 31 * 86400 },
        { "%d/%m/%y", "1/2/68", 3095280000 },
        { "%Y%m%d%H%M%S", "20240615103000", 1718447400 },
        { "%Y-%m-%d %H:%M:%S.%f %z", "2024-06-15 10:30:00.5 -0100", 1718451000.5 },
        { "%m/%d/%Y %%", "06/15/2024 %", 1718409600 },
        { "%m/%d/%Y", "06/15/2024 ", NAN },
        { "%m/%d/%Y", "06/31/2024", NAN },
        { "%m/%d/%Y", "06/1", NAN },
        { "%Y-%m-%d %z", "2024-06-15 ", NAN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seconds = NAN;
        unsigned form;
        bool fits = time_parse_as(str_of(rows[i].text), str_of(rows[i].format), &seconds, &form);
        if (fits == isnan(rows[i].seconds) || (fits && seconds != rows[i].seconds))
            fail_msg("%s as %s: %f", rows[i].text, rows[i].format, seconds);
    }
    assert_true(time_format_fits(S("%Y-%m-%d")));
    assert_false(time_format_fits(S("%Y-%m")));
    assert_false(time_format_fits(S("%Y-%m-%d%")));
    assert_false(time_format_fits(S("%Y-%m-%d %Q")));
}

static void what_has_a_kind_is_stacked(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const char *const files[] = { "i,t,m\n1,2024-01-01,5\n",
                                         "i,t,m\n2.5,2024-01-01 10:00,x\n" };
    struct table tables[2], out;
    struct fault why;
    for (int i = 0; i < 2; i++)
        assert_true(csv_parse(arena, str_of(files[i]), NULL, &tables[i], &why));
    assert_true(table_stack(arena, tables, (struct str[]){ S("1"), S("2") }, 2, &out, &why));
    assert_int_equal(out.columns[0].kind, COLUMN_NUMBER);
    assert_int_equal(out.columns[1].kind, COLUMN_TIME);
    assert_int_equal(out.columns[2].kind, COLUMN_CATEGORY);
    struct text text = { .arena = arena };
    csv_print(&text, &out);
    assert_string_equal(text.at, "i,t,m\n1,2024-01-01 00:00:00,5\n2.5,2024-01-01 10:00:00,x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_found),
        cmocka_unit_test(kinds_are_corrected_far_below),
        cmocka_unit_test(distinct_texts_are_no_classes),
        cmocka_unit_test(pins_say_more),
        cmocka_unit_test(times_are_read_and_printed),
        cmocka_unit_test(any_time_prints_and_reads_back),
        cmocka_unit_test(formats_describe_times),
        cmocka_unit_test(what_has_a_kind_is_stacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
