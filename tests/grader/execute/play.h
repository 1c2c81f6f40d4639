/*
 * Playing a job: what the test program does when it is started as `holdout`, and how a test lays
 * out a run directory, starts grade-one alone or through the warden, and looks at what came of it.
 */
#pragma once

#include "core/base/clock.h"
#include "grader/execute/executor.h"
#include "grader/execute/grade_one.h"
#include "grader/execute/nursery.h"
#include "tests/grader/execute/rundir.h"
#include <time.h>

static inline void nap(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

/* ---- what runs as `holdout` ---- */

struct scene {
    const char *stage;
    struct house *house;
    int report, run;
    bool cancel, twice;
};

static inline bool hand_over(struct scene *scene, struct executor *executor)
{
    struct executor_job job = { .rundir = scene->run };
    struct executor_task task = { .state = EXECUTOR_RUNNING };
    char other[EXECUTOR_ID];
    struct fault why = { .text = "" };
    if (executor_capacity(executor) != 1 ||
        executor_start(executor, &job, task.id, &why) != EXECUTOR_STARTED) {
        dprintf(scene->report, "not started: %s\n", why.text);
        return false;
    }
    if (executor_capacity(executor) != 0 ||
        executor_start(executor, &job, other, &why) != EXECUTOR_REFUSED)
        dprintf(scene->report, "a second one was not refused\n");
    for (int i = 0; task.state == EXECUTOR_RUNNING && i < 60; i++) {
        if (scene->cancel && i == 2 && !executor_kill(executor, task.id, &why))
            dprintf(scene->report, "not killed: %s\n", why.text);
        if (!executor_poll(executor, &task, 1, 500, &why)) {
            dprintf(scene->report, "poll: %s\n", why.text);
            return false;
        }
    }
    dprintf(scene->report, "state=%d exit=%d free=%zu\n", (int)task.state, task.exit_code,
            executor_capacity(executor));
    if (!executor_poll(executor, &task, 1, 0, &why) || task.state != EXECUTOR_LOST)
        dprintf(scene->report, "an ended task was not forgotten\n");
    return true;
}

/* The grader's part: hands the job over, waits, says how it ended. Twice: again after a while. */
static inline int grader_main(int socket, void *at)
{
    struct scene *scene = at;
    struct warden_client *client = warden_client_open(socket);
    struct executor *executor = executor_local_open(client, 0, 1);
    bool done = hand_over(scene, executor);
    if (done && scene->twice) {
        nap(1000);
        done = hand_over(scene, executor);
    }
    executor_close(executor);
    warden_client_close(client);
    return !done;
}

/* holdout execute run|cancel STAGE: the course's run directory through warden and executor */
static inline int execute_main(char **argv)
{
    static struct house house;
    struct fault why = { .text = "" };
    char course[96], report[96];
    struct scene scene = { .stage = argv[3], .house = &house };
    snprintf(course, sizeof course, "%s/course", scene.stage);
    snprintf(report, sizeof report, "%s/report", scene.stage);
    scene.cancel = strcmp(argv[2], "cancel") == 0;
    scene.twice = strcmp(argv[2], "twice") == 0;
    scene.report = open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const struct house_course courses[] = { { course, NULL } };
    if (!house_enter(&house, courses, 1, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return 99;
    }
    scoped(fd) int dir = open(house.course[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct house_owner run = { HOUSE_GRADER, HOUSE_RUNNER, 02770 };
    const struct house_owner inputs = { HOUSE_GRADER, HOUSE_RUNNER, 0750 };
    const struct house_owner truth = { HOUSE_GRADER, HOUSE_GRADER, 0600 };
    if (!house_own(&house, dir, "run", run, &why) ||
        !house_own(&house, dir, "run/inputs", inputs, &why) ||
        !house_own(&house, dir, "private/truth", truth, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return 98;
    }
    scene.run = openat(dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct warden_child children[] = {
        { .name = "grader",
          .role = HOUSE_GRADER,
          .leads = true,
          .main = grader_main,
          .at = &scene },
    };
    struct warden warden = { &house, children, 1, 1, 0 };
    int code = warden_run(&warden, &why);
    if (why.text[0])
        fprintf(stderr, "%s\n", why.text);
    return code;
}

static inline nursery_main *play_helper(const char *name)
{
    return strcmp(name, "grade-one") == 0 ? grade_one_main : NULL;
}

/* The exit code when the program was started as `holdout`, else -1. */
static inline int play_main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "grade-one") == 0)
        return grade_one_main(argc - 1, argv + 1);
    if (argc > 3 && strcmp(argv[1], "execute") == 0)
        return execute_main(argv);
    if (argc > 3 && strcmp(argv[1], "nursery") == 0)
        return nursery_serve(argc, argv, play_helper);
    return argc > 1 ? 64 : -1; /* never the tests, which would start it again */
}

/* ---- the test's side ---- */

enum how { ALONE, BY_WARDEN };

struct play {
    struct arena *arena;
    struct stage stage;
    struct rundir *rundir;
    struct job_result *result;
    const char *report;
    int code;
};

static inline void play_open(struct play *play, bool root)
{
    play->arena = arena_open(NULL);
    stage_open(&play->stage, root);
    play->rundir = rundir_new(play->arena);
}

static inline void play_lay(struct play *play)
{
    scoped(fd) int dir = open(play->stage.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rundir_write(play->rundir, dir, "course/run");
    if (!play->stage.root && geteuid() == 0)
        stage_give(play->stage.path, NOBODY);
}

static inline pid_t play_start(struct play *play, enum how how, const char *scene)
{
    char run[96];
    snprintf(run, sizeof run, "%s/course/run", play->stage.path);
    char *alone[] = { "holdout", "grade-one", run, NULL };
    char *warden[] = { "holdout", "execute", (char *)scene, play->stage.path, NULL };
    return stage_start(&play->stage, how == ALONE ? alone : warden);
}

static inline void play_run(struct play *play, enum how how)
{
    play_lay(play);
    play->code = stage_wait(play_start(play, how, "run"));
    play->report = stage_read(play->arena, &play->stage, "report");
    play->result = rundir_result(play->rundir, &play->stage, "course/run");
}

static inline void play_close(struct play *play)
{
    stage_close(&play->stage);
    arena_drop(play->arena);
}

static inline const char *log_of(struct play *play, size_t step)
{
    return stage_read(play->arena, &play->stage,
                      arena_print(play->arena, "course/run/logs/%zu.log", step));
}

static inline void verdict_is(struct play *play, size_t step, const char *verdict)
{
    if (!play->result)
        fail_msg("no result; code %d, %s", play->code, play->report);
    if (play->result->step_count <= step)
        fail_msg("step %zu was not run", step);
    const struct job_step_result *got = &play->result->steps[step];
    if (strcmp(got->verdict, verdict) != 0)
        fail_msg("step %s: got %s (exit %d, signal %d, %s), expected %s; its log:\n%s", got->key,
                 got->verdict, (int)got->exit_code, (int)got->signal, got->message, verdict,
                 log_of(play, step));
}

static inline void kept_is(struct play *play, size_t step, const char *path, const char *bytes)
{
    const char *got =
        rundir_kept(play->rundir, &play->stage, "course/run", &play->result->steps[step], path);
    if (!got || strcmp(got, bytes) != 0)
        fail_msg("%s: got \"%s\", expected \"%s\"", path, got ? got : "(nothing)", bytes);
}
