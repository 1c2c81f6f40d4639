/*
 * A course of one task in a temporary directory, its store, and a claimed run: what the steps need,
 * without a box.
 */
#pragma once

#include "core/base/file.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/work.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct stage {
    char dir[40];
    int root;
    struct arena *arena;
    struct grader grader;
    struct loaded loaded;
    struct course_metric metric;
    struct course_task task;
    struct store *store;
    struct fault why;
    int64_t seq;
};

#define STAGE_SOLUTION                                                                             \
    "id,y,Usage\na,1,Public\nb,2,Public\nc,3.5,Public\nd,4,Private\ne,5,Private\n"

static inline void stage_need(struct stage *stage, bool ok)
{
    if (!ok)
        fail_msg("%s", stage->why.text);
}

static inline void stage_file(struct stage *stage, const char *path, const char *bytes)
{
    stage_need(stage, file_save(stage->root, path, str_of(bytes), 0600, &stage->why));
}

/* Load the course's files as they are now. */
static inline void stage_install(struct stage *stage)
{
    struct version_roots roots = { .course = stage->root,
                                   .open = &stage->grader.artifacts,
                                   .sealed = &stage->grader.sealed };
    stage_need(stage, version_install(stage->arena, &roots, &stage->loaded.course,
                                      &stage->loaded.version, &stage->why));
}

static inline void stage_files(struct stage *stage, const char *solution)
{
    static const char *const folders[] = { "data/t", "private/t", "state/sealed" };
    for (size_t i = 0; i < 3; i++)
        stage_need(stage, dir_make(stage->root, folders[i], 0700, &stage->why));
    stage_file(stage, "course.yaml", "schema: 1\n");
    stage_file(stage, "teams.csv", "team,name,repository,tasks\n");
    stage_file(stage, "data/t/train.csv", "id,x,y\nq,1,1\n");
    stage_file(stage, "data/t/sample.csv", "id,x\ns1,1\ns2,2\n");
    stage_file(stage, "private/t/heldout.csv", "id,x\na,1\nb,2\nc,3\nd,4\ne,5\n");
    stage_file(stage, "private/t/solution.csv", solution);
}

static inline void stage_store(struct stage *stage)
{
    char path[64];
    snprintf(path, sizeof path, "%s/state", stage->dir);
    stage->store = store_open(path, true, &stage->grader.clock, &stage->why);
    stage_need(stage, stage->store != NULL);
    struct store_task task = { .id = "t",
                               .title = "T",
                               .kind = "regression",
                               .metric = stage->metric.key.at,
                               .detail = "{}",
                               .digits = 3 };
    struct store_team teams[] = {
        { .id = "ada", .name = "Ada", .pseudonym = "A", .repository = "file:a" },
        { .id = "bob", .name = "Bob", .pseudonym = "B", .repository = "file:b" },
        { .id = "eva", .name = "Eva", .pseudonym = "E", .repository = "file:e" },
    };
    struct store_course course = { .about = "{}",
                                   .version = "v1",
                                   .files = "[]",
                                   .tasks = &task,
                                   .teams = teams,
                                   .task_count = 1,
                                   .team_count = 3 };
    stage_need(stage, store_course_set(stage->store, &course, &stage->why));
}

static inline struct stage *stage_open(const char *metric, const char *solution)
{
    struct stage *stage = calloc(1, sizeof *stage);
    snprintf(stage->dir, sizeof stage->dir, "/tmp/holdout-steps-XXXXXX");
    assert_non_null(mkdtemp(stage->dir));
    stage->root = open(stage->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stage->arena = arena_open(NULL);
    stage->metric = (struct course_metric){ .key = str_of(metric), .primary = true };
    stage->task = (struct course_task){ .id = S("t"),
                                        .kind = COURSE_KIND_REGRESSION,
                                        .target = S("y"),
                                        .id_column = S("id"),
                                        .metrics = &stage->metric,
                                        .metric_count = 1,
                                        .limits = { .predict_s = 20, .cpus = 1, .disk_mb = 64 },
                                        .seeds = 2 };
    stage->grader.clock = clock_system();
    stage->loaded.course.tasks = &stage->task;
    stage->loaded.course.task_count = 1;
    stage->loaded.course.board.digits = 3;
    stage_files(stage, solution);
    stage_need(stage, artifacts_open(&stage->grader.artifacts, stage->root, "artifacts", 0750, 0444,
                                     &stage->why));
    stage_need(stage, artifacts_open(&stage->grader.sealed, stage->root, "sealed", 0700, 0400,
                                     &stage->why));
    stage_install(stage);
    stage_store(stage);
    return stage;
}

static inline void stage_close(struct stage *stage)
{
    store_close(stage->store);
    artifacts_close(&stage->grader.artifacts);
    artifacts_close(&stage->grader.sealed);
    arena_drop(stage->arena);
    close(stage->root);
    dir_remove(AT_FDCWD, stage->dir, &stage->why);
    free(stage);
}

/* A run of the team, claimed. */
static inline struct run *stage_run(struct stage *stage, const char *team)
{
    struct run *run = arena_new(stage->arena, struct run);
    run->grader = &stage->grader;
    run->loaded = &stage->loaded;
    run->store = stage->store;
    run->arena = stage->arena;
    run->task = &stage->task;
    struct store_push push = { .id = arena_print(stage->arena, "event %lld", (long long)stage->seq),
                               .seq = ++stage->seq,
                               .at_ms = clock_utc_ms(&stage->grader.clock),
                               .team = team,
                               .task = "t",
                               .ref = "refs/heads/main",
                               .commit = arena_print(stage->arena, "%04lld", (long long)stage->seq),
                               .source = "poll",
                               .grade = true };
    stage_need(stage, store_push(stage->store, &push, &stage->why));
    stage_need(stage, store_claim(stage->store, stage->arena,
                                  &(struct claiming){
                                      .version = "v1", .deadline_ms = 60000, .per_team = 2 },
                                  &run->claim, &stage->why));
    return run;
}

/* The five held-out rows predicted for a hidden seed, as they come back from its box. */
static inline void stage_predict(struct stage *stage, struct run *run, int seed_at,
                                 const char *const values[5])
{
    struct heldout heldout;
    struct text csv = { .arena = stage->arena };
    stage_need(stage, work_heldout(run, seed_at, &heldout, &stage->why));
    text_add(&csv, S("id,prediction\n"));
    for (size_t i = 0; i < heldout.row_count; i++)
        text_print(&csv, "%.*s,%s\n", STR_ARGS(heldout.new_ids[i]), values[i]);
    run->evaluated.seeds[run->evaluated.seed_count++] =
        (struct run_seed){ .seed_at = seed_at, .csv = text_str(&csv) };
}
