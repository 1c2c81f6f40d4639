/*
 * What a serve step adds to job.json and result.json: how the team's server is asked, and what came
 * of it, in numbers alone.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/json.h"

#define JOB_PREDICTIONS "/opt/ml/output/data/predictions.csv" /* what a predicting step leaves */
#define JOB_BATCHES_MOST 4
#define JOB_LOADS_MOST 4
#define JOB_SERVE_ROWS_MOST 20000 /* in the file of rows */
#define JOB_SERVE_BYTES_MOST (64u << 20)

enum job_serve_type { SERVE_CSV, SERVE_JSON, SERVE_JSONLINES, SERVE_TYPES };
/* "text/csv", "application/json", "application/jsonlines" */
extern const char *const job_serve_types[SERVE_TYPES];

enum job_serve_malformed {
    SERVE_BROKEN_CSV,
    SERVE_WRONG_COLUMNS,
    SERVE_EMPTY,
    SERVE_BROKEN_JSON,
    SERVE_UNKNOWN_TYPE,
    SERVE_WRONG_METHOD,
    SERVE_HALF, /* half a request, then closed */
    SERVE_HUGE, /* more than anybody sends */
    SERVE_MALFORMED
};
/* "broken CSV", "wrong columns", … */
extern const char *const job_serve_malformed_words[SERVE_MALFORMED];

struct job_serve {
    int64_t port;     /* 0: the step is none of these */
    const char *rows; /* digest of a CSV with a header: of inputs/, but not in the box */
    /* what the answers are compared with: the predictions.csv of an earlier step, or a file of
     * inputs/, which is not in the box either; the other one is NULL */
    const char *beside, *predictions;
    const char *id, *item;             /* what names a row there; item "": the id alone */
    int64_t ready_ms;                  /* until GET /ping answers 200 */
    int64_t answer_ms;                 /* for one answer */
    int64_t check_ms;                  /* for all requests that are compared */
    int64_t load_ms;                   /* for the requests at one number of connections */
    int64_t stop_ms;                   /* from SIGTERM to SIGKILL */
    int64_t requests;                  /* of each content type and batch size */
    int64_t batches[JOB_BATCHES_MOST]; /* rows of a request */
    size_t batch_count;
    int64_t loads[JOB_LOADS_MOST]; /* connections at a time */
    size_t load_count;
    int64_t load_requests; /* at most, at each */
    bool malformed;        /* send what no client should */
};

/* Requests of one content type. */
struct job_serve_answers {
    int64_t requests;
    int64_t refused; /* with 415: the server does not offer this type */
    int64_t failed;  /* no answer, or another status than 200 and 415 */
    int64_t unread;  /* 200, but not an answer for the rows that were asked about */
    int64_t rows;    /* rows of predictions.csv asked about, and rows that nobody asked for */
    int64_t equal;   /* of these: answered as there */
};
struct job_serve_load {
    int64_t connections, requests, failed;
    int64_t p50_us, p95_us, p99_us; /* of the answers with 200; -1: there were none */
    int64_t per_1000_s;             /* such answers in 1000 seconds */
};
struct job_serve_result {
    bool there;       /* the step was one of these */
    bool ready;       /* GET /ping answered 200 in time */
    int64_t ready_us; /* since the box was asked for; -1 */
    struct job_serve_answers types[SERVE_TYPES];
    struct job_serve_load loads[JOB_LOADS_MOST];
    size_t load_count;
    /* status of the malformed requests: 0 none, -1 not sent; and whether a right one was answered
     * afterwards: 1, 0, -1 not tried */
    int64_t status[SERVE_MALFORMED], survived[SERVE_MALFORMED];
    bool asked_to_stop; /* it was still there to get SIGTERM */
    bool stopped;       /* and ended by that before SIGKILL */
    int64_t stop_us;    /* then: how long that took; else -1 */
};

void job_serve_print(struct json_out *out, const struct job_serve *serve);
bool job_serve_read(const struct json *map, struct job_serve *out, struct fault *why);
void job_serve_result_print(struct json_out *out, const struct job_serve_result *result);
/* Strict; the loads are as many as the plan's at most. */
bool job_serve_result_read(const struct json *map, const struct job_serve *plan,
                           struct job_serve_result *out, struct fault *why);
