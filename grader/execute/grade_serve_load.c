/*
 * How fast a team's server answers: one row a request, each connection in a thread that asks again
 * as soon as it has its answer. Times are those of our side, from the call to the last byte; each
 * answer is read behind its time, for a server that answers anything is soon done.
 */
#include "core/base/clock.h"
#include "grader/execute/grade_serve.h"
#include <pthread.h>
#include <stdlib.h>

#define BODIES 64
#define SILENT_MOST 3
#define NAGLE_LOW_US 38000 /* what a delayed acknowledgement takes on Linux */
#define NAGLE_HIGH_US 50000

struct load_question {
    struct serving_question ask;
    size_t from_end[2];
};

struct caller {
    struct serving *at;
    struct serve_line line;
    struct serve_beside beside; /* the thread's own marks on it */
    bool strict;                /* the server has answered as predictions.csv does */
    const struct load_question *questions;
    size_t question_count, first;
    int64_t most, until_us, ended_us;
    int64_t requests, failed, other; /* other: answered, and not with the predictions */
    int64_t *took_us;                /* [most] of the answers with 200 */
    size_t took_count;
};

static bool is_right(struct caller *caller, struct arena *arena,
                     const struct load_question *question, struct str body)
{
    struct serve_answer answer;
    struct serve_compared compared;
    struct fault why = { 0 };
    return serve_answer_parse(arena, body, question->ask.type, &caller->beside, &answer, &why) &&
           serve_compare(arena, &caller->beside, &caller->at->rows, question->from_end, &answer,
                         &compared, &why) &&
           (!caller->strict || compared.equal == compared.rows);
}

static void *caller_thread(void *at)
{
    struct caller *caller = at;
    struct fault why;
    int silent = 0;
    scoped_arena arena = arena_open(NULL);
    struct http *http =
        http_open(&(struct http_options){ .dial = serve_dial, .arg = &caller->line }, &why);
    while (http && caller->requests < caller->most && clock_mono_us() < caller->until_us &&
           silent < SILENT_MOST && !caller->line.gone) {
        struct arena_mark mark = arena_mark(arena);
        struct http_answer answer;
        size_t which = (caller->first + (size_t)caller->requests++) % caller->question_count;
        const struct load_question *question = &caller->questions[which];
        bool answered = serving_post(caller->at, http, arena, &question->ask, &answer, &why);
        bool good = answered && answer.status == 200;
        bool right = good && is_right(caller, arena, question, answer.body);
        silent = answered ? 0 : silent + 1;
        if (right)
            caller->took_us[caller->took_count++] = answer.took_us;
        caller->failed += !right;
        caller->other += good && !right;
        arena_rewind(arena, mark);
    }
    caller->ended_us = clock_mono_us();
    http_close(http);
    return NULL;
}

/* What comparing marks, for one thread alone. */
static struct serve_beside beside_own(const struct serving *at)
{
    struct serve_beside own = at->beside;
    size_t count = own.keys.count;
    own.question = 0;
    own.at = arena_array(at->arena, int32_t, count);
    own.asked_in = arena_array(at->arena, uint32_t, count);
    memset(own.asked_in, 0, count * sizeof *own.asked_in);
    return own;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank. */
static int64_t percentile(const int64_t *sorted, size_t count, size_t percent)
{
    return count ? sorted[(count * percent + 99) / 100 - 1] : -1;
}

static void load_take(struct serving *at, const struct caller *callers, int64_t from_us,
                      struct job_serve_load *out)
{
    size_t count = 0;
    int64_t last_us = from_us;
    for (int64_t i = 0; i < out->connections; i++) {
        count += callers[i].took_count;
        out->requests += callers[i].requests;
        out->failed += callers[i].failed;
        last_us = callers[i].ended_us > last_us ? callers[i].ended_us : last_us;
    }
    int64_t *all = arena_array(at->arena, int64_t, count);
    count = 0;
    for (int64_t i = 0; i < out->connections; i++)
        for (size_t k = 0; k < callers[i].took_count; k++)
            all[count++] = callers[i].took_us[k];
    qsort(all, count, sizeof *all, by_size);
    out->p50_us = percentile(all, count, 50);
    out->p95_us = percentile(all, count, 95);
    out->p99_us = percentile(all, count, 99);
    if (last_us > from_us)
        out->per_1000_s = (int64_t)count * 1000000000 / (last_us - from_us);
}

/* A server that is right while it is checked and answers anything once it is timed. */
static void other_tell(struct serving *at, const struct caller *callers,
                       const struct job_serve_load *load)
{
    int64_t other = 0;
    for (int64_t i = 0; i < load->connections; i++)
        other += callers[i].other;
    if (other)
        serving_wrong(at, "%lld of %lld answers while times were taken were not the predictions",
                      (long long)other, (long long)load->requests);
}

static void load_run(struct serving *at, const struct load_question *questions, size_t count,
                     struct job_serve_load *out)
{
    const struct job_serve_answers *checked = &at->out->types[at->usable];
    struct caller *callers = arena_array(at->arena, struct caller, (size_t)out->connections);
    pthread_t threads[16];
    int64_t from_us = clock_mono_us();
    int64_t most = at->plan->load_requests / out->connections;
    int64_t until_us = from_us + serving_left_ms(at, at->plan->load_ms) * 1000;
    bool started[16] = { false };
    for (int64_t i = 0; i < out->connections; i++) {
        callers[i] = (struct caller){ .at = at,
                                      .line = at->line,
                                      .beside = beside_own(at),
                                      .strict = checked->equal == checked->rows,
                                      .questions = questions,
                                      .question_count = count,
                                      .first = (size_t)(i * most),
                                      .most = most,
                                      .until_us = until_us,
                                      .took_us = arena_array(at->arena, int64_t, (size_t)most) };
        started[i] = pthread_create(&threads[i], NULL, caller_thread, &callers[i]) == 0;
    }
    for (int64_t i = 0; i < out->connections; i++) {
        if (started[i])
            pthread_join(threads[i], NULL);
        at->line.gone |= callers[i].line.gone;
    }
    load_take(at, callers, from_us, out);
    other_tell(at, callers, out);
    serving_tell(at,
                 "%lld connection%s: %lld requests of one row, %lld failed, %.2f ms at p50, %.2f "
                 "at p95, %.2f at p99, %.0f a second",
                 (long long)out->connections, PLURAL(out->connections), (long long)out->requests,
                 (long long)out->failed, (double)out->p50_us / 1e3, (double)out->p95_us / 1e3,
                 (double)out->p99_us / 1e3, (double)out->per_1000_s / 1e3);
    if (out->p50_us >= NAGLE_LOW_US && out->p50_us <= NAGLE_HIGH_US)
        serving_tell(at, "40 ms is what waiting for an acknowledgement takes: write head and body "
                         "of an answer at once, or set TCP_NODELAY");
}

void serving_load(struct serving *at)
{
    const struct job_serve *plan = at->plan;
    struct load_question questions[BODIES];
    size_t count = 0, from = 0, end;
    struct fault why;
    if (at->usable < 0)
        return;
    /* a server of one worker would wait for the next request on the connection that is open */
    http_close(at->http);
    at->http = http_open(&(struct http_options){ .dial = serve_dial, .arg = &at->line }, &why);
    for (; count < BODIES && (end = serve_batch_end(&at->rows, from, 1)) > from; from = end) {
        enum job_serve_type type = (enum job_serve_type)at->usable;
        questions[count++] = (struct load_question){
            .ask = { .type = type,
                     .body = serve_body(at->arena, &at->rows, type, from, end),
                     .rows = end - from },
            .from_end = { from, end },
        };
    }
    for (size_t i = 0; i < plan->load_count; i++) {
        struct job_serve_load *load = &at->out->loads[at->out->load_count];
        if (at->line.gone || !serving_left_ms(at, 1000))
            return;
        at->out->load_count++;
        *load = (struct job_serve_load){ .connections = plan->loads[i] };
        load_run(at, questions, count, load);
    }
}
