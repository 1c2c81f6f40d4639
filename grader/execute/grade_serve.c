/* A team's server in its box: started, asked, ended. */
#include "grader/execute/grade_serve.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/execute/rundir.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define TOLD_MOST 60
#define PATIENCE_MS 500
#define PING_MS 2000 /* for one answer */
#define NAP_MOST_MS 50
#define STOP_NAP_MOST_MS 16
#define CLOSING_MS 1000 /* kept beside stop_ms from the box's wall time */

static void nap(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

int serve_dial(void *at)
{
    struct serve_line *line = at;
    int64_t until_us = clock_mono_us() + line->patience_ms * 1000LL;
    for (;;) {
        int fd = box_connect(line->box, line->port);
        if (fd >= 0)
            return fd;
        line->gone = errno != ECONNREFUSED && errno != ETIMEDOUT;
        if (line->gone || clock_mono_us() >= until_us)
            return -1;
        nap(5);
    }
}

/* ---- telling ---- */

static void plain(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
}

static void line_write(struct serving *at, const char *text)
{
    char line[400];
    struct fault ignored;
    if (at->lines_told++ >= TOLD_MOST)
        return;
    int len = snprintf(line, sizeof line, "holdout: %.380s\n", text);
    if (fd_write(at->log, (struct str){ line, (size_t)len }, &ignored))
        at->log_bytes += len;
}

void serving_tell(struct serving *at, const char *format, ...)
{
    char text[380];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    plain(text);
    line_write(at, text);
}

void serving_wrong(struct serving *at, const char *format, ...)
{
    char text[JOB_MESSAGE_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    plain(text);
    if (!at->problem)
        at->problem = arena_print(at->arena, "%s", text);
    line_write(at, text);
}

int64_t serving_left_ms(const struct serving *at, int64_t most)
{
    int64_t left = (at->end_us - clock_mono_us()) / 1000;
    return left <= 0 ? 0 : left < most ? left : most;
}

/* ---- asking ---- */

bool serving_post(struct serving *at, struct http *http, struct arena *arena,
                  const struct serving_question *question, struct http_answer *answer,
                  struct fault *why)
{
    const char *type = job_serve_types[question->type];
    const char *headers[] = { arena_print(arena, "Content-Type: %s", type),
                              arena_print(arena, "Accept: %s", type), NULL };
    int64_t most = serving_left_ms(at, at->plan->answer_ms);
    const struct http_call call = { .method = "POST",
                                    .url = arena_print(arena, "http://127.0.0.1:%d/invocations",
                                                       (int)at->plan->port),
                                    .headers = headers,
                                    .body = question->body,
                                    .connect_ms = most + 1,
                                    .whole_ms = most + 1,
                                    .answer_most = (256u << 10) + question->rows * (16u << 10) };
    return http_send(http, arena, &call, answer, why);
}

bool serving_ping(struct serving *at)
{
    const struct job_serve *plan = at->plan;
    int64_t from_us = clock_mono_us(), until_us = from_us + plan->ready_ms * 1000;
    int status = 0, pause_ms = 1;
    at->line.patience_ms = 0;
    while (!at->line.gone && clock_mono_us() < until_us) {
        struct arena_mark mark = arena_mark(at->arena);
        struct http_answer answer;
        struct fault why;
        int64_t left_ms = (until_us - clock_mono_us()) / 1000 + 1;
        const struct http_call call = { .method = "GET",
                                        .url = arena_print(at->arena, "http://127.0.0.1:%d/ping",
                                                           (int)plan->port),
                                        .connect_ms = PING_MS,
                                        .whole_ms = left_ms < PING_MS ? left_ms : PING_MS,
                                        .answer_most = 64 << 10 };
        if (http_send(at->http, at->arena, &call, &answer, &why))
            status = answer.status;
        arena_rewind(at->arena, mark);
        if (status == 200) {
            at->out->ready_us = clock_mono_us() - from_us;
            at->line.patience_ms = PATIENCE_MS;
            return at->out->ready = true;
        }
        nap(pause_ms);
        pause_ms = pause_ms * 2 < NAP_MOST_MS ? pause_ms * 2 : NAP_MOST_MS;
    }
    if (at->line.gone)
        serving_wrong(at, "the program ended before GET /ping had been answered with 200");
    else if (status)
        serving_wrong(at, "GET /ping was answered with %d, not with 200, for %lld s", status,
                      (long long)plan->ready_ms / 1000);
    else
        serving_wrong(at, "GET /ping on port %d was not answered within %lld s", (int)plan->port,
                      (long long)plan->ready_ms / 1000);
    return false;
}

static void ask_all(struct serving *at)
{
    if (!serving_ping(at))
        return;
    serving_tell(at, "GET /ping: 200 after %.1f ms", (double)at->out->ready_us / 1e3);
    serving_check(at);
    serving_load(at);
    if (at->plan->malformed)
        serving_malformed(at);
}

/* ---- ending ---- */

/* Is the box gone within that time? Nobody else may look while box_finish waits for it. */
static bool ends_within(struct serving *at, int64_t ms)
{
    int64_t until_us = clock_mono_us() + ms * 1000;
    int pause_ms = 1;
    do {
        nap(pause_ms);
        pause_ms = pause_ms < STOP_NAP_MOST_MS ? pause_ms * 2 : pause_ms;
        scoped(fd) int fd = box_connect(at->line.box, at->line.port);
        if (fd < 0 && errno != ECONNREFUSED && errno != ETIMEDOUT)
            return true;
    } while (clock_mono_us() < until_us);
    return false;
}

static void stop(struct serving *at, struct box_report *report)
{
    struct job_serve_result *out = at->out;
    int64_t from_us = clock_mono_us();
    out->asked_to_stop = !at->line.gone && box_signal(at->line.box, SIGTERM);
    out->stopped = out->asked_to_stop && ends_within(at, out->ready ? at->plan->stop_ms : 0);
    out->stop_us = out->stopped ? clock_mono_us() - from_us : -1;
    if (!out->stopped)
        box_signal(at->line.box, SIGKILL);
    if (out->ready && out->asked_to_stop && !out->stopped)
        serving_wrong(at, "SIGTERM did not end the program within %lld s",
                      (long long)at->plan->stop_ms / 1000);
    box_finish(at->line.box, report);
}

/* ---- together ---- */

static bool rows_open(const struct grade *grade, struct serving *out, struct fault *why)
{
    struct str csv;
    const char *path = arena_print(out->arena, "inputs/%s", out->plan->rows);
    scoped(fd) int fd = rundir_open(grade->rundir, path, NULL, why);
    return fd >= 0 && fd_load(out->arena, fd, JOB_SERVE_BYTES_MOST, &csv, why) &&
           serve_rows_parse(out->arena, csv, out->plan, &out->rows, why);
}

/* NULL: there is none. */
static const char *beside_path(const struct grade *grade, const struct serving *out)
{
    size_t at;
    if (out->plan->predictions)
        return arena_print(out->arena, "inputs/%s", out->plan->predictions);
    if (!job_step_find(&grade->job, out->plan->beside, &at))
        return NULL;
    const struct job_step_result *from = &grade->result.steps[at];
    for (size_t i = 0; i < from->artifact_count; i++)
        if (strcmp(from->artifacts[i].path, JOB_PREDICTIONS) == 0)
            return arena_print(out->arena, "artifacts/%s", from->artifacts[i].sha256);
    return NULL;
}

/* The team's own file: what is wrong with it is its matter, and evaluate's to say. */
static void beside_open(const struct grade *grade, struct serving *out)
{
    struct str csv;
    struct fault why = { 0 };
    const char *path = beside_path(grade, out);
    scoped(fd) int fd = path ? rundir_open(grade->rundir, path, NULL, &why) : -1;
    if (fd >= 0 && fd_load(out->arena, fd, JOB_SERVE_BYTES_MOST, &csv, &why) &&
        serve_beside_parse(out->arena, csv, out->plan, &out->beside, &why))
        return;
    out->beside.value_count = 0;
    out->incomparable = path ? arena_print(out->arena, "%s", why.text)
                             : "predicting left no predictions.csv to compare with";
}

bool grade_serve_open(const struct grade *grade, size_t step_at, struct serving *out,
                      struct fault *why)
{
    const struct job_step *step = &grade->job.steps[step_at];
    *out = (struct serving){ .plan = &step->serve,
                             .out = &((struct grade *)grade)->result.steps[step_at].serve,
                             .arena = grade->arena,
                             .log = -1,
                             .usable = -1 };
    *out->out = (struct job_serve_result){ .there = true, .ready_us = -1, .stop_us = -1 };
    for (size_t i = 0; i < SERVE_MALFORMED; i++)
        out->out->status[i] = out->out->survived[i] = -1;
    if (!rows_open(grade, out, why))
        return false;
    beside_open(grade, out);
    return true;
}

void grade_serve_run(struct serving *at, struct box_launcher *launcher, const struct box_job *job,
                     struct box_report *report)
{
    struct fault why = { 0 };
    int64_t closing_ms = at->plan->stop_ms + CLOSING_MS;
    at->line = (struct serve_line){ .port = (uint16_t)at->plan->port };
    at->end_us = clock_mono_us() + (job->limits.wall_ms - closing_ms) * 1000;
    at->http = http_open(&(struct http_options){ .dial = serve_dial, .arg = &at->line }, &why);
    at->line.box = box_start(launcher, job);
    if (at->http)
        ask_all(at);
    else
        serving_wrong(at, "%s", why.text);
    http_close(at->http);
    stop(at, report);
}

void grade_serve_take(const struct serving *at, struct job_step_result *result)
{
    const struct job_serve_result *out = at->out;
    bool ended = strcmp(result->verdict, "ok") == 0 || strcmp(result->verdict, "exit") == 0 ||
                 strcmp(result->verdict, "signal") == 0;
    result->report.output_bytes += at->log_bytes;
    bool other = result->signal && result->signal != SIGTERM && result->signal != SIGKILL;
    if (ended && out->asked_to_stop && !other) /* by us */
        result->verdict = out->ready ? "ok" : "wall";
    else if (strcmp(result->verdict, "ok") == 0) /* a server does not end by itself */
        result->verdict = "exit";
    if (at->problem)
        result->message = at->problem;
}
