/* What must hold for learners of any kind, and how their parameters are refused. */
#include "core/learn/learner.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const void *fit(struct arena *arena, const char *name, const struct examples *examples,
                       const char *const *settings)
{
    struct fault why = { 0 };
    const struct learner *learner = learner_find(str_of(name), &why);
    struct params params = params_default(learner->params, learner->param_count);
    void *fitted = NULL;
    for (; settings && *settings; settings++) {
        struct str whole = str_of(*settings);
        size_t at = strcspn(*settings, "=");
        if (!params_set(&params, name, str_until(whole, at), str_from(whole, at + 1), &why))
            fail_msg("%s", why.text);
    }
    if (!learner->fit(arena, examples, &params, &fitted, &why))
        fail_msg("%s", why.text);
    return fitted;
}

static void near(double got, double expected, double tolerance, const char *what)
{
    if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s: got %.17g, expected %.17g", what, got, expected);
}

static void no_feature_at_all_leaves_the_intercept(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double y[4] = { 0, 1, 1, 1 }, out[4];
    struct examples examples = { .in.dense = { NULL, 4, 0, 0 }, .y = y };
    static const char *const names[] = { "logistic", "majority", "ridge", "linear", "mean" };
    for (size_t n = 0; n < 5; n++) {
        examples.target = n < 2 ? TARGET_TWO_CLASSES : TARGET_NUMBER;
        examples.class_count = n < 2 ? 2 : 0;
        const void *fitted = fit(arena, names[n], &examples, NULL);
        learner_find(str_of(names[n]), NULL)->predict(arena, fitted, &examples.in, 1, out);
        near(out[0], 0.75, 1e-7, names[n]);
    }
}

static void parameters_are_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "logistic", "max_itr=5",
          "logistic has no parameter \"max_itr\", did you mean "
          "\"max_iter\"" },
        { "ridge", "zzz=5", "ridge has no parameter \"zzz\", it has: alpha, fit_intercept" },
        { "majority", "zzz=5", "majority has no parameter \"zzz\", it has: none" },
        { "ridge", "alpha=-1",
          "parameter alpha of ridge was \"-1\", allowed is a number from 0 to 1e+12" },
        { "ridge", "alpha=nan",
          "parameter alpha of ridge was \"nan\", allowed is a number from 0 to 1e+12" },
        { "logistic", "max_iter=2.5",
          "parameter max_iter of logistic was \"2.5\", allowed is a whole number from 1 to "
          "100000" },
        { "logistic", "class_weight=even",
          "parameter class_weight of logistic was \"even\", allowed is one of none, balanced" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault why = { 0 };
        const struct learner *learner = learner_find(str_of(rows[i][0]), &why);
        struct params params = params_default(learner->params, learner->param_count);
        struct str whole = str_of(rows[i][1]);
        size_t at = strcspn(rows[i][1], "=");
        assert_false(
            params_set(&params, rows[i][0], str_until(whole, at), str_from(whole, at + 1), &why));
        assert_string_equal(why.text, rows[i][2]);
    }
    struct fault why = { 0 };
    assert_null(learner_find(S("logistik"), &why));
    assert_string_equal(why.text, "unknown learner \"logistik\", did you mean \"logistic\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_feature_at_all_leaves_the_intercept),
        cmocka_unit_test(parameters_are_refused_with_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
