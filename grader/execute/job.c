/* job.json: its steps put together, written, and the rules of its paths. */
#include "grader/execute/job.h"

struct job_step *job_step_add(struct arena *arena, struct job *job)
{
    if (job->step_count == JOB_STEPS_MOST)
        return NULL;
    struct job_step *step = &job->steps[job->step_count++];
    *step = (struct job_step){ .arena = arena, .stop_on_failure = true };
    return step;
}

bool job_input_add(struct job_step *step, const struct job_input *input)
{
    if (step->input_count == JOB_INPUTS_MOST)
        return false;
    struct job_input *inputs = (struct job_input *)step->inputs;
    if (step->input_count == step->input_room) {
        size_t room = step->input_room ? step->input_room * 2 : 16;
        struct job_input *wider = arena_array(step->arena, struct job_input, room);
        if (step->input_count)
            memcpy(wider, inputs, step->input_count * sizeof *wider);
        step->inputs = inputs = wider;
        step->input_room = room;
    }
    inputs[step->input_count++] = *input;
    return true;
}

const struct job_step *job_step_find(const struct job *job, const char *key, size_t *at)
{
    for (size_t i = 0; i < job->step_count; i++)
        if (strcmp(job->steps[i].key, key) == 0) {
            if (at)
                *at = i;
            return &job->steps[i];
        }
    return NULL;
}

bool job_path_check(struct str path)
{
    if (path.len < 2 || path.len > JOB_PATH_MOST || path.at[0] != '/')
        return false;
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.at[i] < 0x20 || path.at[i] == 0x7f)
            return false;
    struct str rest = str_from(path, 1), part;
    while (str_cut(&rest, '/', &part))
        if (part.len == 0 || part.len > 255 || str_is(part, ".") || str_is(part, ".."))
            return false;
    return !str_ends(path, S("/"));
}

bool job_path_beneath(const char *path, const char *above)
{
    size_t len = strlen(above);
    return strncmp(path, above, len) == 0 && (path[len] == 0 || path[len] == '/');
}

static void print_texts(struct json_out *out, const char *key, const char *const *texts,
                        size_t count)
{
    json_open_list(out, key);
    for (size_t i = 0; i < count; i++)
        json_add_zero(out, NULL, texts[i]);
    json_close_list(out);
}

static void print_limits(struct json_out *out, const struct job_limits *limits)
{
    json_open_map(out, "limits");
    json_add_int(out, "wall_ms", limits->wall_ms);
    json_add_int(out, "cpu_ms", limits->cpu_ms);
    json_add_int(out, "memory_bytes", limits->memory_bytes);
    json_add_int(out, "processes", limits->processes);
    json_add_int(out, "disk_bytes", limits->disk_bytes);
    json_add_int(out, "output_bytes", limits->output_bytes);
    json_add_int(out, "inodes", limits->inodes);
    json_close_map(out);
}

static void print_input(struct json_out *out, const struct job_input *input)
{
    json_open_map(out, NULL);
    if (input->sha256)
        json_add_zero(out, "sha256", input->sha256);
    if (input->from)
        json_add_zero(out, "from", input->from);
    if (input->at)
        json_add_zero(out, "at", input->at);
    if (input->sha256)
        json_add_zero(out, "mode", input->mode == 0755 ? "0755" : "0644");
    json_close_map(out);
}

static void print_step(struct json_out *out, const struct job_step *step)
{
    json_open_map(out, NULL);
    json_add_zero(out, "key", step->key);
    json_add_zero(out, "kind", step->kind);
    json_add_int(out, "seed", step->seed);
    json_add_bool(out, "heldout", step->heldout);
    json_add_bool(out, "stop_on_failure", step->stop_on_failure);
    print_limits(out, &step->limits);
    print_texts(out, "argv", step->argv, step->argv_count);
    print_texts(out, "env", step->env, step->env_count);
    print_texts(out, "writable", step->writable, step->writable_count);
    print_texts(out, "keep", step->keep, step->keep_count);
    json_open_list(out, "inputs");
    for (size_t i = 0; i < step->input_count; i++)
        print_input(out, &step->inputs[i]);
    json_close_list(out);
    if (step->serve.port)
        job_serve_print(out, &step->serve);
    json_close_map(out);
}

struct str job_print(struct arena *arena, const struct job *job)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", JOB_SCHEMA);
    json_add_zero(&out, "run", job->run);
    json_add_int(&out, "attempt", job->attempt);
    json_add_zero(&out, "fence", job->fence);
    json_add_zero(&out, "environment", job->environment);
    json_add_bool(&out, "allow_degraded", job->allow_degraded);
    json_add_int(&out, "deadline_ms", job->deadline_ms);
    json_open_list(&out, "steps");
    for (size_t i = 0; i < job->step_count; i++)
        print_step(&out, &job->steps[i]);
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}
