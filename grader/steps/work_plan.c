/* Planning BOX steps: limits, environment, the files that a step gets to see. */
#include "core/base/json.h"
#include "grader/steps/work.h"
#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_BYTES (1 << 20)
#define INODES_MOST 20000

int64_t work_limit_s(const struct run *run, const char *kind)
{
    const struct course_limits *limits = &run->task->limits;
    return strcmp(kind, "build") == 0       ? limits->build_s
           : strcmp(kind, "train") == 0     ? limits->train_s
           : strncmp(kind, "serve", 5) == 0 ? limits->serve_s
                                            : limits->predict_s;
}

static void limits_set(const struct run *run, struct job_step *step, const char *kind)
{
    const struct course_limits *limits = &run->task->limits;
    int64_t cpu_s = work_limit_s(run, kind) * limits->cpus;
    step->limits = (struct job_limits){
        .wall_ms = (2 * work_limit_s(run, kind) + 10) * 1000,
        .cpu_ms = cpu_s * 1000,
        .memory_bytes = limits->memory_mb << 20,
        .processes = limits->pids,
        .disk_bytes = limits->disk_mb << 20,
        .output_bytes = OUTPUT_BYTES,
        .inodes = INODES_MOST,
    };
}

static void env_add(struct run *run, struct job_step *step, const char *name, struct str value)
{
    if (step->env_count < JOB_ENV_MOST)
        step->env[step->env_count++] = arena_print(run->arena, "%s=%.*s", name, STR_ARGS(value));
}

static struct str number(struct run *run, int64_t value)
{
    return str_of(arena_print(run->arena, "%lld", (long long)value));
}

/* Hyperparameters as strings; the hidden seed takes the place of the team's. */
static struct str hyperparameters(struct run *run, int64_t seed)
{
    struct text text = { .arena = run->arena };
    struct json_out out = { .text = &text };
    const struct str_pairs *pairs = &run->snapshot.file.hyperparameters;
    json_open_map(&out, NULL);
    for (size_t i = 0; i < pairs->count; i++)
        if (!str_is(pairs->at[i].name, "seed"))
            json_add_text(&out, pairs->at[i].name.at, pairs->at[i].value);
    if (seed)
        json_add_text(&out, "seed", number(run, seed));
    json_close_map(&out);
    return text_str(&text);
}

static void env_hyperparameters(struct run *run, struct job_step *step, int64_t seed)
{
    const struct str_pairs *pairs = &run->snapshot.file.hyperparameters;
    for (size_t i = 0; i < pairs->count; i++) {
        char *name = arena_print(run->arena, "SM_HP_%s", pairs->at[i].name.at);
        bool dash = false;
        if (str_is(pairs->at[i].name, "seed"))
            continue;
        for (char *c = name; *c; c++) {
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
            dash |= *c == '-';
        }
        env_add(run, step, name, pairs->at[i].value);
        for (char *c = name; dash && *c; c++)
            *c = *c == '-' ? '_' : *c;
        if (dash)
            env_add(run, step, name, pairs->at[i].value);
    }
    if (seed)
        env_add(run, step, "SM_HP_SEED", number(run, seed));
}

/* NULL: a server has none. */
static const char *channel_of(const char *kind)
{
    return strcmp(kind, "train") == 0 ? "train" : strncmp(kind, "serve", 5) == 0 ? NULL : "heldout";
}

static void env_channel(struct run *run, struct job_step *step, const char *channel)
{
    struct str names = channel ? str_of(arena_print(run->arena, "[\"%s\"]", channel)) : S("[]");
    env_add(run, step, "SM_CHANNELS", names);
    if (channel)
        env_add(run, step,
                strcmp(channel, "train") == 0 ? "SM_CHANNEL_TRAIN" : "SM_CHANNEL_HELDOUT",
                str_of(arena_print(run->arena, "/opt/ml/input/data/%s", channel)));
}

static bool config_add(struct run *run, struct job_step *step, int64_t seed, struct fault *why)
{
    const char *channel = channel_of(step->kind);
    struct str resources = S("{\"current_host\":\"algo-1\",\"hosts\":[\"algo-1\"],"
                             "\"network_interface_name\":\"lo\"}");
    struct str inputs = S("{}");
    if (channel)
        inputs = str_of(arena_print(
            run->arena,
            "{\"%s\":{\"ContentType\":\"text/csv\",\"RecordWrapperType\":\"None\","
            "\"S3DistributionType\":\"FullyReplicated\",\"TrainingInputMode\":\"File\"}}",
            channel));
    struct str hps = hyperparameters(run, seed);
    env_add(run, step, "SM_HPS", hps);
    env_add(run, step, "SM_INPUT_DATA_CONFIG", inputs);
    env_add(run, step, "SM_RESOURCE_CONFIG", resources);
    env_channel(run, step, channel);
    return work_file(run, step, hps, "/opt/ml/input/config/hyperparameters.json", why) &&
           work_file(run, step, inputs, "/opt/ml/input/config/inputdataconfig.json", why) &&
           work_file(run, step, resources, "/opt/ml/input/config/resourceconfig.json", why);
}

static void env_common(struct run *run, struct job_step *step)
{
    static const char *const fixed[][2] = {
        { "SM_MODEL_DIR", "/opt/ml/model" },
        { "SM_OUTPUT_DATA_DIR", "/opt/ml/output/data" },
        { "SM_OUTPUT_DIR", "/opt/ml/output" },
        { "SM_INPUT_DIR", "/opt/ml/input" },
        { "SM_INPUT_CONFIG_DIR", "/opt/ml/input/config" },
        { "SM_MODULE_DIR", "/opt/ml/code" },
        { "SM_CURRENT_HOST", "algo-1" },
        { "SM_HOSTS", "[\"algo-1\"]" },
        { "SM_NETWORK_INTERFACE_NAME", "lo" },
        { "SM_NUM_GPUS", "0" },
        { "SM_LOG_LEVEL", "20" },
        { "PYTHONUNBUFFERED", "TRUE" },
        { "PYTHONDONTWRITEBYTECODE", "TRUE" },
        { "PYTHONHASHSEED", "0" },
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        env_add(run, step, fixed[i][0], str_of(fixed[i][1]));
    struct str cpus = number(run, run->task->limits.cpus);
    env_add(run, step, "SM_NUM_CPUS", cpus);
    env_add(run, step, "OMP_NUM_THREADS", cpus);
    env_add(run, step, "OPENBLAS_NUM_THREADS", cpus);
    env_add(run, step, "MAKEFLAGS", S(""));
}

static bool env_has(const struct job_step *step, const char *pair)
{
    size_t len = strcspn(pair, "=") + 1;
    for (size_t i = 0; i < step->env_count; i++)
        if (strncmp(step->env[i], pair, len) == 0)
            return true;
    return false;
}

void work_env_of_image(struct run *run, const struct environment_image *image)
{
    for (size_t s = 0; image && s < run->work.job.step_count; s++) {
        struct job_step *step = &run->work.job.steps[s];
        for (size_t i = 0; i < image->env_count; i++)
            if (step->env_count < JOB_ENV_MOST && !env_has(step, image->env[i]))
                step->env[step->env_count++] = image->env[i];
    }
}

struct job_step *work_step_add(struct run *run, const char *kind, int seed_at, struct fault *why)
{
    struct job_step *step = job_step_add(run->arena, &run->work.job);
    if (!step || run->step_count == RUN_STEPS_MOST) {
        fault_set(why, BLAME_COURSE, "the task has more seeds than a job can hold");
        return NULL;
    }
    int64_t seed = 0;
    step->kind = kind;
    step->key = arena_print(run->arena, "%s-%d", kind, seed_at == -1 ? 0 : seed_at);
    step->heldout = strcmp(kind, "predict") == 0 || strcmp(kind, "serve") == 0;
    struct run_step *row = run_step_add(run, kind, seed_at, step->heldout);
    snprintf(row->key, sizeof row->key, "%s", step->key);
    limits_set(run, step, kind);
    env_common(run, step);
    if (seed_at && !work_seed(run, seed_at, &seed, why))
        return NULL;
    step->seed = seed;
    env_hyperparameters(run, step, seed);
    if (strcmp(kind, "build") != 0 && !config_add(run, step, seed, why))
        return NULL;
    return run_step_write(run, row, why) ? step : NULL;
}

void work_argv(struct run *run, struct job_step *step, struct str command)
{
    step->argv[0] = "/bin/sh";
    step->argv[1] = "-c";
    step->argv[2] = str_zero(run->arena, command);
    step->argv_count = 3;
}

static bool input_add(struct job_step *step, struct job_input input, struct fault *why)
{
    return job_input_add(step, &input) ||
           fault_set(why, BLAME_SYSTEM, "a step had more than %d inputs", JOB_INPUTS_MOST);
}

bool work_input(struct job_step *step, const char *sha256, const char *at, unsigned mode,
                struct fault *why)
{
    return input_add(step, (struct job_input){ .sha256 = sha256, .at = at, .mode = mode }, why);
}

bool work_input_from(struct job_step *step, const char *from, struct fault *why)
{
    return input_add(step, (struct job_input){ .from = from }, why);
}

bool work_file(struct run *run, struct job_step *step, struct str bytes, const char *at,
               struct fault *why)
{
    char *sha256 = arena_take(run->arena, SHA256_HEX);
    return artifacts_put_later(&run->grader->sealed, bytes, sha256, why) &&
           work_input(step, sha256, at, 0644, why);
}

static bool is_writeup(const struct submission_file *file, struct str path)
{
    return str_equal(path, file->writeup.report) || str_equal(path, file->writeup.architecture) ||
           str_equal(path, file->writeup.answers);
}

static bool snapshot_code(struct run *run, struct job_step *step, struct fault *why)
{
    const struct submission_file *file = &run->snapshot.file;
    for (size_t i = 0; i < run->snapshot.tree.count; i++) {
        const struct snapshot_file *one = &run->snapshot.tree.files[i];
        if (is_writeup(file, one->path))
            continue; /* a writeup never changes a training */
        const char *at = arena_print(run->arena, "/opt/ml/code/%.*s", STR_ARGS(one->path));
        bool ok = str_is(one->path, "submission.yaml")
                      ? work_file(run, step, submission_seen_text(run->arena, file), at, why)
                      : work_input(step, one->sha256, at, one->mode, why);
        if (!ok)
            return false;
    }
    return true;
}

bool work_code(struct run *run, struct job_step *step, struct fault *why)
{
    if (run->work.code_from[0] && strcmp(step->key, run->work.code_from) != 0)
        return work_input_from(step, run->work.code_from, why);
    if (!run->work.built_count)
        return snapshot_code(run, step, why);
    for (size_t i = 0; i < run->work.built_count; i++)
        if (!work_input(step, run->work.built[i].sha256, run->work.built[i].path,
                        run->work.built[i].mode, why))
            return false;
    return true;
}

bool work_channel(struct run *run, struct job_step *step, const char *folder, const char *name,
                  struct fault *why)
{
    const struct version_file *file =
        version_find(&run->loaded->version, folder, run->task->id, name);
    if (!file)
        return fault_set(why, BLAME_COURSE, "the version has no %s of task %s", name,
                         run->task->id.at);
    return work_input(step, file->sha256,
                      arena_print(run->arena, "/opt/ml/input/data/%s/%s",
                                  strcmp(step->kind, "train") == 0 ? "train" : "heldout", name),
                      0644, why);
}
