/* judge: facts about resources and repetition, and the rubric's points from all facts. */
#include "grader/steps/evaluate.h"
#include "grader/steps/serve.h"
#include "rubrics/rubric.h"
#include <math.h>
#include <stdio.h>

static void fact_add(struct run *run, const char *name, const char *rows, double value)
{
    const struct fact_name *known = fact_name_find(str_of(name));
    run_fact(run, &(struct store_fact){ .name = name,
                                        .rows = rows,
                                        .audience = "team",
                                        .unit = known ? known->unit : "",
                                        .value = value,
                                        .low = NAN,
                                        .high = NAN });
}

/* Of the steps of one kind; -1: not measured, and then for all of them together. */
struct resources {
    double wall_us, cpu_us, memory_bytes;
};

static double sum_of(double sum, int64_t measured)
{
    return sum < 0 || measured < 0 ? -1 : sum + (double)measured;
}

/* Means of the times and the highest peak; what was not measured is no fact. */
static void resources_of(struct run *run, const char *kind, const char *step_name)
{
    struct resources all = { 0 };
    double count = 0;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct store_step *row = &run->steps[i].row;
        if (strcmp(row->name, step_name) != 0 || strcmp(row->state, "done") != 0)
            continue;
        all.wall_us = sum_of(all.wall_us, row->wall_us);
        all.cpu_us = sum_of(all.cpu_us, row->cpu_us);
        bool measured = all.memory_bytes >= 0 && row->memory_peak_bytes >= 0;
        all.memory_bytes = measured ? fmax(all.memory_bytes, (double)row->memory_peak_bytes) : -1;
        count++;
    }
    if (count > 0 && all.wall_us >= 0)
        fact_add(run, arena_print(run->arena, "%s.wall_s", kind), "none",
                 all.wall_us / 1e6 / count);
    if (count > 0 && all.cpu_us >= 0)
        fact_add(run, arena_print(run->arena, "%s.cpu_s", kind), "none", all.cpu_us / 1e6 / count);
    if (count > 0 && all.memory_bytes >= 0)
        fact_add(run, arena_print(run->arena, "%s.memory_mb", kind), "none",
                 all.memory_bytes / 1048576);
}

/* The facts as the rubric takes them. */
static struct fact *facts_convert(struct run *run)
{
    struct fact *facts = arena_array(run->arena, struct fact, run->judged.fact_count);
    for (size_t i = 0; i < run->judged.fact_count; i++) {
        const struct store_fact *from = &run->judged.facts[i];
        facts[i] = (struct fact){ .name = from->name,
                                  .value = from->value,
                                  .unit = from->unit,
                                  .low = from->low,
                                  .high = from->high };
        fact_rows_find(str_of(from->rows), &facts[i].rows);
        if (facts[i].rows == ROWS_PUBLIC)
            facts[i].n = (int64_t)run->evaluated.truth.public_count;
        audience_find(str_of(from->audience), &facts[i].audience);
    }
    return facts;
}

/* What a human shall look for is in rubric.yaml; the team reads that a human will. */
static const char *reason_of(const struct rubric_points *points)
{
    return points->state == RUBRIC_HUMAN_NEEDED ? "The course staff answers this question."
                                                : points->reason;
}

/*
 * The rubric keeps points made from held-out rows for the staff. What it was given over Public rows
 * are the released values alone, so the team may see what follows from them.
 */
static const char *audience_of(const struct run *run, const struct rubric_points *points)
{
    const struct rubric *rubric = &run->loaded->rubric;
    for (size_t i = 0; i < rubric->count; i++)
        if (str_is(rubric->questions[i].id, points->id) && rubric->questions[i].metric.len &&
            rubric->questions[i].rows == ROWS_PUBLIC)
            return audience_name(AUDIENCE_TEAM);
    return audience_name(points->state == RUBRIC_HUMAN_NEEDED ? AUDIENCE_TEAM : points->audience);
}

void judge_points(struct run *run)
{
    size_t count;
    struct rubric_case of = { .task = run->task->id.at,
                              .facts = facts_convert(run),
                              /* a run that failed earns nothing by being cheap or quick */
                              .fact_count = run->end.state ? 0 : run->judged.fact_count };
    struct rubric_points *points = rubric_judge(run->arena, &run->loaded->rubric, &of, &count);
    run->judged.points = arena_array(run->arena, struct store_point, count);
    run->judged.point_count = count;
    for (size_t i = 0; i < count; i++)
        run->judged.points[i] = (struct store_point){ .question = points[i].id,
                                                      .title = points[i].title,
                                                      .state = rubric_state_name(points[i].state),
                                                      .reason = reason_of(&points[i]),
                                                      .audience = audience_of(run, &points[i]),
                                                      .most = points[i].max,
                                                      .points = points[i].points };
}

bool step_judge(struct run *run, struct fault *why)
{
    (void)why;
    size_t seeds = 0;
    for (size_t i = 0; i < run->evaluated.seed_count; i++)
        seeds += run->evaluated.seeds[i].seed_at > 0;
    resources_of(run, "build", "build");
    resources_of(run, "train", "train");
    resources_of(run, "predict", "predict");
    serve_facts(run);
    if (run->evaluated.same_seed >= 0)
        fact_add(run, "reproducible.same_seed", "none", run->evaluated.same_seed);
    fact_add(run, "seeds.count", "none", (double)seeds);
    judge_points(run);
    return true;
}
