/* result.json: written by grade-one, read by the grader as foreign bytes. */
#include "grader/execute/form.h"
#include "grader/execute/job_report.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define MOST_US (30 * 86400LL * 1000000)
#define MOST_BYTES (1LL << 44)

bool job_verdict_check(struct str verdict)
{
    static const char *const verdicts[] = { "ok",   "exit",      "signal",   "cpu",
                                            "wall", "memory",    "output",   "processes",
                                            "disk", "forbidden", "artifact", "internal" };
    for (size_t i = 0; i < COUNT(verdicts); i++)
        if (str_is(verdict, verdicts[i]))
            return true;
    return false;
}

static const struct form_field report_fields[] = {
    { "wall_us", FORM_INT, offsetof(struct job_report, wall_us), -1, MOST_US, false },
    { "cpu_us", FORM_INT, offsetof(struct job_report, cpu_us), -1, 1000 * MOST_US, false },
    { "memory_peak_bytes", FORM_INT, offsetof(struct job_report, memory_peak_bytes), -1, MOST_BYTES,
      false },
    { "setup_us", FORM_INT, offsetof(struct job_report, setup_us), -1, MOST_US, false },
    { "teardown_us", FORM_INT, offsetof(struct job_report, teardown_us), -1, MOST_US, false },
    { "oom_kills", FORM_INT, offsetof(struct job_report, oom_kills), -1, 1 << 30, false },
    { "process_peak", FORM_INT, offsetof(struct job_report, process_peak), -1, 1 << 30, false },
    { "output_bytes", FORM_INT, offsetof(struct job_report, output_bytes), -1, MOST_BYTES, false },
    { "disk_bytes", FORM_INT, offsetof(struct job_report, disk_bytes), -1, MOST_BYTES, false },
};

void job_report_print(struct json_out *out, const struct job_report *report)
{
    json_open_map(out, "report");
    for (size_t i = 0; i < COUNT(report_fields); i++) {
        const char *at = (const char *)report + report_fields[i].offset;
        json_add_int(out, report_fields[i].key, *(const int64_t *)at);
    }
    json_close_map(out);
}

bool job_report_read(const struct json *map, struct job_report *out, struct fault *why)
{
    return form_read(map, report_fields, COUNT(report_fields), out, why);
}

static void print_artifact(struct json_out *out, const struct job_artifact *artifact)
{
    json_open_map(out, NULL);
    json_add_zero(out, "path", artifact->path);
    json_add_zero(out, "sha256", artifact->sha256);
    json_add_int(out, "bytes", artifact->bytes);
    json_add_zero(out, "mode", artifact->mode == 0755 ? "0755" : "0644");
    json_close_map(out);
}

static void print_step(struct json_out *out, const struct job_step_result *step)
{
    json_open_map(out, NULL);
    json_add_zero(out, "key", step->key);
    json_add_zero(out, "verdict", step->verdict);
    json_add_int(out, "exit_code", step->exit_code);
    json_add_int(out, "signal", step->signal);
    json_add_zero(out, "message", step->message);
    job_report_print(out, &step->report);
    json_open_list(out, "artifacts");
    for (size_t i = 0; i < step->artifact_count; i++)
        print_artifact(out, &step->artifacts[i]);
    json_close_list(out);
    json_open_map(out, "log");
    json_add_zero(out, "sha256", step->log.sha256);
    json_add_int(out, "bytes", step->log.bytes);
    json_add_bool(out, "truncated", step->log.truncated);
    json_close_map(out);
    if (step->serve.there)
        job_serve_result_print(out, &step->serve);
    json_close_map(out);
}

struct str job_result_print(struct arena *arena, const struct job_result *result)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", JOB_SCHEMA);
    json_add_zero(&out, "run", result->run);
    json_add_int(&out, "attempt", result->attempt);
    json_add_zero(&out, "fence", result->fence);
    json_add_raw(&out, "layers", str_of(result->layers));
    json_add_raw(&out, "host", str_of(result->host));
    json_open_list(&out, "steps");
    for (size_t i = 0; i < result->step_count; i++)
        print_step(&out, &result->steps[i]);
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

/* ---- reading ---- */

static bool is_kept(const struct job_step *step, const char *path)
{
    for (size_t i = 0; i < step->keep_count; i++)
        if (job_path_beneath(path, step->keep[i]))
            return true;
    return false;
}

static bool read_artifact(const struct json *map, const struct job_step *step,
                          struct job_artifact *out, struct fault *why)
{
    static const struct form_field fields[] = {
        { "path", FORM_TEXT, offsetof(struct job_artifact, path), 1, JOB_PATH_MOST, false },
        { "sha256", FORM_SHA256, offsetof(struct job_artifact, sha256), 0, 0, false },
        { "bytes", FORM_INT, offsetof(struct job_artifact, bytes), 0, MOST_BYTES, false },
        { "mode", FORM_MODE, offsetof(struct job_artifact, mode), 0, 0, false },
    };
    if (!form_read(map, fields, COUNT(fields), out, why))
        return false;
    return (job_path_check(str_of(out->path)) && is_kept(step, out->path)) ||
           fault_set(why, BLAME_OPEN, "the path was not beneath one that the step keeps");
}

struct step_form {
    struct job_step_result step;
    const struct json *report, *artifacts, *log, *serve;
};

static bool read_log(const struct json *map, struct job_log *out, struct fault *why)
{
    static const struct form_field fields[] = {
        { "sha256", FORM_SHA256, offsetof(struct job_log, sha256), 0, 0, false },
        { "bytes", FORM_INT, offsetof(struct job_log, bytes), 0, MOST_BYTES, false },
        { "truncated", FORM_BOOL, offsetof(struct job_log, truncated), 0, 0, false },
    };
    return form_read(map, fields, COUNT(fields), out, why) || fault_within(why, "log");
}

static bool read_artifacts(struct arena *arena, const struct json *list,
                           const struct job_step *step, struct job_step_result *out,
                           struct fault *why)
{
    out->artifact_count = list->count;
    out->artifacts = arena_array(arena, struct job_artifact, list->count);
    for (size_t i = 0; i < list->count; i++)
        if (!read_artifact(&list->members[i], step, &out->artifacts[i], why))
            return fault_within(why, "artifact %zu", i + 1);
    return true;
}

static bool read_step(struct arena *arena, const struct json *map, const struct job_step *step,
                      struct job_step_result *out, struct fault *why)
{
    static const struct form_field fields[] = {
        { "key", FORM_KEY, offsetof(struct step_form, step.key), 1, JOB_KEY_MOST - 1, false },
        { "verdict", FORM_KEY, offsetof(struct step_form, step.verdict), 1, 16, false },
        { "exit_code", FORM_INT, offsetof(struct step_form, step.exit_code), -1, 255, false },
        { "signal", FORM_INT, offsetof(struct step_form, step.signal), 0, 64, false },
        { "message", FORM_TEXT, offsetof(struct step_form, step.message), 0, JOB_MESSAGE_MOST,
          false },
        { "report", FORM_MAP, offsetof(struct step_form, report), 0, 20, false },
        { "artifacts", FORM_LIST, offsetof(struct step_form, artifacts), 0, JOB_ARTIFACTS_MOST,
          false },
        { "log", FORM_MAP, offsetof(struct step_form, log), 0, 3, false },
        { "serve", FORM_MAP, offsetof(struct step_form, serve), 0, 20, true },
    };
    struct step_form form = { .step = { .key = NULL } };
    if (!form_read(map, fields, COUNT(fields), &form, why))
        return false;
    if (strcmp(form.step.key, step->key) != 0)
        return fault_set(why, BLAME_OPEN, "the key was not \"%s\"", step->key);
    if (!job_verdict_check(str_of(form.step.verdict)))
        return fault_set(why, BLAME_OPEN, "unknown verdict \"%s\"", form.step.verdict);
    if (!form.serve != !step->serve.port)
        return fault_set(why, BLAME_OPEN, "\"serve\" was not with the step that it is of");
    *out = form.step;
    return job_report_read(form.report, &out->report, why) && read_log(form.log, &out->log, why) &&
           (!form.serve || job_serve_result_read(form.serve, &step->serve, &out->serve, why)) &&
           read_artifacts(arena, form.artifacts, step, out, why);
}

/* Names become what we write ourselves: nothing of the foreign text but plain words remains. */
static bool read_layers(struct arena *arena, const struct json *list, const char **out,
                        struct fault *why)
{
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    json_open_list(&json, NULL);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = form_text(&list->members[i], "layers", 64, why);
        if (!name)
            return false;
        json_add_zero(&json, NULL, name);
    }
    json_close_list(&json);
    *out = text_str(&text).at;
    return true;
}

static bool read_host(struct arena *arena, const struct json *map, const char **out,
                      struct fault *why)
{
    static const struct form_field fields[] = {
        { "host", FORM_DIGEST, 0, 0, 0, false },
        { "kernel", FORM_TEXT, sizeof(char *), 0, 128, false },
        { "cpu", FORM_TEXT, 2 * sizeof(char *), 0, 128, false },
        { "blas", FORM_TEXT, 3 * sizeof(char *), 0, 64, false },
    };
    const char *values[COUNT(fields)] = { 0 };
    if (!form_read(map, fields, COUNT(fields), values, why))
        return fault_within(why, "host");
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    json_open_map(&json, NULL);
    for (size_t i = 0; i < COUNT(fields); i++)
        json_add_zero(&json, fields[i].key, values[i]);
    json_close_map(&json);
    *out = text_str(&text).at;
    return true;
}

struct result_form {
    struct job_result result;
    int64_t schema;
    const struct json *layers, *host, *steps;
};

static const struct form_field result_fields[] = {
    { "schema", FORM_INT, offsetof(struct result_form, schema), JOB_SCHEMA, JOB_SCHEMA, false },
    { "run", FORM_TEXT, offsetof(struct result_form, result.run), 1, 64, false },
    { "attempt", FORM_INT, offsetof(struct result_form, result.attempt), 0, 1000000, false },
    { "fence", FORM_TEXT, offsetof(struct result_form, result.fence), 1, 128, false },
    { "layers", FORM_LIST, offsetof(struct result_form, layers), 0, 32, false },
    { "host", FORM_MAP, offsetof(struct result_form, host), 0, 8, false },
    { "steps", FORM_LIST, offsetof(struct result_form, steps), 1, JOB_STEPS_MOST, false },
};

static bool same_attempt(const struct job_result *result, const struct job *job, struct fault *why)
{
    if (strcmp(result->fence, job->fence) != 0)
        return fault_set(why, BLAME_OPEN, "result.json: the fence was another attempt's");
    if (strcmp(result->run, job->run) != 0 || result->attempt != job->attempt)
        return fault_set(why, BLAME_OPEN, "result.json: it was of another run or attempt");
    return true;
}

bool job_result_parse(struct arena *arena, struct str bytes, const struct job *job,
                      struct job_result *out, struct fault *why)
{
    struct result_form *form = arena_new(arena, struct result_form);
    const struct json *root;
    if (bytes.len > JOB_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "result.json was over %u bytes", JOB_BYTES_MOST);
    if (!json_parse(arena, bytes, &root, why) ||
        !form_read(root, result_fields, COUNT(result_fields), form, why))
        return fault_within(why, "result.json");
    *out = form->result;
    if (!same_attempt(out, job, why))
        return false;
    if (form->steps->count > job->step_count)
        return fault_set(why, BLAME_OPEN, "result.json: more steps than the job has");
    if (!read_layers(arena, form->layers, &out->layers, why) ||
        !read_host(arena, form->host, &out->host, why))
        return fault_within(why, "result.json");
    for (size_t i = 0; i < form->steps->count; i++)
        if (!read_step(arena, &form->steps->members[i], &job->steps[i], &out->steps[i], why))
            return fault_within(why, "result.json: step %zu", i + 1);
    out->step_count = form->steps->count;
    return true;
}
