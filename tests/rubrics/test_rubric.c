/* Rubric and facts in, points with reasons out: every file in cases/ is one case. */
#include "core/base/json.h"
#include "rubrics/rubric.h"
#include "tests/cases.h"
#include <math.h>

#define HERE "tests/rubrics/"

static const char *const tasks[] = { "credit", "houses", NULL };
static const char *const metrics[] = {
    "roc_auc", "log_loss", "accuracy", "mae", "rmse", "r2", NULL
};
static const struct rubric_known known = { tasks, metrics };

static struct str word_cut(struct str *rest)
{
    struct str word = S("");
    *rest = str_trim(*rest);
    if (!rest->len)
        return word;
    str_cut(rest, ' ', &word);
    return word;
}

static double number_cut(struct str *rest)
{
    double number = NAN; /* "-" */
    str_to_double(word_cut(rest), &number);
    return number;
}

/* A line of facts: name value unit low high n rows audience; - is none. */
static size_t facts_read(struct arena *arena, struct str body, struct fact facts[50])
{
    size_t count = 0;
    struct str line;
    while (str_cut(&body, '\n', &line) && count < 50) {
        if (str_trim(line).len == 0)
            continue;
        struct fact *fact = &facts[count++];
        fact->name = str_zero(arena, word_cut(&line));
        fact->value = number_cut(&line);
        fact->unit = str_zero(arena, word_cut(&line));
        fact->unit = strcmp(fact->unit, "-") ? fact->unit : "";
        fact->low = number_cut(&line);
        fact->high = number_cut(&line);
        double n = number_cut(&line);
        fact->n = isnan(n) ? 0 : (int64_t)n;
        assert_true(fact_rows_find(word_cut(&line), &fact->rows));
        assert_true(audience_find(word_cut(&line), &fact->audience));
    }
    return count;
}

/* A line of marks: question points by reason. */
static size_t marks_read(struct arena *arena, struct str body, struct rubric_mark marks[50])
{
    size_t count = 0;
    struct str line;
    while (str_cut(&body, '\n', &line) && count < 50) {
        if (str_trim(line).len == 0)
            continue;
        struct rubric_mark *mark = &marks[count++];
        mark->question = str_zero(arena, word_cut(&line));
        mark->points = number_cut(&line);
        mark->by = str_zero(arena, word_cut(&line));
        mark->reason = str_zero(arena, str_trim(line));
    }
    return count;
}

static void number_add(struct text *out, double number)
{
    text_print(out, isnan(number) ? " -" : " %.10g", number);
}

static struct str judge_text(struct arena *arena, const struct rubric *rubric,
                             const struct rubric_case *of)
{
    size_t count;
    struct text out = { .arena = arena };
    const struct rubric_points *points = rubric_judge(arena, rubric, of, &count);
    for (size_t i = 0; i < count; i++) {
        text_print(&out, "%s %s", points[i].id, rubric_state_name(points[i].state));
        number_add(&out, points[i].points);
        number_add(&out, points[i].suggested);
        text_print(&out, " of %g %s: %s\n", points[i].max, audience_name(points[i].audience),
                   points[i].reason);
    }
    return text_str(&out);
}

static void every_case_gives_its_points_and_reasons(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct cases_names names = cases_list(arena, HERE "cases", ".case");
    size_t wrong = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct str bytes = cases_load(arena, names.at[i].at);
        struct complaints to = { .arena = arena };
        struct field_source from = { arena, names.at[i].at, &to };
        struct rubric rubric;
        struct fact facts[50] = { 0 };
        struct rubric_mark marks[50] = { 0 };
        if (!rubric_parse(&from, cases_get(bytes, "rubric.yaml"), &known, &rubric))
            fail_msg("%s", to.lines[0].at);
        struct rubric_case of = {
            .task = str_zero(arena, str_trim(cases_get(bytes, "task"))),
            .facts = facts,
            .fact_count = facts_read(arena, cases_get(bytes, "facts"), facts),
            .marks = marks,
            .mark_count = marks_read(arena, cases_get(bytes, "marks"), marks),
        };
        wrong += cases_compare(names.at[i].at, judge_text(arena, &rubric, &of),
                               cases_get(bytes, "expect"));
    }
    assert_int_equal(wrong, 0);
}

static struct rubric_question question_of(struct arena *arena, const struct json *curve)
{
    struct rubric_question question = { .zero_at = json_get_double(curve, "zero_at", NAN),
                                        .full_at = json_get_double(curve, "full_at", NAN) };
    static const char *const words[] = { "linear", "log", "points", "steps", NULL };
    question.curve = words_find(json_get_text(curve, "curve", ""), words);
    assert_true(question.curve >= 0);
    const struct json *through = json_get(curve, "through");
    if (!through)
        return question;
    struct number_pair *pairs = arena_array(arena, struct number_pair, through->count);
    for (size_t i = 0; i < through->count; i++)
        pairs[i] = (struct number_pair){ through->members[i].members[0].number,
                                         through->members[i].members[1].number };
    question.through = (struct number_pairs){ pairs, through->count };
    return question;
}

static void curves_agree_with_an_independent_implementation(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *curves;
    struct fault why = { 0 };
    if (!json_parse(arena, cases_load(arena, HERE "curves.json"), &curves, &why))
        fail_msg("%s", why.text);
    size_t checked = 0;
    for (size_t i = 0; i < curves->count; i++) {
        struct rubric_question question = question_of(arena, &curves->members[i]);
        const struct json *vectors = json_get(&curves->members[i], "vectors");
        for (size_t j = 0; j < vectors->count; j++, checked++) {
            double value = vectors->members[j].members[0].number;
            double expected = vectors->members[j].members[1].number;
            double got = rubric_share(&question, value);
            if (fabs(got - expected) > 1e-12)
                fail_msg("curve %zu at %g: got %.17g, expected %.17g", i, value, got, expected);
        }
    }
    assert_true(checked > 50);
}

/* More of a good thing never earns less, whatever the curve. */
static void curves_never_turn_back(void **state)
{
    (void)state;
    static const struct number_pair up[] = { { 0.2, 0 }, { 0.4, 0.5 }, { 0.8, 1 } };
    const struct rubric_question rows[] = {
        { .curve = RUBRIC_CURVE_LINEAR, .zero_at = 0.2, .full_at = 0.8 },
        { .curve = RUBRIC_CURVE_LOG, .zero_at = 0.2, .full_at = 0.8 },
        { .curve = RUBRIC_CURVE_POINTS, .through = { up, 3 } },
        { .curve = RUBRIC_CURVE_STEPS, .through = { up, 3 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double before = 0;
        for (int step = -100; step <= 200; step++) {
            double share = rubric_share(&rows[i], step / 100.0);
            assert_true(share >= before && share >= 0 && share <= 1);
            before = share;
        }
        assert_true(before == 1);
    }
}

static void facts_are_found_by_name_and_rows(void **state)
{
    (void)state;
    const struct fact facts[] = {
        { .name = "metric.mae", .value = NAN, .rows = ROWS_PUBLIC },
        { .name = "metric.mae", .value = 2, .rows = ROWS_PUBLIC },
        { .name = "metric.mae", .value = 3, .rows = ROWS_PRIVATE },
    };
    assert_ptr_equal(fact_find(facts, 3, S("metric.mae"), ROWS_PUBLIC), &facts[1]);
    assert_ptr_equal(fact_find(facts, 3, S("metric.mae"), ROWS_PRIVATE), &facts[2]);
    assert_null(fact_find(facts, 3, S("metric.mae"), ROWS_SAMPLE));
    assert_null(fact_find(facts, 3, S("metric.rmse"), ROWS_PUBLIC));
    assert_non_null(fact_name_find(S("metric.anything")));
    assert_null(fact_name_find(S("metric.")));
    assert_null(fact_name_find(S("train.cpu")));
    for (size_t i = 0; fact_words[i]; i++)
        assert_string_equal(fact_name_find(str_of(fact_words[i]))->name, fact_words[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gives_its_points_and_reasons),
        cmocka_unit_test(curves_agree_with_an_independent_implementation),
        cmocka_unit_test(curves_never_turn_back),
        cmocka_unit_test(facts_are_found_by_name_and_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
