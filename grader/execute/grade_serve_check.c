/* A team's server asked in every content type and batch size, beside its predictions.csv. */
#include "core/base/clock.h"
#include "grader/execute/grade_serve.h"

#define TOLD_MOST 3 /* problems of one content type */
#define SILENT_MOST 3

static void answer_take(struct serving *at, const struct serving_question *question,
                        const size_t from_end[2], const struct http_answer *http)
{
    struct job_serve_answers *out = &at->out->types[question->type];
    const char *type = job_serve_types[question->type];
    struct serve_answer answer;
    struct serve_compared compared;
    struct fault why = { 0 };
    if (at->incomparable ||
        !serve_answer_parse(at->arena, http->body, question->type, &at->beside, &answer, &why) ||
        !serve_compare(at->arena, &at->beside, &at->rows, from_end, &answer, &compared, &why)) {
        if (out->unread++ < TOLD_MOST)
            serving_wrong(at, "%s: the answer could not be compared: %s", type,
                          at->incomparable ? at->incomparable : why.text);
        return;
    }
    if (compared.first && out->rows - out->equal < TOLD_MOST)
        serving_wrong(at, "%s, %zu row%s: %s", type, question->rows, PLURAL(question->rows),
                      compared.first);
    out->rows += compared.rows;
    out->equal += compared.equal;
    if (at->usable < 0)
        at->usable = (int)question->type;
}

/* False: asking on makes no sense. */
static bool ask(struct serving *at, enum job_serve_type type, const size_t from_end[2])
{
    struct job_serve_answers *out = &at->out->types[type];
    struct arena_mark mark = arena_mark(at->arena);
    const char *had = at->problem;
    struct http_answer answer;
    struct fault why = { 0 };
    const struct serving_question question = {
        .type = type,
        .body = serve_body(at->arena, &at->rows, type, from_end[0], from_end[1]),
        .rows = from_end[1] - from_end[0],
    };
    out->requests++;
    bool answered = serving_post(at, at->http, at->arena, &question, &answer, &why);
    at->without_answer = answered ? 0 : at->without_answer + 1;
    if (answered && answer.status == 415)
        out->refused++;
    else if (answered && answer.status == 200)
        answer_take(at, &question, from_end, &answer);
    else if (out->failed++ < TOLD_MOST)
        serving_wrong(at, "%s, %zu row%s: %s", job_serve_types[type], question.rows,
                      PLURAL(question.rows),
                      answered ? arena_print(at->arena, "status %d", answer.status) : why.text);
    if (had == at->problem) /* a first problem stays */
        arena_rewind(at->arena, mark);
    return !at->line.gone && at->without_answer < SILENT_MOST;
}

static void tell(struct serving *at)
{
    for (size_t i = 0; i < SERVE_TYPES; i++) {
        const struct job_serve_answers *one = &at->out->types[i];
        if (one->refused)
            serving_tell(at, "POST /invocations, %s: not offered (415)", job_serve_types[i]);
        else if (one->requests)
            serving_tell(at,
                         "POST /invocations, %s: %lld requests, %lld failed, %lld not understood, "
                         "%lld of %lld rows as in predictions.csv",
                         job_serve_types[i], (long long)one->requests, (long long)one->failed,
                         (long long)one->unread, (long long)one->equal, (long long)one->rows);
    }
}

void serving_check(struct serving *at)
{
    const struct job_serve *plan = at->plan;
    size_t from[JOB_BATCHES_MOST] = { 0 };
    int64_t until_us = clock_mono_us() + plan->check_ms * 1000;
    bool goes_on = true;
    for (int64_t i = 0; goes_on && i < plan->requests; i++)
        for (size_t b = 0; goes_on && b < plan->batch_count; b++) {
            const size_t from_end[2] = { from[b], serve_batch_end(&at->rows, from[b],
                                                                  (size_t)plan->batches[b]) };
            for (int type = 0; goes_on && type < SERVE_TYPES; type++) {
                goes_on = clock_mono_us() < until_us && serving_left_ms(at, 1000) > 0;
                if (goes_on && from_end[1] > from_end[0] && !at->out->types[type].refused)
                    goes_on = ask(at, (enum job_serve_type)type, from_end);
            }
            from[b] = from_end[1];
        }
    tell(at);
}
