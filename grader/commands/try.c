/* holdout try: a team's repository graded on its own machine, with a kit's data. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/data/table_load.h"
#include "grader/commands/kit.h"
#include "grader/commands/page.h"
#include "grader/course/course_text.h"
#include "grader/inbox.h"
#include "grader/service/service.h"
#include "grader/store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELDOUT_SHARE 0.25
#define PUBLIC_SHARE 0.8
#define SEED 20260101 /* the same rows are held back each time: two tries can be compared */
#define HEAD_MOST 4096

struct attempt {
    const char *repository, *kit, *seeds_text;
    bool as_json, keep;
    char dir[128];            /* the course that is made for it */
    char *parent, *name;      /* of the repository: absolute */
    const char *ref, *digest; /* of HEAD; of the kit's data */
    struct course course;     /* of the kit */
};

/* ---- the repository ---- */

/* The branch that is checked out, or the commit. */
static bool head_read(struct attempt *attempt, struct arena *arena, struct fault *why)
{
    struct str head, line;
    const char *path = arena_print(arena, "%s/%s/.git/HEAD", attempt->parent, attempt->name);
    if (!file_load(arena, AT_FDCWD, path, HEAD_MOST, &head, why))
        return fault_set(why, BLAME_STUDENT,
                         "%s is no Git repository: run `git init`, commit, try "
                         "again",
                         attempt->repository);
    struct str branch = S("ref: refs/heads/");
    if (!str_cut(&head, '\n', &line))
        line = head;
    attempt->ref = str_starts(line, branch) ? str_zero(arena, str_from(line, branch.len))
                                            : str_zero(arena, line);
    return true;
}

static bool repository_find(struct attempt *attempt, struct arena *arena, struct fault *why)
{
    char *path = realpath(attempt->repository, NULL);
    if (!path)
        return fault_errno(why, "%s", attempt->repository);
    char *slash = strrchr(path, '/');
    attempt->name = slash + 1;
    attempt->parent = slash == path ? "/" : path;
    *slash = 0; /* both live as long as the program */
    return head_read(attempt, arena, why);
}

/* ---- the course of one team ---- */

static bool kit_open(struct attempt *attempt, struct arena *arena, int kit, struct fault *why)
{
    struct complaints to = { .arena = arena };
    struct str about, yaml;
    const struct json *json;
    char digest[SHA256_HEX];
    if (!file_load(arena, kit, "kit.json", 65536, &about, why) ||
        !file_load(arena, kit, "course.yaml", 65536, &yaml, why))
        return fault_set(why, BLAME_STUDENT,
                         "%s is no kit: course staff make one with `holdout kit`", attempt->kit);
    if (!json_parse(arena, about, &json, why))
        return false;
    if (!course_parse(arena, yaml, &attempt->course, &to) || attempt->course.task_count != 1)
        return fault_set(why, BLAME_STUDENT, "%s: %s", attempt->kit,
                         to.kept ? to.lines[0].at : "a kit has one task");
    if (!kit_digest(kit, attempt->course.tasks[0].id.at, digest, why))
        return false;
    attempt->digest = str_zero(arena, str_of(digest));
    if (!str_is(json_get_text(json, "data_sha256", ""), digest))
        fprintf(stderr, "note: the kit's data are not as the course gave them out\n");
    return divide_can(attempt->course.tasks[0].kind) ||
           fault_set(why, BLAME_STUDENT,
                     "a task of %s cannot be tried: no rows can be held back for it",
                     course_kind_name(attempt->course.tasks[0].kind));
}

static bool sample_copy(int kit, int dir, const char *task, struct fault *why)
{
    static const char *const names[] = { "sample.csv", "sample_submission.csv" };
    for (size_t i = 0; i < 2; i++) {
        char path[300];
        snprintf(path, sizeof path, "data/%s/%s", task, names[i]);
        scoped(fd) int fd = openat(kit, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT && i == 1)
            continue;
        if (fd < 0)
            return fault_errno(why, "%s", path);
        if (!file_copy(fd, dir, path, 0644, why))
            return false;
    }
    return true;
}

/* git.local is relative to the course: up to the root, and down again. */
static const char *local_path(const struct attempt *attempt, struct arena *arena)
{
    struct text text = { .arena = arena };
    char *whole = realpath(attempt->dir, NULL);
    for (const char *at = whole; at && *at; at++)
        if (*at == '/')
            text_print(&text, "../");
    free(whole);
    text_print(&text, "%s", attempt->parent + 1);
    return text_str(&text).at;
}

static bool course_write(struct attempt *attempt, struct arena *arena, int kit, int dir,
                         struct fault *why)
{
    struct course_task task = attempt->course.tasks[0];
    struct table table;
    struct divided divided;
    struct course_text of = { .id = "try",
                              .title = "try",
                              .timezone = "UTC",
                              .local = local_path(attempt, arena),
                              .task = &task,
                              .due = "2099-12-31T23:59:00Z",
                              .for_team = true };
    struct divide how = { &task, HELDOUT_SHARE, PUBLIC_SHARE, 0, SEED };
    int64_t seeds = task.seeds;
    if (attempt->seeds_text &&
        (!str_to_int(str_of(attempt->seeds_text), &seeds) || seeds < 1 || seeds > 10))
        return fault_set(why, BLAME_STUDENT, "--seeds was %s, allowed are 1 to 10",
                         attempt->seeds_text);
    task.seeds = seeds;
    task.limits.runs_per_day = task.limits.runs_total = 0;
    const char *train = arena_print(arena, "data/%s/train.csv", task.id.at);
    const char *teams =
        arena_print(arena, "team,name,repository,tasks\nyou,You,\"file:%s/.git\",%s\n",
                    attempt->name, task.id.at);
    if (!table_load(arena, kit, train, NULL, &table, why) ||
        !divide_write(arena, dir, &table, &how, &divided, why) ||
        !sample_copy(kit, dir, task.id.at, why) ||
        !file_save(dir, "course.yaml", course_text(arena, &of), 0600, why) ||
        !file_save(dir, "teams.csv", str_of(teams), 0600, why))
        return false;
    if (!attempt->as_json)
        fprintf(stderr, "task %s: %zu rows to train on, %zu held back; branch or commit %s\n",
                task.id.at, divided.train, divided.open + divided.closed, attempt->ref);
    return true;
}

/* ---- grading, and what came of it ---- */

static int grade(const struct attempt *attempt, int64_t *seq)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct clock clock = clock_system();
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", "you");
    json_add_zero(&out, "ref", attempt->ref);
    json_close_map(&out);
    const char *state = arena_print(arena, "%s/state", attempt->dir);
    if (mkdir(state, 0751) != 0 && errno != EEXIST) {
        fault_errno(&why, "%s", state);
        return command_fail("try", &why);
    }
    struct event_new event = {
        .kind = "request", .actor = "you", .body = text_str(&body), .at_ms = clock_utc_ms(&clock)
    };
    struct inbox *inbox = inbox_open(state, true, &why);
    bool ok = inbox && inbox_append(inbox, &event, seq, &why);
    inbox_close(inbox);
    if (!ok)
        return command_fail("try", &why);
    const char *dir = attempt->dir;
    struct service service = { .dirs = &dir, .dir_count = 1, .request = *seq, .slots = 1 };
    return service_run(&service);
}

static void metrics_print(const struct view_page *page, struct json_out *json)
{
    for (size_t i = 0; i < page->fact_count; i++) {
        const struct view_fact *fact = &page->facts[i];
        if (!str_starts(fact->name, S("metric.")) || !str_is(fact->rows, "public"))
            continue;
        if (json) {
            json_open_map(json, NULL);
            json_add_text(json, "metric", str_from(fact->name, 7));
            json_add_double(json, "value", fact->value);
            json_add_double(json, "low", fact->low);
            json_add_double(json, "high", fact->high);
            json_close_map(json);
        } else if (isnan(fact->low)) {
            printf("  %-32s %10.6g\n", fact->name.at + 7, fact->value);
        } else {
            printf("  %-32s %10.6g   [%.6g, %.6g]\n", fact->name.at + 7, fact->value, fact->low,
                   fact->high);
        }
    }
}

struct digests {
    struct str tree, environment;
};

static struct digests receipt_read(const struct attempt *attempt, struct arena *arena,
                                   const char *run)
{
    struct fault ignored = { 0 };
    struct str bytes;
    const struct json *json = NULL;
    const char *path = arena_print(arena, "%s/state/receipts/%s.json", attempt->dir, run);
    if (file_load(arena, AT_FDCWD, path, (size_t)64 << 20, &bytes, &ignored))
        json_parse(arena, bytes, &json, &ignored);
    return (struct digests){ json_get_text(json, "tree", ""),
                             json_get_text(json_get(json, "environment"), "sha256", "") };
}

static int report(const struct attempt *attempt, int64_t seq)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct clock clock = clock_system();
    struct run_end end = { 0 };
    struct view_page page;
    const char *state = arena_print(arena, "%s/state", attempt->dir);
    struct store *store = store_open(state, false, &clock, &why);
    struct event answer;
    bool found = false;
    struct inbox *inbox = inbox_open(state, false, &why);
    bool ok = store && inbox && inbox_answer(inbox, arena, seq, &answer, &found, &why) && found &&
              store_ended(store, arena, answer.seq, &end, &why) && end.run.len;
    store_close(store);
    inbox_close(inbox);
    if (!ok)
        return EXIT_NO; /* why it was not graded has been said */
    int code = command_page("try", attempt->dir, end.run.at, arena, &page);
    if (code != EXIT_DONE)
        return code;
    struct digests digests = receipt_read(attempt, arena, end.run.at);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    if (attempt->as_json) {
        json_open_map(&out, NULL);
        json_add_text(&out, "state", end.state);
        json_add_text(&out, "verdict", end.verdict);
        json_add_text(&out, "message", end.message);
        json_open_list(&out, "metrics");
        metrics_print(&page, &out);
        json_close_list(&out);
        json_add_text(&out, "code_tree", digests.tree);
        json_add_zero(&out, "data_sha256", attempt->digest);
        json_add_text(&out, "environment_sha256", digests.environment);
        json_close_map(&out);
        printf("%s\n", text_str(&text).at);
    } else {
        steps_print(&page);
        if (str_is(end.state, "done"))
            printf("\non rows of train.csv that were held back:\n");
        metrics_print(&page, NULL);
        printf("\ncode         %s\npublic data  %s\nenvironment  %s\n", digests.tree.at,
               attempt->digest, digests.environment.at);
    }
    return str_is(end.state, "done") ? EXIT_DONE : EXIT_NO;
}

static bool dir_new(struct attempt *attempt, struct fault *why)
{
    const char *base = getenv("TMPDIR");
    snprintf(attempt->dir, sizeof attempt->dir, "%s/holdout-try-XXXXXX",
             base && strlen(base) < 90 ? base : "/tmp");
    return mkdtemp(attempt->dir) || fault_errno(why, "%s", attempt->dir);
}

/* The grading tells its result on stdout; what belongs there is ours alone. */
static int quietly(const struct attempt *attempt, int64_t *seq)
{
    fflush(stdout);
    int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    int code = grade(attempt, seq);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    return code;
}

static int attempt_run(struct attempt *attempt)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    int64_t seq = 0;
    scoped(fd) int kit = dir_open(AT_FDCWD, attempt->kit, &why);
    if (kit < 0 || !repository_find(attempt, arena, &why) || !kit_open(attempt, arena, kit, &why) ||
        !dir_new(attempt, &why))
        return command_fail("try", &why);
    chmod(attempt->dir, 0755);
    scoped(fd) int dir = dir_open(AT_FDCWD, attempt->dir, &why);
    bool ok = dir >= 0 && course_write(attempt, arena, kit, dir, &why);
    int code = ok ? quietly(attempt, &seq) : command_fail("try", &why);
    if (ok && (code == EXIT_DONE || code == EXIT_NO))
        code = report(attempt, seq);
    if (attempt->keep)
        fprintf(stderr, "kept: %s\n", attempt->dir);
    else if (!dir_remove(AT_FDCWD, attempt->dir, &why))
        fprintf(stderr, "holdout try: %s could not be removed: %s\n", attempt->dir, why.text);
    return code;
}

int try_main(int argc, char **argv)
{
    struct attempt attempt = { .kit = NULL };
    const struct option_row options[] = {
        { "kit", "DIR", "the kit that the course gave out (needed)", &attempt.kit, NULL },
        { "seeds", "N", "hidden seeds (as in the course)", &attempt.seeds_text, NULL },
        { "keep", NULL, "leave the directory of this try, to look around", NULL, &attempt.keep },
        { "json", NULL, "one JSON document on stdout", NULL, &attempt.as_json },
    };
    const struct usage usage = {
        .line = "holdout try REPOSITORY --kit DIR [--seeds N] [--json]",
        .about = "Grades the last commit of a repository here: the same supervisor, steps, limits\n"
                 "and metrics as in the course. The rows that are predicted are a quarter of\n"
                 "train.csv, held back for it; the course's own held-out rows are elsewhere.",
        .example = "  holdout try . --kit ../kit-fraud",
        .options = options,
        .option_count = 4,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    if (!attempt.kit) {
        fprintf(stderr, "holdout try: --kit DIR is needed: the kit that your course gave out\n");
        return EXIT_USAGE;
    }
    attempt.repository = operands[0];
    return attempt_run(&attempt);
}
