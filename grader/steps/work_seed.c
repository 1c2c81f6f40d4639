/* Hidden seeds and the held-out rows drawn from them. */
#include "grader/course/course_kind.h"
#include "grader/steps/work.h"
#include <stdio.h>
#include <stdlib.h>

/*
 * HMAC of what the seed depends on under the course's secret: the task's own version, so that a new
 * team or another rubric leaves all seeds as they are.
 */
static bool seed_key(struct run *run, const char *purpose, int seed_at, char hex[SHA256_HEX],
                     struct fault *why)
{
    char secret[SHA256_HEX];
    const char *task = version_task_digest(&run->loaded->version, run->task->id);
    if (!task)
        return fault_set(why, BLAME_SYSTEM, "the version has no task %s", run->task->id.at);
    if (!store_secret(run->store, "seeds", secret, why))
        return false;
    const char *message =
        arena_print(run->arena, "%s %s %d", purpose, task, seed_at == -1 ? 1 : seed_at);
    hmac_sha256(str_of(secret), str_of(message), hex);
    return true;
}

bool work_seed(struct run *run, int seed_at, int64_t *seed, struct fault *why)
{
    char hex[SHA256_HEX];
    if (!seed_key(run, "seed", seed_at, hex, why))
        return false;
    hex[8] = 0;
    *seed = (int64_t)(strtoul(hex, NULL, 16) & 0x7fffffff) | 1;
    return true;
}

bool work_seed_digest(struct run *run, int seed_at, char sha256[SHA256_HEX], struct fault *why)
{
    char hex[SHA256_HEX];
    if (!seed_key(run, "seed", seed_at, hex, why))
        return false;
    sha256_of(str_of(hex), sha256);
    return true;
}

static bool heldout_make(struct run *run, int seed_at, struct heldout *out, struct fault *why)
{
    char hex[SHA256_HEX];
    struct str csv;
    const struct course_shape *shape = course_shape(run->task->kind);
    struct heldout_form form = { .id_column = run->task->id_column.at,
                                 .item_column = shape->item,
                                 .repeats = shape->repeats,
                                 .key = { hex, SHA256_HEX - 1 } };
    const struct version_file *file =
        version_find(&run->loaded->version, "private", run->task->id, "heldout.csv");
    if (!file)
        return fault_set(why, BLAME_COURSE, "the version has no heldout.csv of task %s",
                         run->task->id.at);
    return seed_key(run, "rows", seed_at, hex, why) &&
           artifacts_load(&run->grader->sealed, file->sha256, run->arena,
                          (size_t)VERSION_FILE_BYTES_MOST, &csv, why) &&
           heldout_draw(run->arena, csv, &form, out, why);
}

/* Drawn once a run: planned with, and read by when the predictions are there. */
bool work_heldout(struct run *run, int seed_at, struct heldout *out, struct fault *why)
{
    struct heldout *drawn = &run->work.drawn[seed_at < 1 ? 1 : seed_at];
    if (!drawn->csv.at && !heldout_make(run, seed_at, drawn, why))
        return false;
    *out = *drawn;
    return true;
}

size_t work_seeds(const struct run *run, int out[RUN_SEEDS_MOST + 1])
{
    int seeds = (int)run->task->seeds;
    size_t count = 0;
    if (seeds > RUN_SEEDS_MOST)
        seeds = RUN_SEEDS_MOST;
    if (run->work.round == 0) { /* the first twice, for reproducibility; the second, to compare */
        out[count++] = 1;
        if (run->task->repeat)
            out[count++] = -1;
        if (seeds > 1)
            out[count++] = 2;
        return count;
    }
    for (int i = 3; i <= seeds; i++)
        out[count++] = i;
    return count;
}
