/* Plots: well-formed, complete, escaped, and calm about values that are not there. */
#include "core/plot/charts.h"
#include "core/plot/svg.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Every element is closed in order, attributes are quoted, < and & only as markup. */
static void assert_well_formed(struct str svg)
{
    struct str open[32];
    size_t depth = 0;
    for (size_t i = 0; i < svg.len; i++) {
        if (svg.at[i] == '&')
            assert_true(memchr(svg.at + i, ';', 8) != NULL);
        if (svg.at[i] != '<')
            continue;
        size_t end = i;
        bool quoted = false;
        for (; end < svg.len && (quoted || svg.at[end] != '>'); end++) {
            quoted ^= svg.at[end] == '"';
            assert_true(end == i || svg.at[end] != '<');
        }
        assert_true(end < svg.len);
        bool closing = svg.at[i + 1] == '/', single = svg.at[end - 1] == '/';
        size_t from = i + 1 + closing, to = from;
        while (to < end && svg.at[to] != ' ' && svg.at[to] != '/')
            to++;
        struct str name = { svg.at + from, to - from };
        if (closing) {
            assert_true(depth > 0);
            assert_true(str_equal(open[--depth], name));
        } else if (!single) {
            assert_true(depth < 32);
            open[depth++] = name;
        }
    }
    assert_int_equal(depth, 0);
}

static bool holds(struct str svg, const char *words)
{
    return memmem(svg.at, svg.len, words, strlen(words)) != NULL;
}

static size_t times(struct str svg, const char *words)
{
    size_t count = 0;
    for (const char *at = svg.at; (at = strstr(at, words)); at++)
        count++;
    return count;
}

static void every_chart_is_well_formed(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const double x[] = { 0, 0.2, 0.6, 1 }, y[] = { 0, 0.7, 0.9, 1 }, low[] = { 0, 0.5, 0.8, 0.9 };
    const double high[] = { 0.1, 0.8, 0.95, 1 }, counts[] = { 5, 1, 2, 7 };
    const struct str names[] = { S("a<b & \"c\""), S("d"), S("e"), S("f") };
    struct chart_curve curve = { 4, x, y, 0.876543 };
    struct chart_forecast forecast = { "s", 4, 4, x, y, x, y, low, low, high, false };
    struct chart_learning learning = { "rows", "rmse", 4, x, y, low, low, high };
    struct plot_bars bars = {
        .x_label = "gain", .n = 4, .names = names, .values = y, .low = low, .high = high
    };
    struct text texts[10];
    for (size_t i = 0; i < 10; i++)
        texts[i] = (struct text){ .arena = arena };
    chart_roc(&texts[0], &curve);
    chart_precision_recall(&texts[1], &curve, 0.3);
    chart_calibration(&texts[2], x, y, low, high, 4);
    chart_confusion(&texts[3], names, counts, 2);
    chart_residuals(&texts[4], x, y, 4);
    chart_forecast(&texts[5], &forecast);
    chart_importance(&texts[6], &bars);
    chart_learning(&texts[7], &learning);
    chart_history(&texts[8], arena, y, low, high, 4, 1);
    chart_dependence(&texts[9], "income", x, y, 4);
    for (size_t i = 0; i < 10; i++) {
        struct str svg = text_str(&texts[i]);
        assert_well_formed(svg);
        assert_true(str_starts(svg, S("<svg ")) && holds(svg, "<title>") && holds(svg, "<desc>"));
        assert_false(holds(svg, "nan") || holds(svg, "inf\""));
    }
    assert_true(holds(text_str(&texts[0]), "area 0.8765"));
    assert_true(holds(text_str(&texts[3]), "a&lt;b &amp; &quot;c&quot;"));
    assert_int_equal(times(text_str(&texts[3]), "class=\"cell\""), 4);
    assert_int_equal(times(text_str(&texts[2]), "<circle"), 4);
    assert_false(holds(text_str(&texts[8]), "<style>"));
}

static void values_that_are_not_finite_are_gaps(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const double x[] = { 0, 1, 2, 3, 4 }, y[] = { 1, 2, NAN, 4, 5 }, none[] = { NAN, INFINITY };
    struct plot_series series = { .mark = PLOT_LINE, .x = x, .y = y, .n = 5 };
    struct plot plot = { .title = "t",
                         .what = "w",
                         .x_label = "x",
                         .y_label = "y",
                         .series = &series,
                         .series_count = 1 };
    struct text text = { .arena = arena }, empty = { .arena = arena };
    plot_print(&text, &plot);
    assert_int_equal(times(text_str(&text), "<polyline"), 2);
    assert_well_formed(text_str(&text));
    series = (struct plot_series){ .mark = PLOT_POINTS, .x = none, .y = none, .n = 2 };
    plot_print(&empty, &plot);
    assert_int_equal(times(text_str(&empty), "<circle"), 0);
    assert_well_formed(text_str(&empty));
    series.n = 0;
    plot_print(&empty, &plot);
}

static void points_lie_where_the_axes_say(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const double x[] = { 0, 1 }, y[] = { 0, 1 };
    struct plot_series series = { .mark = PLOT_POINTS, .x = x, .y = y, .n = 2 };
    struct plot plot = { .title = "t",
                         .what = "w",
                         .x_label = "x",
                         .y_label = "y",
                         .x = { 0, 1 },
                         .y = { 0, 1 },
                         .series = &series,
                         .series_count = 1 };
    struct text text = { .arena = arena };
    plot_print(&text, &plot);
    assert_true(holds(text_str(&text), "cx=\"64\" cy=\"348\""));
    assert_true(holds(text_str(&text), "cx=\"624\" cy=\"56\""));
}

static void steps_are_round(void **state)
{
    (void)state;
    const struct {
        double range, pieces, step;
    } cases[] = { { 1, 8, 0.2 }, { 1, 6, 0.2 }, { 100, 8, 20 }, { 7, 6, 2 }, { 0.003, 6, 0.0005 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double step = svg_step(cases[i].range, cases[i].pieces);
        if (fabs(step - cases[i].step) > 1e-12 * step)
            fail_msg("%g by %g: got %g, expected %g", cases[i].range, cases[i].pieces, step,
                     cases[i].step);
    }
}

static void numbers_are_short(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct {
        double value;
        const char *words;
    } cases[] = { { 1, "1" },         { 1.5, "1.5" }, { 2.25, "2.25" },   { -0.004, "0" },
                  { -0.25, "-0.25" }, { 3.999, "4" }, { 10.07, "10.07" }, { -12, "-12" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = { .arena = arena };
        svg_number(&text, cases[i].value);
        assert_string_equal(text.at, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chart_is_well_formed),
        cmocka_unit_test(values_that_are_not_finite_are_gaps),
        cmocka_unit_test(points_lie_where_the_axes_say),
        cmocka_unit_test(steps_are_round),
        cmocka_unit_test(numbers_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
