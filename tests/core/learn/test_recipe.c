/* pipeline.yaml: what is read, and what is refused with line and nearest word. */
#include "core/learn/recipe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEAD "schema: 1\ntarget: bad\n"

static const char *complaints_of(struct arena *arena, const char *yaml, struct recipe *out)
{
    struct complaints to = { .arena = arena };
    struct text all = { .arena = arena };
    bool fine = recipe_parse(arena, "p.yaml", str_of(yaml), out, &to);
    assert_true(fine == (to.count == 0));
    for (size_t i = 0; i < to.kept; i++)
        text_print(&all, "%s%.*s", i ? "\n" : "", STR_ARGS(to.lines[i]));
    return all.at ? all.at : "";
}

static void a_whole_pipeline_is_read(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct recipe recipe;
    assert_string_equal(complaints_of(arena,
                                      "schema: 1\ntarget: bad\nid: number\ndrop: [note, when]\n"
                                      "transforms:\n- impute\n- {name: log, columns: [a, b]}\n"
                                      "- {name: clip, low: 0.05}\n- one_hot\n"
                                      "learner: {name: logistic, params: {C: 0.5, max_iter: 7}}\n",
                                      &recipe),
                        "");
    assert_true(str_is(recipe.target, "bad") && str_is(recipe.id, "number"));
    assert_int_equal(recipe.drop_count, 2);
    assert_int_equal(recipe.step_count, 4);
    assert_string_equal(recipe.steps[1].transform->name, "log");
    assert_true(transform_step_covers(&recipe.steps[1], S("b")));
    assert_false(transform_step_covers(&recipe.steps[1], S("c")));
    assert_true(transform_step_covers(&recipe.steps[2], S("c")));
    assert_true(param_number(&recipe.steps[2].params, "low") == 0.05);
    assert_true(param_number(&recipe.steps[2].params, "high") == 0.99);
    assert_true(param_number(&recipe.params, "C") == 0.5);
    assert_int_equal(param_integer(&recipe.params, "max_iter"), 7);
}

static void a_short_one_has_defaults(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct recipe recipe;
    assert_string_equal(complaints_of(arena, HEAD "learner: ridge\n", &recipe), "");
    assert_true(str_is(recipe.id, "id"));
    assert_int_equal(recipe.step_count, 5); /* dates, impute, standard, one_hot, tfidf */
    assert_string_equal(recipe.learner->name, "ridge");
    assert_true(param_number(&recipe.params, "alpha") == 1);
}

static void mistakes_are_named_all_at_once(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "schema: 1\nlearner: ridge\n", "p.yaml: key \"target\" is missing" },
        { HEAD, "p.yaml: key \"learner\" is missing" },
        { "schema: 2\ntarget: a\nlearner: ridge\n",
          "p.yaml:1: schema was \"2\", this version reads 1" },
        { HEAD "tranforms: [impute]\nlearner: ridge\n",
          "p.yaml:3: unknown key \"tranforms\", did you mean \"transforms\"" },
        { HEAD "zzzzzzzz: 1\nlearner: ridge\n",
          "p.yaml:3: unknown key \"zzzzzzzz\", allowed are: schema, target, id, kind, time, "
          "group, weight, drop, transforms, learner, calibrate, search" },
        { HEAD "learner: {name: ridgge}\n",
          "p.yaml:3: unknown learner \"ridgge\", did you mean \"ridge\"" },
        { HEAD "learner:\n  name: ridge\n  params:\n    alfa: 1\n",
          "p.yaml:6: ridge has no parameter \"alfa\", did you mean \"alpha\"" },
        { HEAD "learner:\n  name: ridge\n  parms: {}\n",
          "p.yaml:5: unknown key \"parms\", did you mean \"params\"" },
        { HEAD "learner: ridge\ntransforms:\n  - impute\n  - standrd\n",
          "p.yaml:6: unknown transform \"standrd\", did you mean \"standard\"" },
        { HEAD "learner: ridge\ntransforms:\n  - {name: clip, low: 0.9}\n",
          "p.yaml:5: parameter low of clip was \"0.9\", allowed is a number from 0 to 0.5" },
        { HEAD "learner: ridge\ntransforms:\n  - {name: log, colums: [income]}\n",
          "p.yaml:5: unknown key \"colums\", did you mean \"columns\"" },
        { HEAD "learner: ridge\ntransforms:\n  - {name: clip, lo: 0.1, high: [1]}\n",
          "p.yaml:5: unknown key \"lo\", did you mean \"low\"\n"
          "p.yaml:5: parameter high of clip was a list, must be one value" },
        { HEAD "learner: ridge\ntransforms: impute\n",
          "p.yaml:4: transforms was one value, must be a list" },
        { HEAD "learner: [ridge]\n", "p.yaml:3: learner was a list, must be a map" },
        { "schema: 1\ntarget: id\nlearner: ridge\n",
          "p.yaml: target and id are the same column \"id\"" },
        { "schema: 1\ntarget: [a]\nlearner: {}\n",
          "p.yaml:2: target was a list, must be one value\n"
          "p.yaml:3: learner without a name" },
        { HEAD "learner: {name: logistic, params: {C: 1, l2: 1}}\n",
          "p.yaml: logistic was given both C and l2, which is 1 / C: give one of them" },
        { "[1]", "p.yaml:1: the pipeline was a list, must be a map" },
    };
    scoped_arena arena = arena_open(NULL);
    struct recipe recipe;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(complaints_of(arena, rows[i][0], &recipe), rows[i][1]);
}

static void too_many_transforms_are_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text yaml = { .arena = arena };
    text_print(&yaml, HEAD "learner: ridge\ntransforms:\n");
    for (size_t i = 0; i < STEPS_MOST + 1; i++)
        text_print(&yaml, "- log\n");
    struct recipe recipe;
    assert_string_equal(complaints_of(arena, yaml.at, &recipe),
                        "p.yaml:21: more than 16 transforms");
}

static void the_range_of_a_parameter_is_said_whole(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < learner_count; i++)
        for (size_t p = 0; p < learners[i]->param_count; p++) {
            const struct param_spec *spec = &learners[i]->params[p];
            struct str range = str_of(param_range(arena, spec));
            assert_true(range.len > 0);
            size_t last = 0;
            while (spec->kind == PARAM_CHOICE && spec->choices[last + 1])
                last++;
            if (spec->kind == PARAM_CHOICE && !str_ends(range, str_of(spec->choices[last])))
                fail_msg("%s %s: %s", learners[i]->name, spec->name, range.at);
        }
}

static void a_choice_among_many_is_answered_by_the_nearest(void **state)
{
    (void)state;
    struct recipe recipe = recipe_default();
    struct fault why;
    assert_true(recipe_set_learner(&recipe, S("gbdt"), &why));
    assert_false(recipe_set_param(&recipe, S("objective=binary:logistik"), &why));
    assert_non_null(strstr(why.text, "did you mean \"binary:logistic\""));
    assert_false(recipe_set_param(&recipe, S("objective=7"), &why));
    assert_non_null(strstr(why.text, "holdout-ml learners lists what is allowed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_pipeline_is_read),
        cmocka_unit_test(a_short_one_has_defaults),
        cmocka_unit_test(mistakes_are_named_all_at_once),
        cmocka_unit_test(too_many_transforms_are_refused),
        cmocka_unit_test(the_range_of_a_parameter_is_said_whole),
        cmocka_unit_test(a_choice_among_many_is_answered_by_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
