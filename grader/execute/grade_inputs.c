/* What the steps of a job get to see: checked against its digests, and laid out. */
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include "grader/execute/rundir.h"
#include <stdio.h>
#include <stdlib.h>

static bool check_one(const struct grade *grade, const char *sha256, struct fault *why)
{
    uint64_t hashed;
    char hex[SHA256_HEX], path[96];
    snprintf(path, sizeof path, "inputs/%s", sha256);
    scoped(fd) int fd = rundir_open(grade->rundir, path, NULL, why);
    if (fd < 0 || !sha256_file(fd, hex, &hashed, why))
        return false;
    return strcmp(hex, sha256) == 0 ||
           fault_set(why, BLAME_SYSTEM, "inputs/%.12s… had another content than its name says",
                     sha256);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool grade_inputs_check(const struct grade *grade, struct fault *why)
{
    size_t count = 0, most = 0;
    for (size_t i = 0; i < grade->job.step_count; i++)
        most += grade->job.steps[i].input_count + 2;
    const char **digests = arena_array(grade->arena, const char *, most + 1);
    for (size_t i = 0; i < grade->job.step_count; i++) {
        const struct job_step *step = &grade->job.steps[i];
        for (size_t k = 0; k < step->input_count; k++)
            if (step->inputs[k].sha256)
                digests[count++] = step->inputs[k].sha256;
        if (step->serve.port)
            digests[count++] = step->serve.rows;
        if (step->serve.predictions)
            digests[count++] = step->serve.predictions;
    }
    qsort(digests, count, sizeof *digests, by_text);
    for (size_t i = 0; i < count; i++)
        if ((i == 0 || strcmp(digests[i], digests[i - 1]) != 0) &&
            !check_one(grade, digests[i], why))
            return false;
    return true;
}

static bool is_writable(const struct job_step *step, const char *at)
{
    for (size_t i = 0; i < step->writable_count; i++)
        if (job_path_beneath(at, step->writable[i]))
            return true;
    return false;
}

struct files {
    struct grade_file *at;
    size_t count;
};

static void add_kept(const struct job_step_result *from, const struct job_input *input,
                     struct files *files)
{
    for (size_t i = 0; i < from->artifact_count; i++) {
        const struct job_artifact *kept = &from->artifacts[i];
        if (!input->at || job_path_beneath(kept->path, input->at))
            files->at[files->count++] = (struct grade_file){
                .folder = "artifacts", .sha256 = kept->sha256, .at = kept->path, .mode = kept->mode
            };
    }
}

static int by_place(const void *a, const void *b)
{
    const struct grade_file *first = a, *second = b;
    int order = strcmp(first->at, second->at);
    return order ? order : first->mode < second->mode ? -1 : first->mode > second->mode;
}

static int by_text_of_place(const void *path, const void *file)
{
    return strcmp(path, ((const struct grade_file *)file)->at);
}

/* A path that is a file here is not a directory there. */
static bool no_file_above(const struct files *files, struct fault *why)
{
    char above[JOB_PATH_MOST + 1];
    for (size_t i = 0; i < files->count; i++) {
        const char *at = files->at[i].at;
        if (i > 0 && strcmp(files->at[i - 1].at, at) == 0)
            return fault_set(why, BLAME_SYSTEM, "input %.100s was there twice", at);
        snprintf(above, sizeof above, "%s", at);
        for (char *slash; (slash = strrchr(above, '/')) && slash > above;) {
            *slash = 0;
            if (bsearch(above, files->at, files->count, sizeof *files->at, by_text_of_place))
                return fault_set(why, BLAME_SYSTEM, "input %.100s lay beneath a file", at);
        }
    }
    return true;
}

bool grade_files(const struct grade *grade, size_t step_at, struct grade_file **out, size_t *count,
                 struct fault *why)
{
    const struct job_step *step = &grade->job.steps[step_at];
    size_t most = 0, from_at;
    for (size_t i = 0; i < step->input_count; i++)
        if (step->inputs[i].from && job_step_find(&grade->job, step->inputs[i].from, &from_at))
            most += grade->result.steps[from_at].artifact_count;
        else
            most++;
    struct files files = { .at = arena_array(grade->arena, struct grade_file, most + 1) };
    for (size_t i = 0; i < step->input_count; i++) {
        const struct job_input *input = &step->inputs[i];
        if (input->from && job_step_find(&grade->job, input->from, &from_at))
            add_kept(&grade->result.steps[from_at], input, &files);
        else
            files.at[files.count++] = (struct grade_file){
                .folder = "inputs", .sha256 = input->sha256, .at = input->at, .mode = input->mode
            };
    }
    for (size_t i = 0; i < files.count; i++)
        files.at[i].writable = is_writable(step, files.at[i].at);
    qsort(files.at, files.count, sizeof *files.at, by_place);
    *out = files.at;
    *count = files.count;
    return no_file_above(&files, why);
}
