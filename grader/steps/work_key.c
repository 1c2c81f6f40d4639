/* The digest of all that a step can see. */
#include "grader/steps/work_key.h"
#include "core/math/blas.h"
#include "grader/course/environment.h"
#include <stdlib.h>
#include <unistd.h>

#define SCHEMA 1

static void hash_text(struct sha256 *hash, const char *text)
{
    uint64_t length = text ? strlen(text) : UINT64_MAX;
    sha256_add(hash, &length, sizeof length);
    if (text)
        sha256_add(hash, text, strlen(text));
}

static void hash_int(struct sha256 *hash, int64_t value)
{
    sha256_add(hash, &value, sizeof value);
}

static void hash_texts(struct sha256 *hash, const char *const *texts, size_t count)
{
    hash_int(hash, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        hash_text(hash, texts[i]);
}

bool work_key_base(struct run *run, char hex[SHA256_HEX], struct fault *why)
{
    char build[SHA256_HEX];
    struct sha256 hash;
    if (!environment_build_digest(run->grader, build, why))
        return false;
    sha256_start(&hash);
    hash_int(&hash, SCHEMA);
    hash_text(&hash, run->claim.team.at);
    hash_text(&hash, build);
    hash_text(&hash, run->work.environment.path);
    hash_text(&hash, run->work.environment.digest);
    hash_text(&hash, blas_core_name());
    hash_int(&hash, sysconf(_SC_NPROCESSORS_ONLN));
    hash_int(&hash, run->loaded->course.allow_degraded);
    sha256_end(&hash, hex);
    return true;
}

bool work_key_is_for(const char *kind)
{
    static const char *const kinds[] = { "build",   "train",        "sample",
                                         "predict", "serve-sample", "serve" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static int by_place(const void *a, const void *b)
{
    return strcmp(((const struct job_input *)a)->at, ((const struct job_input *)b)->at);
}

/* In the order of their paths: not in that of the plan. */
static void hash_inputs(struct sha256 *hash, const struct job_step *step)
{
    scoped_arena arena = arena_open(NULL);
    struct job_input *inputs = arena_array(arena, struct job_input, step->input_count + 1);
    if (step->input_count)
        memcpy(inputs, step->inputs, step->input_count * sizeof *inputs);
    qsort(inputs, step->input_count, sizeof *inputs, by_place);
    hash_int(hash, (int64_t)step->input_count);
    for (size_t i = 0; i < step->input_count; i++) {
        hash_text(hash, inputs[i].at);
        hash_text(hash, inputs[i].sha256);
        hash_int(hash, inputs[i].mode);
    }
}

/* How a server is asked is part of what it sees. */
static void hash_serve(struct sha256 *hash, const struct job_serve *serve)
{
    const int64_t numbers[] = { serve->port,     serve->ready_ms,  serve->answer_ms,
                                serve->check_ms, serve->load_ms,   serve->stop_ms,
                                serve->requests, serve->malformed, serve->load_requests };
    sha256_add(hash, numbers, sizeof numbers);
    sha256_add(hash, serve->batches, sizeof serve->batches);
    sha256_add(hash, serve->loads, sizeof serve->loads);
    hash_text(hash, serve->rows);
    hash_text(hash, serve->predictions);
    hash_text(hash, serve->id);
    hash_text(hash, serve->item);
}

void work_key_make(const char base[SHA256_HEX], const struct job_step *step, bool again,
                   char hex[SHA256_HEX])
{
    struct sha256 hash;
    const struct job_limits *limits = &step->limits;
    const int64_t numbers[] = { again,
                                step->heldout,
                                step->seed,
                                limits->wall_ms,
                                limits->cpu_ms,
                                limits->memory_bytes,
                                limits->processes,
                                limits->disk_bytes,
                                limits->output_bytes,
                                limits->inodes };
    sha256_start(&hash);
    hash_text(&hash, base);
    hash_text(&hash, step->kind);
    sha256_add(&hash, numbers, sizeof numbers);
    hash_texts(&hash, step->argv, step->argv_count);
    hash_texts(&hash, step->env, step->env_count);
    hash_texts(&hash, step->writable, step->writable_count);
    hash_texts(&hash, step->keep, step->keep_count);
    hash_inputs(&hash, step);
    if (step->serve.port)
        hash_serve(&hash, &step->serve);
    sha256_end(&hash, hex);
}
