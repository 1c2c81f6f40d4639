/* The serve step in job.json and result.json. */
#include "grader/execute/job_serve.h"
#include "grader/execute/form.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define HOUR_MS (3600 * 1000LL)
#define MOST_US (86400LL * 1000000)
#define MOST (1LL << 40)
#define KEY_MOST 23
#define COLUMN_MOST 4096

const char *const job_serve_types[SERVE_TYPES] = { "text/csv", "application/json",
                                                   "application/jsonlines" };
const char *const job_serve_malformed_words[SERVE_MALFORMED] = { "broken CSV",     "wrong columns",
                                                                 "an empty body",  "broken JSON",
                                                                 "unknown type",   "wrong method",
                                                                 "half a request", "a huge body" };

/* ---- the plan ---- */

#define PLAN(name) offsetof(struct job_serve, name)
static const struct form_field plan_numbers[] = {
    { "port", FORM_INT, PLAN(port), 1, 65535, false },
    { "ready_ms", FORM_INT, PLAN(ready_ms), 1, 24 * HOUR_MS, false },
    { "answer_ms", FORM_INT, PLAN(answer_ms), 1, HOUR_MS, false },
    { "check_ms", FORM_INT, PLAN(check_ms), 1, 24 * HOUR_MS, false },
    { "load_ms", FORM_INT, PLAN(load_ms), 1, HOUR_MS, false },
    { "stop_ms", FORM_INT, PLAN(stop_ms), 1, HOUR_MS, false },
    { "requests", FORM_INT, PLAN(requests), 1, 10000, false },
    { "load_requests", FORM_INT, PLAN(load_requests), 1, 100000, false },
};

static void print_numbers(struct json_out *out, const char *key, const int64_t *at, size_t count)
{
    json_open_list(out, key);
    for (size_t i = 0; i < count; i++)
        json_add_int(out, NULL, at[i]);
    json_close_list(out);
}

static void print_fields(struct json_out *out, const struct form_field *fields, size_t count,
                         const void *from)
{
    for (size_t i = 0; i < count; i++)
        json_add_int(out, fields[i].key, *(const int64_t *)((const char *)from + fields[i].offset));
}

void job_serve_print(struct json_out *out, const struct job_serve *serve)
{
    json_open_map(out, "serve");
    json_add_zero(out, "rows", serve->rows);
    if (serve->beside)
        json_add_zero(out, "beside", serve->beside);
    if (serve->predictions)
        json_add_zero(out, "predictions", serve->predictions);
    json_add_zero(out, "id", serve->id);
    json_add_zero(out, "item", serve->item);
    print_fields(out, plan_numbers, COUNT(plan_numbers), serve);
    print_numbers(out, "batches", serve->batches, serve->batch_count);
    print_numbers(out, "loads", serve->loads, serve->load_count);
    json_add_bool(out, "malformed", serve->malformed);
    json_close_map(out);
}

static bool read_number(const struct json *value, const char *key, int64_t low, int64_t high,
                        int64_t *out, struct fault *why)
{
    if (value->kind != JSON_INT || value->integer < low || value->integer > high)
        return fault_set(why, BLAME_OPEN, "\"%s\" had a member that was not from %lld to %lld", key,
                         (long long)low, (long long)high);
    *out = value->integer;
    return true;
}

struct plan_form {
    struct job_serve serve;
    const struct json *batches, *loads;
};

static bool read_plan_lists(const struct plan_form *form, struct job_serve *out, struct fault *why)
{
    for (size_t i = 0; i < form->batches->count; i++)
        if (!read_number(&form->batches->members[i], "batches", 1, JOB_SERVE_ROWS_MOST,
                         &out->batches[i], why))
            return false;
    for (size_t i = 0; i < form->loads->count; i++)
        if (!read_number(&form->loads->members[i], "loads", 1, 16, &out->loads[i], why))
            return false;
    out->batch_count = form->batches->count;
    out->load_count = form->loads->count;
    return true;
}

bool job_serve_read(const struct json *map, struct job_serve *out, struct fault *why)
{
    static const struct form_field texts[] = {
        { "rows", FORM_DIGEST, PLAN(rows), 0, 0, false },
        { "beside", FORM_KEY, PLAN(beside), 1, KEY_MOST, true },
        { "predictions", FORM_DIGEST, PLAN(predictions), 0, 0, true },
        { "id", FORM_TEXT, PLAN(id), 1, COLUMN_MOST, false },
        { "item", FORM_TEXT, PLAN(item), 0, COLUMN_MOST, false },
        { "malformed", FORM_BOOL, PLAN(malformed), 0, 0, false },
        { "batches", FORM_LIST, offsetof(struct plan_form, batches), 1, JOB_BATCHES_MOST, false },
        { "loads", FORM_LIST, offsetof(struct plan_form, loads), 0, JOB_LOADS_MOST, false },
    };
    struct form_field fields[COUNT(texts) + COUNT(plan_numbers)];
    struct plan_form form = { .serve = { .port = 0 } };
    memcpy(fields, texts, sizeof texts);
    memcpy(fields + COUNT(texts), plan_numbers, sizeof plan_numbers);
    if (!form_read(map, fields, COUNT(fields), &form, why))
        return fault_within(why, "serve");
    *out = form.serve;
    if (!out->beside == !out->predictions)
        return fault_set(why, BLAME_OPEN, "serve: either beside or predictions was wanted");
    return read_plan_lists(&form, out, why) || fault_within(why, "serve");
}

/* ---- the result ---- */

#define ANSWERS(name) offsetof(struct job_serve_answers, name)
static const struct form_field answers_fields[] = {
    { "requests", FORM_INT, ANSWERS(requests), 0, MOST, false },
    { "refused", FORM_INT, ANSWERS(refused), 0, MOST, false },
    { "failed", FORM_INT, ANSWERS(failed), 0, MOST, false },
    { "unread", FORM_INT, ANSWERS(unread), 0, MOST, false },
    { "rows", FORM_INT, ANSWERS(rows), 0, MOST, false },
    { "equal", FORM_INT, ANSWERS(equal), 0, MOST, false },
};

#define LOAD(name) offsetof(struct job_serve_load, name)
static const struct form_field load_fields[] = {
    { "connections", FORM_INT, LOAD(connections), 1, 16, false },
    { "requests", FORM_INT, LOAD(requests), 0, MOST, false },
    { "failed", FORM_INT, LOAD(failed), 0, MOST, false },
    { "p50_us", FORM_INT, LOAD(p50_us), -1, MOST_US, false },
    { "p95_us", FORM_INT, LOAD(p95_us), -1, MOST_US, false },
    { "p99_us", FORM_INT, LOAD(p99_us), -1, MOST_US, false },
    { "per_1000_s", FORM_INT, LOAD(per_1000_s), 0, MOST, false },
};

void job_serve_result_print(struct json_out *out, const struct job_serve_result *result)
{
    json_open_map(out, "serve");
    json_add_bool(out, "ready", result->ready);
    json_add_int(out, "ready_us", result->ready_us);
    json_open_list(out, "types");
    for (size_t i = 0; i < SERVE_TYPES; i++) {
        json_open_map(out, NULL);
        print_fields(out, answers_fields, COUNT(answers_fields), &result->types[i]);
        json_close_map(out);
    }
    json_close_list(out);
    json_open_list(out, "loads");
    for (size_t i = 0; i < result->load_count; i++) {
        json_open_map(out, NULL);
        print_fields(out, load_fields, COUNT(load_fields), &result->loads[i]);
        json_close_map(out);
    }
    json_close_list(out);
    print_numbers(out, "status", result->status, SERVE_MALFORMED);
    print_numbers(out, "survived", result->survived, SERVE_MALFORMED);
    json_add_bool(out, "asked_to_stop", result->asked_to_stop);
    json_add_bool(out, "stopped", result->stopped);
    json_add_int(out, "stop_us", result->stop_us);
    json_close_map(out);
}

struct result_form {
    struct job_serve_result result;
    const struct json *types, *loads, *status, *survived;
};

static bool read_lists(const struct result_form *form, struct job_serve_result *out,
                       struct fault *why)
{
    for (size_t i = 0; i < SERVE_TYPES; i++) {
        struct job_serve_answers *one = &out->types[i];
        if (!form_read(&form->types->members[i], answers_fields, COUNT(answers_fields), one, why))
            return fault_within(why, "types");
        if (one->equal > one->rows || one->refused + one->failed + one->unread > one->requests)
            return fault_set(why, BLAME_OPEN, "types: a part was more than the whole");
    }
    for (size_t i = 0; i < form->loads->count; i++) {
        struct job_serve_load *one = &out->loads[i];
        if (!form_read(&form->loads->members[i], load_fields, COUNT(load_fields), one, why))
            return fault_within(why, "loads");
        if (one->failed > one->requests)
            return fault_set(why, BLAME_OPEN, "loads: a part was more than the whole");
    }
    out->load_count = form->loads->count;
    for (size_t i = 0; i < SERVE_MALFORMED; i++)
        if (!read_number(&form->status->members[i], "status", -1, 999, &out->status[i], why) ||
            !read_number(&form->survived->members[i], "survived", -1, 1, &out->survived[i], why))
            return false;
    return true;
}

bool job_serve_result_read(const struct json *map, const struct job_serve *plan,
                           struct job_serve_result *out, struct fault *why)
{
#define RESULT(name) offsetof(struct result_form, result.name)
#define LIST(name) offsetof(struct result_form, name)
    const struct form_field fields[] = {
        { "ready", FORM_BOOL, RESULT(ready), 0, 0, false },
        { "ready_us", FORM_INT, RESULT(ready_us), -1, MOST_US, false },
        { "types", FORM_LIST, LIST(types), SERVE_TYPES, SERVE_TYPES, false },
        { "loads", FORM_LIST, LIST(loads), 0, (int64_t)plan->load_count, false },
        { "status", FORM_LIST, LIST(status), SERVE_MALFORMED, SERVE_MALFORMED, false },
        { "survived", FORM_LIST, LIST(survived), SERVE_MALFORMED, SERVE_MALFORMED, false },
        { "asked_to_stop", FORM_BOOL, RESULT(asked_to_stop), 0, 0, false },
        { "stopped", FORM_BOOL, RESULT(stopped), 0, 0, false },
        { "stop_us", FORM_INT, RESULT(stop_us), -1, MOST_US, false },
    };
    struct result_form form = { .result = { .there = true } };
    if (!form_read(map, fields, COUNT(fields), &form, why))
        return fault_within(why, "serve");
    *out = form.result;
    return read_lists(&form, out, why) || fault_within(why, "serve");
}
