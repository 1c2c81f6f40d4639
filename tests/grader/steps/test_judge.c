/* What was not measured is no fact, and no question is judged on it. */
#include "grader/pipeline.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct store_fact *fact_named(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->judged.fact_count; i++)
        if (strcmp(run->judged.facts[i].name, name) == 0)
            return &run->judged.facts[i];
    return NULL;
}

struct judged {
    struct arena *arena;
    struct run *run;
};

/* A run with two trainings of these measures, judged by a rubric that asks for train.cpu_s. */
static struct judged judge(const struct store_step trainings[2], double same_seed)
{
    struct judged out = { .arena = arena_open(NULL) };
    struct fault why = { 0 };
    struct complaints to = { .arena = out.arena };
    struct field_source from = { .arena = out.arena, .file = "rubric.yaml", .to = &to };
    const char *none[] = { NULL };
    struct rubric_known known = { none, none };
    struct grader *grader = arena_new(out.arena, struct grader);
    struct loaded *loaded = arena_new(out.arena, struct loaded);
    struct course_task *task = arena_new(out.arena, struct course_task);
    assert_true(rubric_parse(&from,
                             S("schema: 1\nquestions:\n  - {id: cheap, title: Cheap, points: 4,"
                               " from: resource, fact: train.cpu_s, full_at: 10, zero_at: 100}\n"),
                             &known, &loaded->rubric));
    task->id = S("t");
    out.run = arena_new(out.arena, struct run);
    out.run->arena = out.arena;
    out.run->grader = grader;
    out.run->loaded = loaded;
    out.run->task = task;
    out.run->evaluated.same_seed = same_seed;
    for (size_t i = 0; i < 2; i++) {
        struct run_step *step = run_step_add(out.run, "train", (int)i + 1, false);
        step->row.state = "done";
        step->row.wall_us = trainings[i].wall_us;
        step->row.cpu_us = trainings[i].cpu_us;
        step->row.memory_peak_bytes = trainings[i].memory_peak_bytes;
    }
    assert_true(step_judge(out.run, &why));
    return out;
}

static void measures_become_facts_and_points(void **state)
{
    (void)state;
    struct store_step both[2] = {
        { .wall_us = 1000000, .cpu_us = 5000000, .memory_peak_bytes = 1 },
        { .wall_us = 3000000, .cpu_us = 7000000, .memory_peak_bytes = 2 << 20 }
    };
    struct judged out = judge(both, 0.5);
    assert_true(fact_named(out.run, "train.wall_s")->value == 2);
    assert_true(fact_named(out.run, "train.cpu_s")->value == 6);
    assert_true(fact_named(out.run, "train.memory_mb")->value == 2);
    assert_true(fact_named(out.run, "reproducible.same_seed")->value == 0.5);
    assert_string_equal(out.run->judged.points[0].state, "suggested");
    assert_true(out.run->judged.points[0].points == 4);
    arena_drop(out.arena);
}

static void what_was_not_measured_is_no_fact(void **state)
{
    (void)state;
    struct store_step both[2] = {
        { .wall_us = 1000000, .cpu_us = 5000000, .memory_peak_bytes = -1 },
        { .wall_us = 3000000, .cpu_us = -1, .memory_peak_bytes = 2 << 20 }
    };
    struct judged out = judge(both, -1);
    assert_true(fact_named(out.run, "train.wall_s")->value == 2);
    assert_null(fact_named(out.run, "train.cpu_s"));
    assert_null(fact_named(out.run, "train.memory_mb"));
    assert_null(fact_named(out.run, "reproducible.same_seed"));
    assert_string_equal(out.run->judged.points[0].state, "not_measured");
    assert_true(isnan(out.run->judged.points[0].points));
    arena_drop(out.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_become_facts_and_points),
        cmocka_unit_test(what_was_not_measured_is_no_fact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
