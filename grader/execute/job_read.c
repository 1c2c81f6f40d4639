/* job.json read back, strictly. */
#include "grader/execute/form.h"
#include "grader/execute/job.h"

#define DAY_MS (86400 * 1000LL)
#define TERABYTE (1LL << 40)
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct form_field limit_fields[] = {
    { "wall_ms", FORM_INT, offsetof(struct job_limits, wall_ms), 1, 7 * DAY_MS, false },
    { "cpu_ms", FORM_INT, offsetof(struct job_limits, cpu_ms), 1, 1000 * DAY_MS, false },
    { "memory_bytes", FORM_INT, offsetof(struct job_limits, memory_bytes), 8 << 20, TERABYTE,
      false },
    { "processes", FORM_INT, offsetof(struct job_limits, processes), 1, 100000, false },
    { "disk_bytes", FORM_INT, offsetof(struct job_limits, disk_bytes), 1 << 16, TERABYTE, false },
    { "output_bytes", FORM_INT, offsetof(struct job_limits, output_bytes), 0, 1 << 30, false },
    { "inodes", FORM_INT, offsetof(struct job_limits, inodes), 1, 10000000, false },
};

static bool read_path(const char *path, const char *name, struct fault *why)
{
    return job_path_check(str_of(path)) ||
           fault_set(why, BLAME_OPEN, "\"%s\" was not a plain absolute path", name);
}

struct texts {
    const char **at;
    size_t most, *count;
    bool paths;
};

static bool read_texts(const struct json *list, const char *name, const struct texts *to,
                       struct fault *why)
{
    if (list->count > to->most)
        return fault_set(why, BLAME_OPEN, "\"%s\" had more than %zu members", name, to->most);
    for (size_t i = 0; i < list->count; i++) {
        to->at[i] = form_text(&list->members[i], name, JOB_TEXT_MOST, why);
        if (!to->at[i] || (to->paths && !read_path(to->at[i], name, why)))
            return false;
    }
    *to->count = list->count;
    return true;
}

static bool read_from(const struct job *job, const struct job_step *step,
                      const struct job_input *input, struct fault *why)
{
    size_t at;
    if (!job_step_find(job, input->from, &at) || &job->steps[at] == step)
        return fault_set(why, BLAME_OPEN, "input from \"%s\", which is no earlier step",
                         input->from);
    return true;
}

static bool read_inputs(const struct job *job, struct job_step *step, const struct json *list,
                        struct fault *why)
{
    static const struct form_field fields[] = {
        { "sha256", FORM_DIGEST, offsetof(struct job_input, sha256), 0, 0, true },
        { "from", FORM_KEY, offsetof(struct job_input, from), 1, JOB_KEY_MOST - 1, true },
        { "at", FORM_TEXT, offsetof(struct job_input, at), 1, JOB_PATH_MOST, true },
        { "mode", FORM_MODE, offsetof(struct job_input, mode), 0, 0, true },
    };
    for (size_t i = 0; i < list->count; i++) {
        struct job_input input = { .mode = 0644 };
        if (!form_read(&list->members[i], fields, COUNT(fields), &input, why))
            return fault_within(why, "input %zu", i + 1);
        if (!input.sha256 == !input.from || (input.sha256 && !input.at))
            return fault_set(why, BLAME_OPEN, "input %zu: sha256 and at, or from, were wanted",
                             i + 1);
        if ((input.at && !read_path(input.at, "at", why)) ||
            (input.from && !read_from(job, step, &input, why)))
            return fault_within(why, "input %zu", i + 1);
        if (!job_input_add(step, &input))
            return fault_set(why, BLAME_OPEN, "more than %d inputs", JOB_INPUTS_MOST);
    }
    return true;
}

static bool is_kind(const char *kind)
{
    static const char *const kinds[] = { "build",   "train",        "sample",
                                         "predict", "serve-sample", "serve" };
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static bool read_env(const struct job_step *step, struct fault *why)
{
    for (size_t i = 0; i < step->env_count; i++)
        if (!strchr(step->env[i], '=') || step->env[i][0] == '=')
            return fault_set(why, BLAME_OPEN, "\"env\" had a member that is not NAME=value");
    return true;
}

struct step_lists {
    struct job_step *step;
    const struct json *limits, *argv, *env, *writable, *keep, *inputs, *serve;
};

static bool read_lists(const struct job *job, const struct step_lists *from, struct fault *why)
{
    struct job_step *step = from->step;
    struct texts argv = { step->argv, JOB_ARGV_MOST - 1, &step->argv_count, false };
    struct texts env = { step->env, JOB_ENV_MOST, &step->env_count, false };
    struct texts writable = { step->writable, JOB_PATHS_MOST, &step->writable_count, true };
    struct texts keep = { step->keep, JOB_PATHS_MOST, &step->keep_count, true };
    return form_read(from->limits, limit_fields, COUNT(limit_fields), &step->limits, why) &&
           read_texts(from->argv, "argv", &argv, why) && read_texts(from->env, "env", &env, why) &&
           read_env(step, why) && read_texts(from->writable, "writable", &writable, why) &&
           read_texts(from->keep, "keep", &keep, why) &&
           read_inputs(job, step, from->inputs, why) && read_path(step->argv[0], "argv", why);
}

/* What a step has beside its lists; both halves are read from one map. */
struct step_form {
    struct job_step step;
    struct step_lists lists;
};

static const struct form_field step_fields[] = {
    { "key", FORM_KEY, offsetof(struct step_form, step.key), 1, JOB_KEY_MOST - 1, false },
    { "kind", FORM_KEY, offsetof(struct step_form, step.kind), 1, 16, false },
    { "seed", FORM_INT, offsetof(struct step_form, step.seed), INT64_MIN, INT64_MAX, false },
    { "heldout", FORM_BOOL, offsetof(struct step_form, step.heldout), 0, 0, false },
    { "stop_on_failure", FORM_BOOL, offsetof(struct step_form, step.stop_on_failure), 0, 0, false },
    { "limits", FORM_MAP, offsetof(struct step_form, lists.limits), 0, 20, false },
    { "argv", FORM_LIST, offsetof(struct step_form, lists.argv), 1, JOB_ARGV_MOST - 1, false },
    { "env", FORM_LIST, offsetof(struct step_form, lists.env), 0, JOB_ENV_MOST, false },
    { "writable", FORM_LIST, offsetof(struct step_form, lists.writable), 0, JOB_PATHS_MOST, false },
    { "keep", FORM_LIST, offsetof(struct step_form, lists.keep), 0, JOB_PATHS_MOST, false },
    { "inputs", FORM_LIST, offsetof(struct step_form, lists.inputs), 0, JOB_INPUTS_MOST, false },
    { "serve", FORM_MAP, offsetof(struct step_form, lists.serve), 0, 20, true },
};

/* How a server is asked: there for the serve kinds, and for these alone. */
static bool read_serve(const struct job *job, struct job_step *step, const struct json *map,
                       struct fault *why)
{
    size_t at;
    if (!map != (strncmp(step->kind, "serve", 5) != 0))
        return fault_set(why, BLAME_OPEN, "\"serve\" was not with the kind of step that needs it");
    if (!map)
        return true;
    if (!job_serve_read(map, &step->serve, why))
        return false;
    if (step->serve.predictions ||
        (job_step_find(job, step->serve.beside, &at) && &job->steps[at] != step))
        return true;
    return fault_set(why, BLAME_OPEN, "serve: beside \"%s\", which is no earlier step",
                     step->serve.beside);
}

static bool read_step(struct arena *arena, const struct json *map, struct job *job,
                      struct fault *why)
{
    struct step_form form = { .step = { .arena = arena } };
    if (!form_read(map, step_fields, COUNT(step_fields), &form, why))
        return false;
    if (!is_kind(form.step.kind))
        return fault_set(why, BLAME_OPEN, "unknown kind \"%s\"", form.step.kind);
    if (job_step_find(job, form.step.key, NULL))
        return fault_set(why, BLAME_OPEN, "the key \"%s\" was there twice", form.step.key);
    struct job_step *step = job_step_add(arena, job);
    *step = form.step;
    form.lists.step = step;
    return read_lists(job, &form.lists, why) && read_serve(job, step, form.lists.serve, why);
}

struct job_form {
    struct job job;
    int64_t schema;
    const struct json *steps;
};

static const struct form_field job_fields[] = {
    { "schema", FORM_INT, offsetof(struct job_form, schema), JOB_SCHEMA, JOB_SCHEMA, false },
    { "run", FORM_TEXT, offsetof(struct job_form, job.run), 1, 64, false },
    { "attempt", FORM_INT, offsetof(struct job_form, job.attempt), 0, 1000000, false },
    { "fence", FORM_TEXT, offsetof(struct job_form, job.fence), 1, 128, false },
    { "environment", FORM_TEXT, offsetof(struct job_form, job.environment), 1, 1024, false },
    { "allow_degraded", FORM_BOOL, offsetof(struct job_form, job.allow_degraded), 0, 0, true },
    { "deadline_ms", FORM_INT, offsetof(struct job_form, job.deadline_ms), 0, 30 * DAY_MS, false },
    { "steps", FORM_LIST, offsetof(struct job_form, steps), 1, JOB_STEPS_MOST, false },
};

bool job_parse(struct arena *arena, struct str bytes, struct job *out, struct fault *why)
{
    struct job_form *form = arena_new(arena, struct job_form);
    const struct json *root;
    if (bytes.len > JOB_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "job.json was over %u bytes", JOB_BYTES_MOST);
    if (!json_parse(arena, bytes, &root, why) ||
        !form_read(root, job_fields, COUNT(job_fields), form, why))
        return fault_within(why, "job.json");
    *out = form->job;
    bool host = strcmp(out->environment, "host") == 0;
    if (!host && !job_path_check(str_of(out->environment)))
        return fault_set(why, BLAME_OPEN, "job.json: \"environment\" was neither host nor a path");
    for (size_t i = 0; i < form->steps->count; i++)
        if (!read_step(arena, &form->steps->members[i], out, why))
            return fault_within(why, "job.json: step %zu", i + 1);
    return true;
}
