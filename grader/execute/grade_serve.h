/* The driver of a team's server, in its parts: grade_serve.c puts them together. */
#pragma once

#include "grader/execute/grade_parts.h"
#include "grader/execute/serve_answer.h"
#include "grader/outbound/http.h"

/* The way to the server, for http_options.dial. One thread at a time. */
struct serve_line {
    struct box *box;
    uint16_t port;
    int patience_ms; /* how long nobody may listen before that is an answer */
    bool gone;       /* the box is */
};
int serve_dial(void *line);

struct serving {
    const struct job_serve *plan;
    struct job_serve_result *out;
    struct arena *arena;
    struct serve_rows rows;
    struct serve_beside beside; /* value_count 0: there is nothing to compare with … */
    const char *incomparable;   /* … for this reason */
    struct serve_line line;
    struct http *http;
    int log; /* of the step: what was done and seen is told there too */
    int lines_told;
    int64_t log_bytes;   /* of these lines */
    int64_t end_us;      /* when asking has to be over, by clock_mono_us */
    const char *problem; /* the first one, in words; NULL */
    int usable;          /* a content type that was answered as wanted, -1: none */
    int without_answer;  /* requests in a row */
};

/* A line in the step's log: what is foreign in it becomes plain. The first sixty are written. */
void serving_tell(struct serving *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A problem: told, and the first one kept. */
void serving_wrong(struct serving *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Milliseconds until asking has to be over, at most `most`; 0: it is over. */
int64_t serving_left_ms(const struct serving *at, int64_t most);

/* One POST /invocations; bounded by the plan's answer_ms. */
struct serving_question {
    enum job_serve_type type;
    struct str body;
    size_t rows; /* that it asks about */
};
bool serving_post(struct serving *at, struct http *http, struct arena *arena,
                  const struct serving_question *question, struct http_answer *answer,
                  struct fault *why);

/* ---- in order ---- */

/* GET /ping until it answers 200. */
bool serving_ping(struct serving *at);
/* grade_serve_check.c: all content types and batch sizes, beside predictions.csv. */
void serving_check(struct serving *at);
/* grade_serve_load.c: times at each number of connections. */
void serving_load(struct serving *at);
/* grade_serve_malformed.c: what no client should send. */
void serving_malformed(struct serving *at);

/* ---- for grade_box.c ---- */

/* Rows and predictions of the plan, before the box starts. False: ours. */
bool grade_serve_open(const struct grade *grade, size_t step_at, struct serving *out,
                      struct fault *why);
/* As box_run, with the server asked meanwhile and ended with SIGTERM. */
void grade_serve_run(struct serving *at, struct box_launcher *launcher, const struct box_job *job,
                     struct box_report *report);
/* What the box's verdict means for a server that was asked to end; into `result`. */
void grade_serve_take(const struct serving *at, struct job_step_result *result);
