/* holdout kit: what a team needs to work on a task on its own machine. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/commands/init.h"
#include "grader/commands/kit.h"
#include "grader/commands/named.h"
#include "grader/course/course_text.h"
#include "grader/course/starter.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const shown[] = { "train.csv", "boxes.csv", "sample.csv",
                                     "sample_submission.csv", "README.md" };
#define SHOWN_COUNT (sizeof shown / sizeof *shown)
#define SHOWN_BYTES_MOST ((size_t)4 << 30)

/* One digest of all public files: names and contents. */
bool kit_digest(int dir, const char *task, char hex[SHA256_HEX], struct fault *why)
{
    struct sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < SHOWN_COUNT; i++) {
        scoped_arena arena = arena_open(NULL);
        char path[300], one[SHA256_HEX];
        struct str bytes;
        snprintf(path, sizeof path, "data/%s/%s", task, shown[i]);
        if (!file_exists(dir, path))
            continue;
        if (!file_load(arena, dir, path, SHOWN_BYTES_MOST, &bytes, why))
            return false;
        sha256_of(bytes, one);
        sha256_add(&hash, shown[i], strlen(shown[i]) + 1);
        sha256_add(&hash, one, SHA256_HEX);
    }
    sha256_end(&hash, hex);
    return true;
}

static bool data_copy(int from, int to, const char *task, struct fault *why)
{
    char folder[300], path[400];
    snprintf(folder, sizeof folder, "data/%s", task);
    if (!dir_make(to, folder, 0755, why))
        return false;
    for (size_t i = 0; i < SHOWN_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, shown[i]);
        scoped(fd) int fd = openat(from, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return fault_errno(why, "%s", path);
        if (!file_copy(fd, to, path, 0644, why))
            return false;
    }
    return true;
}

static struct str about_json(struct arena *arena, const struct course *course,
                             const struct course_task *task, const char *digest)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", 1);
    json_add_text(&out, "course", course->id);
    json_add_text(&out, "task", task->id);
    json_add_zero(&out, "kind", course_kind_name(task->kind));
    json_add_text(&out, "target", task->target);
    json_add_text(&out, "id_column", task->id_column);
    json_add_zero(&out, "data_sha256", digest);
    json_close_map(&out);
    text_char(&text, '\n');
    return text_str(&text);
}

static void put_deliverables(struct text *out, const struct course *course,
                             const struct course_task *task)
{
    for (size_t i = 0; i < course->deliverable_count; i++) {
        const struct course_deliverable *one = &course->deliverables[i];
        if (course_has(&one->tasks, task->id))
            text_print(out, "- `%s`: see the course page for when it is due\n", one->id.at);
    }
}

static struct str readme(struct arena *arena, const struct course *course,
                         const struct course_task *task)
{
    const struct course_limits *limits = &task->limits;
    struct text out = { .arena = arena };
    text_print(
        &out,
        "# %s\n\n%s, task `%s`: %s.\n\n"
        "- `data/%s/`: `train.csv` to learn from; `sample.csv` is shaped as the held-out file "
        "is, and\n  `sample_submission.csv` as your predictions have to be\n"
        "%s"
        "- `course.yaml`: the task as it is graded, `kit.json`: the same for programs\n\n",
        task->title.at, course->title.at, task->id.at, course_kind_name(task->kind), task->id.at,
        divide_can(task->kind) ? "- `starter/`: repositories to start from\n" : "");
    text_print(&out, "Measured by");
    for (size_t i = 0; i < task->metric_count; i++)
        text_print(&out, "%s %s%s", i ? "," : "", task->metrics[i].key.at,
                   i == task->primary_at ? " (ranks the board)" : "");
    text_print(&out,
               "; `holdout-ml metrics` defines them.\n\n"
               "Limits: build %lld s, train %lld s, predict %lld s of CPU time; %lld MB of memory, "
               "%lld MB of disk,\n%lld processes, %lld CPU%s. No network.\n\n",
               (long long)limits->build_s, (long long)limits->train_s, (long long)limits->predict_s,
               (long long)limits->memory_mb, (long long)limits->disk_mb, (long long)limits->pids,
               (long long)limits->cpus, limits->cpus == 1 ? "" : "s");
    put_deliverables(&out, course, task);
    text_print(
        &out, "\nTry your repository with the same supervisor, limits and metrics, on rows of "
              "`train.csv` that are held\nback for it:\n\n    holdout try MY-REPOSITORY --kit .\n");
    return text_str(&out);
}

static bool starters_write(struct arena *arena, int dir, const struct course_task *task,
                           struct fault *why)
{
    struct starter_words words = { task->id, task->target, task->id_column, task->kind };
    for (const char *const *name = starter_names(); *name; name++) {
        if (!starter_suits(starter_find(str_of(*name)), task->kind))
            continue;
        const char *folder = arena_print(arena, "starter/%s", *name);
        if (!dir_make(dir, folder, 0755, why))
            return false;
        scoped(fd) int at = dir_open(dir, folder, why);
        if (at < 0 || !starter_write(arena, at, starter_find(str_of(*name)), &words, why))
            return false;
    }
    return true;
}

static bool kit_write(struct arena *arena, int from, int to, const struct course *course,
                      const struct course_task *task, struct fault *why)
{
    char digest[SHA256_HEX];
    struct course_text of = { .id = course->id.at,
                              .title = course->title.at,
                              .timezone = course->timezone.at,
                              .local = "repos",
                              .task = task,
                              .due = "2099-12-31T23:59:00Z",
                              .for_team = true };
    return data_copy(from, to, task->id.at, why) && kit_digest(to, task->id.at, digest, why) &&
           file_save(to, "course.yaml", course_text(arena, &of), 0644, why) &&
           file_save(to, "README.md", readme(arena, course, task), 0644, why) &&
           (!divide_can(task->kind) || starters_write(arena, to, task, why)) &&
           file_save(to, "kit.json", about_json(arena, course, task, digest), 0644, why);
}

static int kit(const char *dir, const char *task_name, const char *out)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct course course;
    int code = named_course("kit", dir, arena, &course);
    if (code == EXIT_DONE)
        code = named_task("kit", &course, task_name);
    if (code != EXIT_DONE)
        return code;
    if (!task_name && course.task_count != 1) {
        fprintf(stderr, "holdout kit: the course has %zu tasks; say which one: --task T\n",
                course.task_count);
        return EXIT_USAGE;
    }
    const struct course_task *task =
        task_name ? course_task_find(&course, str_of(task_name)) : &course.tasks[0];
    if (!out)
        out = arena_print(arena, "kit-%s", task->id.at);
    scoped(fd) int from = dir_open(AT_FDCWD, dir, &why);
    scoped(fd) int to = from < 0 ? -1 : init_dir("kit", out);
    if (to < 0)
        return from < 0 ? command_fail("kit", &why) : EXIT_INPUT;
    if (file_exists(to, "kit.json")) {
        fprintf(stderr, "holdout kit: %s holds a kit already; name another directory: --out DIR\n",
                out);
        return EXIT_NO;
    }
    if (!kit_write(arena, from, to, &course, task, &why))
        return command_fail("kit", &why);
    printf("%s: the kit of task %s; give the whole directory to the teams\n", out, task->id.at);
    return EXIT_DONE;
}

int kit_main(int argc, char **argv)
{
    const char *task = NULL, *out = NULL;
    const struct option_row options[] = {
        { "task", "T", "the task (needed when there are several)", &task, NULL },
        { "out", "DIR", "where to write it (kit-TASK)", &out, NULL },
    };
    const struct usage usage = {
        .line = "holdout kit DIR [--task T] [--out DIR]",
        .about = "Writes what a team needs to work on a task on its own machine: the public data,\n"
                 "columns, limits, repositories to start from. Nothing of private/ is in it.",
        .example = "  holdout kit my-course --task fraud --out kit-fraud",
        .options = options,
        .option_count = 2,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    return code >= 0 ? code : kit(operands[0], task, out);
}
