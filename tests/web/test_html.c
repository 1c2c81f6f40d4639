/* Foreign text in HTML, addresses and logs; units for people; what a request must look like. */
#include "core/base/str.h"
#include "web/html.h"
#include "web/http_guard.h"
#include "web/words.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open(NULL);
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_drop(arena);
    return 0;
}

static void assert_text(struct text *got, const char *expected)
{
    assert_string_equal(got->at ? got->at : "", expected);
}

#define B(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void foreign_text_is_escaped(void **state)
{
    (void)state;
    static const struct {
        struct str from;
        const char *to;
    } table[] = {
        { B("plain"), "plain" },
        { B("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;" },
        { B("B\xc3\xb6hm"), "B\xc3\xb6hm" },
        { B("nul\0here"), "nul\xe2\x90\x80here" },
        { B("esc\x1b"
            "del\x7f"),
          "esc\xe2\x90\x9b"
          "del\xe2\x90\xa1" },
        { B("bad\xff\xc3(\xe2\x82"), "bad\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd" },
        { B("over\xc0\xbc"), "over\xef\xbf\xbd\xef\xbf\xbd" },
        { B("turn\xe2\x80\xae"
            "ed\xe2\x81\xa6"),
          "turn\xef\xbf\xbd"
          "ed\xef\xbf\xbd" },
        { B("line\nand\ttab"), "line\nand\ttab" },
        { B(""), "" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text out = { .arena = arena };
        html_text(&out, table[i].from);
        assert_text(&out, table[i].to);
    }
}

static void addresses_are_encoded(void **state)
{
    (void)state;
    struct text out = { .arena = arena };
    html_segment(&out, (struct str)B("a/b?c#d%e \"<\xc3\xb6"
                                     ".-_~Z9"));
    assert_text(&out, "a%2Fb%3Fc%23d%25e%20%22%3C%C3%B6.-_~Z9");
}

static void logs_lose_colours_and_overwritten_lines(void **state)
{
    (void)state;
    static const struct {
        struct str from;
        const char *to;
    } table[] = {
        { B("\x1b[31mred\x1b[0m"), "red" },
        { B("10%\r50%\r100%\nnext"), "100%\nnext" },
        { B("dos\r\nlines\r\n"), "dos\nlines\n" },
        { B("\x1b]0;title\atext"), "text" },
        { B("\x1b[31"), "" },
        { B("\x1b]0;never ends"), "\xe2\x90\x9b]0;never ends" },
        { B("</pre>\x1b[1m<b>"), "&lt;/pre&gt;&lt;b&gt;" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text out = { .arena = arena };
        html_log(&out, table[i].from);
        assert_text(&out, table[i].to);
    }
}

static void placeholders_escape(void **state)
{
    (void)state;
    struct text out = { .arena = arena };
    html_put(&out, "<p>%t|%z|%u|%i|%f|%%</p>", S("<t>"), "<z>", S("<u>"), (int64_t)-7, 1.0051);
    assert_text(&out, "<p>&lt;t&gt;|&lt;z&gt;|%3Cu%3E|-7|1.01|%</p>");
    struct text numbers = { .arena = arena };
    html_put(&numbers, "%f %f %f %f %f %f", 0.0, -0.004, -0.5, 99.999, 1234.5, NAN);
    assert_text(&numbers, "0.00 0.00 -0.50 100.00 1234.50 0.00");
}

static void units_are_humane(void **state)
{
    (void)state;
    static const struct {
        void (*say)(struct text *out, int64_t value);
        int64_t value;
        const char *to;
    } table[] = {
        { say_duration, 0, "0 µs" },
        { say_duration, 850, "850 µs" },
        { say_duration, 1500, "1.5 ms" },
        { say_duration, 41250, "41 ms" },
        { say_duration, 1204000, "1.2 s" },
        { say_duration, 12340000, "12.3 s" },
        { say_duration, 200000000, "3 min 20 s" },
        { say_duration, 7260000000, "2 h 01 min" },
        { say_bytes, 12, "12 bytes" },
        { say_bytes, 48230, "47 kB" },
        { say_bytes, 192937984, "184 MB" },
        { say_bytes, 5368709120, "5 GB" },
        { say_ordinal, 1, "1st" },
        { say_ordinal, 2, "2nd" },
        { say_ordinal, 13, "13th" },
        { say_ordinal, 111, "111th" },
        { say_ordinal, 23, "23rd" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text out = { .arena = arena };
        table[i].say(&out, table[i].value);
        assert_text(&out, table[i].to);
    }
}

static void scores_have_fixed_decimals(void **state)
{
    (void)state;
    static const struct {
        double value;
        int digits;
        const char *to;
    } table[] = {
        { 0.8, 3, "0.800" },
        { 15823, 0,
          "15\xe2\x80\xaf"
          "823" },
        { 1234567.891, 2,
          "1\xe2\x80\xaf"
          "234\xe2\x80\xaf"
          "567.89" },
        { 1234, 0, "1234" },
        { -0.25, 2,
          "\xe2\x88\x92"
          "0.25" },
        { NAN, 2, "–" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text out = { .arena = arena };
        say_score(&out, table[i].value, table[i].digits);
        assert_text(&out, table[i].to);
    }
}

static void times_are_relative_and_exact(void **state)
{
    (void)state;
    const int64_t now = 1770746400000; /* 2026-02-10T18:00:00Z */
    static const struct {
        int64_t before_ms;
        const char *to;
    } table[] = { { 0, ">now<" },
                  { 45000, ">45 s ago<" },
                  { 240000, ">4 min ago<" },
                  { 86400000, ">1 day ago<" },
                  { -172800000, ">in 2 days<" } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text out = { .arena = arena };
        say_ago(&out, now, now - table[i].before_ms);
        assert_non_null(strstr(out.at, table[i].to));
    }
    struct text out = { .arena = arena };
    say_when(&out, now);
    assert_text(&out, "<time datetime=\"2026-02-10T18:00:00Z\" class=\"when\">10 Feb 2026, 18:00 "
                      "UTC</time>");
    struct text none = { .arena = arena };
    say_ago(&none, now, 0);
    assert_int_equal(none.len, 0);
}

static void guards_refuse_what_is_ambiguous(void **state)
{
    (void)state;
    static const struct {
        struct http_head head;
        int status;
    } table[] = {
        { { .host_count = 1, .host = B("127.0.0.1:8080") }, 0 },
        { { .host_count = 1, .host = B("localhost") }, 0 },
        { { .host_count = 1, .host = B("[::1]:80") }, 0 },
        { { .host_count = 1, .host = B("grades.example") }, 0 },
        { { .host_count = 0 }, 400 },
        { { .host_count = 2, .host = B("localhost") }, 400 },
        { { .host_count = 1, .host = B("evil.example") }, 421 },
        { { .host_count = 1, .host = B("localhost.evil.example") }, 421 },
        { { .host_count = 1, .host = B("localhost:80x") }, 421 },
        { { .host_count = 1, .host = B("localhost"), .length_count = 2, .length = B("0") }, 400 },
        { { .host_count = 1,
            .host = B("localhost"),
            .length_count = 1,
            .encoding_count = 1,
            .length = B("0") },
          400 },
        { { .host_count = 1, .host = B("localhost"), .length_count = 1, .length = B("x") }, 400 },
        { { .host_count = 1, .host = B("localhost"), .length_count = 1, .length = B("-1") }, 400 },
        { { .host_count = 1, .host = B("localhost"), .length_count = 1, .length = B("0") }, 0 },
        { { .host_count = 1, .host = B("localhost"), .length_count = 1, .length = B("9") }, 413 },
        { { .host_count = 1,
            .host = B("localhost"),
            .encoding_count = 1,
            .encoding = B("chunked") },
          413 },
        { { .host_count = 1,
            .host = B("localhost"),
            .encoding_count = 1,
            .encoding = B("Chunked"),
            .body_most = 9 },
          0 },
        { { .host_count = 1,
            .host = B("localhost"),
            .encoding_count = 1,
            .encoding = B("gzip, chunked"),
            .body_most = 9 },
          400 },
        { { .host_count = 1, .host = B("localhost"), .path_bytes = 2049 }, 414 },
    };
    static const char *const hosts[] = { "grades.example", NULL };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *words;
        int status = http_guard(&table[i].head, hosts, &words);
        if (status != table[i].status)
            fail_msg("row %zu: got %d, expected %d", i, status, table[i].status);
        assert_int_equal(words != NULL, status != 0);
    }
}

static void etags_are_found_in_lists(void **state)
{
    (void)state;
    assert_true(http_etag_listed(S("\"a\""), "\"a\""));
    assert_true(http_etag_listed(S("\"b\", W/\"a\""), "\"a\""));
    assert_true(http_etag_listed(S("*"), "\"a\""));
    assert_false(http_etag_listed(S("\"b\""), "\"a\""));
    assert_false(http_etag_listed(S(""), "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_text_is_escaped),
        cmocka_unit_test(addresses_are_encoded),
        cmocka_unit_test(logs_lose_colours_and_overwritten_lines),
        cmocka_unit_test(placeholders_escape),
        cmocka_unit_test(units_are_humane),
        cmocka_unit_test(scores_have_fixed_decimals),
        cmocka_unit_test(times_are_relative_and_exact),
        cmocka_unit_test(guards_refuse_what_is_ambiguous),
        cmocka_unit_test(etags_are_found_in_lists),
    };
    return cmocka_run_group_tests(tests, open_arena, drop_arena);
}
