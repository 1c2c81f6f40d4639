/* grade-one on real run directories with real programs: files through the steps, verdicts, ends. */
#include "grader/execute/grade_one.h"
#include "core/base/clock.h"
#include "grader/execute/executor.h"
#include "tests/grader/execute/rundir.h"
#include <dirent.h>
#include <time.h>

static void nap(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

/* ---- what runs as `holdout` ---- */

struct scene {
    const char *stage;
    struct house *house;
    int report, run;
    bool cancel;
};

/* The grader's part: hands the job over, waits, says how it ended. */
static int grader_main(int socket, void *at)
{
    struct scene *scene = at;
    struct warden_client *client = warden_client_open(socket);
    struct executor *executor = executor_local_open(client, 0, 1);
    struct executor_job job = { .rundir = scene->run };
    struct executor_task task = { .state = EXECUTOR_RUNNING };
    char other[EXECUTOR_ID];
    struct fault why = { .text = "" };
    if (executor_capacity(executor) != 1 ||
        executor_start(executor, &job, task.id, &why) != EXECUTOR_STARTED) {
        dprintf(scene->report, "not started: %s\n", why.text);
        return 1;
    }
    if (executor_capacity(executor) != 0 ||
        executor_start(executor, &job, other, &why) != EXECUTOR_REFUSED)
        dprintf(scene->report, "a second one was not refused\n");
    for (int i = 0; task.state == EXECUTOR_RUNNING && i < 60; i++) {
        if (scene->cancel && i == 2 && !executor_kill(executor, task.id, &why))
            dprintf(scene->report, "not killed: %s\n", why.text);
        if (!executor_poll(executor, &task, 1, 500, &why)) {
            dprintf(scene->report, "poll: %s\n", why.text);
            return 1;
        }
    }
    dprintf(scene->report, "state=%d exit=%d free=%zu\n", (int)task.state, task.exit_code,
            executor_capacity(executor));
    bool known = executor_poll(executor, &task, 1, 0, &why) && task.state != EXECUTOR_LOST;
    if (known)
        dprintf(scene->report, "an ended task was not forgotten\n");
    executor_close(executor);
    warden_client_close(client);
    return 0;
}

/* holdout execute run|cancel STAGE: the course's run directory through warden and executor */
static int execute_main(char **argv)
{
    static struct house house;
    struct fault why = { .text = "" };
    char course[96], report[96];
    struct scene scene = { .stage = argv[3], .house = &house };
    snprintf(course, sizeof course, "%s/course", scene.stage);
    snprintf(report, sizeof report, "%s/report", scene.stage);
    scene.cancel = strcmp(argv[2], "cancel") == 0;
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
    struct warden warden = { &house, children, 1, 1 };
    int code = warden_run(&warden, &why);
    if (why.text[0])
        fprintf(stderr, "%s\n", why.text);
    return code;
}

/* ---- tests ---- */

enum how { ALONE, BY_WARDEN };

struct play {
    struct arena *arena;
    struct stage stage;
    struct rundir *rundir;
    struct job_result *result;
    const char *report;
    int code;
};

static void play_open(struct play *play, bool root)
{
    play->arena = arena_open(NULL);
    stage_open(&play->stage, root);
    play->rundir = rundir_new(play->arena);
}

static void play_lay(struct play *play)
{
    scoped(fd) int dir = open(play->stage.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rundir_write(play->rundir, dir, "course/run");
    if (!play->stage.root && geteuid() == 0)
        stage_give(play->stage.path, NOBODY);
}

static pid_t play_start(struct play *play, enum how how, const char *scene)
{
    char run[96];
    snprintf(run, sizeof run, "%s/course/run", play->stage.path);
    char *alone[] = { "holdout", "grade-one", run, NULL };
    char *warden[] = { "holdout", "execute", (char *)scene, play->stage.path, NULL };
    return stage_start(&play->stage, how == ALONE ? alone : warden);
}

static void play_run(struct play *play, enum how how)
{
    play_lay(play);
    play->code = stage_wait(play_start(play, how, "run"));
    play->report = stage_read(play->arena, &play->stage, "report");
    play->result = rundir_result(play->rundir, &play->stage, "course/run");
}

static void play_close(struct play *play)
{
    stage_close(&play->stage);
    arena_drop(play->arena);
}

static const char *log_of(struct play *play, size_t step)
{
    return stage_read(play->arena, &play->stage,
                      arena_print(play->arena, "course/run/logs/%zu.log", step));
}

static void verdict_is(struct play *play, size_t step, const char *verdict)
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

static void kept_is(struct play *play, size_t step, const char *path, const char *bytes)
{
    const char *got =
        rundir_kept(play->rundir, &play->stage, "course/run", &play->result->steps[step], path);
    if (!got || strcmp(got, bytes) != 0)
        fail_msg("%s: got \"%s\", expected \"%s\"", path, got ? got : "(nothing)", bytes);
}

static void plan_the_walk(struct rundir *rundir)
{
    struct job_step *step =
        rundir_step(rundir, "build-0", "build",
                    "cat src/part.txt > made.txt && echo '#!/bin/sh' > run.sh && "
                    "echo 'echo ran' >> run.sh && chmod +x run.sh && ./check");
    rundir_input(rundir, step, "/opt/ml/code/src/part.txt", "part\n", 0644);
    rundir_input(rundir, step, "/opt/ml/code/check", "#!/bin/sh\necho checked\n", 0755);
    step->writable[1] = step->keep[1] = "/opt/ml/code";
    step->writable_count = step->keep_count = 2;
    step = rundir_step(rundir, "train-1", "train",
                       "./run.sh; cat made.txt /opt/ml/input/data/train/train.csv > "
                       "/opt/ml/model/model.txt; echo no > made.txt; echo no > new.txt; "
                       "rm -f made.txt; test -e made.txt && test ! -e new.txt");
    job_input_add(step, &(struct job_input){ .from = "build-0", .at = "/opt/ml/code" });
    rundir_input(rundir, step, "/opt/ml/input/data/train/train.csv", "a,b\n1,2\n", 0644);
    step->writable[1] = step->keep[1] = "/opt/ml/model";
    step->writable_count = step->keep_count = 2;
    step = rundir_step(rundir, "predict-1", "predict",
                       "echo x > /opt/ml/model/model.txt; echo x > /opt/ml/model/new; "
                       "echo x > /opt/ml/code/new; rm -f /opt/ml/model/model.txt; "
                       "mkdir -p /opt/ml/output/data; test ! -e /opt/ml/model/new && "
                       "test ! -e /opt/ml/code/new && "
                       "cat /opt/ml/model/model.txt > /opt/ml/output/data/predictions.csv");
    job_input_add(step, &(struct job_input){ .from = "build-0", .at = "/opt/ml/code" });
    job_input_add(step, &(struct job_input){ .from = "train-1", .at = "/opt/ml/model" });
}

static void the_walk_is_whole(struct play *play)
{
    for (size_t i = 0; i < 3; i++)
        verdict_is(play, i, "ok");
    kept_is(play, 0, "/opt/ml/code/made.txt", "part\n");
    assert_non_null(strstr(log_of(play, 0), "checked"));
    assert_non_null(strstr(log_of(play, 1), "ran"));
    kept_is(play, 1, "/opt/ml/model/model.txt", "part\na,b\n1,2\n");
    kept_is(play, 2, "/opt/ml/output/data/predictions.csv", "part\na,b\n1,2\n");
    assert_int_equal(play->result->steps[2].artifact_count, 1);
    for (size_t i = 0; i < play->result->steps[0].artifact_count; i++) {
        const struct job_artifact *kept = &play->result->steps[0].artifacts[i];
        bool run = strstr(kept->path, "run.sh") || strstr(kept->path, "check");
        assert_int_equal(kept->mode, run ? 0755 : 0644);
    }
    assert_true(play->result->steps[1].report.wall_us > 0);
    assert_true(play->result->steps[1].log.bytes > 0);
}

static void progress_is_whole(struct play *play)
{
    char path[96];
    snprintf(path, sizeof path, "%s/course/run", play->stage.path);
    scoped(fd) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int64_t offset = 0;
    struct progress progress;
    struct fault why;
    bool found;
    for (size_t i = 0; i < 6; i++) {
        assert_true(
            progress_next(play->arena, dir, play->rundir->job, &offset, &progress, &found, &why));
        assert_true(found);
        assert_int_equal(progress.step_at, i / 2);
        assert_int_equal(progress.kind, i % 2 ? PROGRESS_ENDED : PROGRESS_STARTED);
    }
    assert_string_equal(progress.verdict, "ok");
}

static void files_walk_from_build_to_predict(bool root, enum how how)
{
    struct play play;
    play_open(&play, root);
    plan_the_walk(play.rundir);
    play_run(&play, how);
    assert_int_equal(play.code, 0);
    if (how == BY_WARDEN)
        assert_string_equal(play.report, "state=1 exit=0 free=1\n");
    the_walk_is_whole(&play);
    progress_is_whole(&play);
    play_close(&play);
}

static void files_walk_alone_as_an_ordinary_user(void **state)
{
    (void)state;
    files_walk_from_build_to_predict(false, ALONE);
}

static void files_walk_by_the_warden_as_an_ordinary_user(void **state)
{
    (void)state;
    files_walk_from_build_to_predict(false, BY_WARDEN);
}

static void files_walk_by_the_warden_as_root_beneath_a_0700_parent(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    files_walk_from_build_to_predict(true, BY_WARDEN);
}

static const struct {
    const char *verdict, *script;
    int64_t exit_code, signal;
} endings[] = {
    { "ok", "true", 0, 0 },
    { "exit", "exit 3", 3, 0 },
    { "exit", "/no/such/program", 127, 0 },
    { "signal", "kill -SEGV $$", 0, 11 },
    { "wall", "sleep 60", 0, 0 },
    { "cpu", "while :; do :; done", 0, 0 },
    { "output", "yes | head -c 10000000", 0, 0 },
    { "memory", "head -c 100000000 /dev/zero | tail -n 1", 0, 0 },
};
#define ENDINGS (sizeof endings / sizeof *endings)

static void endings_come_through(bool root)
{
    struct play play;
    play_open(&play, root);
    for (size_t i = 0; i < ENDINGS; i++) {
        struct job_step *step = rundir_step(play.rundir, arena_print(play.arena, "train-%zu", i),
                                            "train", endings[i].script);
        step->stop_on_failure = false;
        if (strcmp(endings[i].verdict, "wall") == 0)
            step->limits.wall_ms = 500;
        if (strcmp(endings[i].verdict, "cpu") == 0)
            step->limits.cpu_ms = 300;
        if (strcmp(endings[i].verdict, "memory") == 0) {
            step->limits.memory_bytes = 32 << 20;
            step->limits.disk_bytes = 1 << 20;
        }
    }
    play_run(&play, root ? BY_WARDEN : ALONE);
    for (size_t i = 0; i < ENDINGS; i++) {
        verdict_is(&play, i, endings[i].verdict);
        if (strcmp(endings[i].verdict, "exit") == 0)
            assert_int_equal(play.result->steps[i].exit_code, endings[i].exit_code);
        if (strcmp(endings[i].verdict, "signal") == 0)
            assert_int_equal(play.result->steps[i].signal, endings[i].signal);
    }
    play_close(&play);
}

static void verdicts_come_through_as_an_ordinary_user(void **state)
{
    (void)state;
    endings_come_through(false);
}

static void verdicts_come_through_as_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    endings_come_through(true);
}

static void a_failed_step_ends_the_job(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    rundir_step(play.rundir, "build-0", "build", "echo broken >&2; exit 2");
    rundir_step(play.rundir, "train-1", "train", "true");
    play_run(&play, ALONE);
    assert_int_equal(play.code, 0);
    verdict_is(&play, 0, "exit");
    assert_int_equal(play.result->step_count, 1);
    assert_string_equal(log_of(&play, 0), "broken\n");
    play_close(&play);
}

static void a_step_sees_the_environment_that_it_was_promised(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    struct job_step *step =
        rundir_step(play.rundir, "train-1", "train",
                    "env; cd /opt/holdout && find . -type f | LC_ALL=C sort; ls -l /opt; "
                    "cat lib/pkgconfig/holdout.pc; holdout-ml; pwd; ls /proc/self/fd; "
                    "touch bin/x 2>/dev/null && echo writable; true");
    step->env[step->env_count++] = "SM_HP_SEED=7";
    step->env[step->env_count++] = "PATH=/tmp";
    play_run(&play, ALONE);
    verdict_is(&play, 0, "ok");
    const char *log = log_of(&play, 0);
    static const char *const wanted[] = {
        "PATH=/opt/holdout/bin:/usr/bin:/bin\n",
        "LD_LIBRARY_PATH=/opt/holdout/lib\n",
        "PKG_CONFIG_PATH=/opt/holdout/lib/pkgconfig\n",
        "HOME=/tmp\n",
        "LANG=C.UTF-8\n",
        "SM_HP_SEED=7\n",
        "./bin/holdout-ml\n./include/holdout.h\n./lib/libholdout.a\n./lib/libholdout.so\n"
        "./lib/libholdout.so.0\n./lib/pkgconfig/holdout.pc\n",
        "prefix=/opt/holdout\n",
        "\nholdout-ml\n",
        "/opt/ml/code\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(log, wanted[i]))
            fail_msg("no \"%s\" in\n%s", wanted[i], log);
    assert_null(strstr(log, "PATH=/tmp\n"));
    assert_null(strstr(log, "writable"));
    play_close(&play);
}

static void a_large_file_is_seen_whole_and_cannot_be_changed(void **state)
{
    (void)state;
    for (int root = 0; root < (geteuid() == 0 ? 2 : 1); root++) {
        struct play play;
        size_t size = 3 << 20;
        play_open(&play, root);
        char *bytes = arena_take(play.arena, size + 1);
        memset(bytes, 'z', size);
        struct job_step *step = rundir_step(play.rundir, "train-1", "train",
                                            "echo no > /opt/ml/input/data/train/train.csv; "
                                            "cp /opt/ml/input/data/train/train.csv copy; "
                                            "wc -c < /opt/ml/input/data/train/train.csv");
        rundir_input(play.rundir, step, "/opt/ml/input/data/train/train.csv", bytes, 0644);
        play_run(&play, root ? BY_WARDEN : ALONE);
        verdict_is(&play, 0, "ok");
        assert_non_null(strstr(log_of(&play, 0), "3145728\n"));
        play_close(&play);
    }
}

static void a_step_may_change_its_copy_beneath_a_writable_directory(void **state)
{
    (void)state;
    struct play play;
    size_t size = 2 << 20;
    play_open(&play, false);
    char *bytes = arena_take(play.arena, size + 1);
    memset(bytes, 'z', size);
    struct job_step *step =
        rundir_step(play.rundir, "build-0", "build",
                    "echo more >> large; wc -c < large > /opt/ml/output/data/n");
    rundir_input(play.rundir, step, "/opt/ml/code/large", bytes, 0644);
    rundir_input(play.rundir, step, "/opt/ml/output/data/n", "", 0644);
    step->writable[step->writable_count++] = "/opt/ml/code";
    play_run(&play, ALONE);
    verdict_is(&play, 0, "ok");
    kept_is(&play, 0, "/opt/ml/output/data/n", "2097157\n");
    play_close(&play);
}

/* Does a process run whose command line holds the word? */
static bool runs(const char *word)
{
    DIR *list = opendir("/proc");
    struct dirent *entry;
    bool found = false;
    while (!found && (entry = readdir(list))) {
        char path[300], line[4096] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd >= 0 ? read(fd, line, sizeof line) : 0;
        found = got > 0 && memmem(line, (size_t)got, word, strlen(word));
    }
    closedir(list);
    return found;
}

static bool becomes(bool (*is)(const char *word), const char *word, bool wanted)
{
    for (int i = 0; i < 500; i++) {
        if (is(word) == wanted)
            return true;
        nap(10);
    }
    return false;
}

static pid_t runner_of(const char *stage)
{
    DIR *list = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;
    while (!found && (entry = readdir(list))) {
        char path[300], line[512] = "", exe[512] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd >= 0 ? read(fd, line, sizeof line) : 0;
        snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
        if (got <= 0 || !memmem(line, (size_t)got, "grade-one", 10) ||
            readlink(path, exe, sizeof exe - 1) <= 0)
            continue;
        if (strstr(exe, stage) || strstr(exe, "/mnt/prefix/"))
            found = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    closedir(list);
    return found;
}

static void nothing_is_left_after_sigkill(bool root, enum how how)
{
    struct play play;
    play_open(&play, root);
    char *script = arena_print(play.arena, "sleep 97%d & sleep 97%d", getpid(), getpid());
    char *word = arena_print(play.arena, "97%d", getpid());
    struct job_step *step = rundir_step(play.rundir, "train-1", "train", script);
    play_lay(&play);
    pid_t started = play_start(&play, how, "run");
    assert_true(becomes(runs, word, true));
    pid_t runner = how == ALONE ? started : runner_of(play.stage.path);
    assert_true(runner > 1);
    kill(runner, SIGKILL);
    assert_true(becomes(runs, word, false));
    play.code = stage_wait(started);
    assert_null(rundir_result(play.rundir, &play.stage, "course/run"));
    if (how == BY_WARDEN)
        assert_string_equal(stage_read(play.arena, &play.stage, "report"),
                            "state=1 exit=-1 free=1\n");
    step->argv[2] = "true";
    char job[96];
    snprintf(job, sizeof job, "%s/course/run/job.json", play.stage.path);
    unlink(job);
    play_run(&play, how);
    verdict_is(&play, 0, "ok");
    play_close(&play);
}

static void after_sigkill_nothing_is_left_and_a_second_attempt_works(void **state)
{
    (void)state;
    nothing_is_left_after_sigkill(false, ALONE);
    nothing_is_left_after_sigkill(false, BY_WARDEN);
    if (geteuid() == 0)
        nothing_is_left_after_sigkill(true, BY_WARDEN);
}

static void a_cancelled_job_ends_without_a_result(void **state)
{
    (void)state;
    for (int root = 0; root < (geteuid() == 0 ? 2 : 1); root++) {
        struct play play;
        play_open(&play, root);
        char *word = arena_print(play.arena, "98%d", getpid());
        rundir_step(play.rundir, "train-1", "train", arena_print(play.arena, "sleep %s", word));
        play_lay(&play);
        int64_t start_us = clock_mono_us();
        assert_int_equal(stage_wait(play_start(&play, BY_WARDEN, "cancel")), 0);
        assert_true(clock_mono_us() - start_us < 5000000);
        assert_string_equal(stage_read(play.arena, &play.stage, "report"),
                            "state=1 exit=75 free=1\n");
        assert_null(rundir_result(play.rundir, &play.stage, "course/run"));
        assert_false(runs(word));
        play_close(&play);
    }
}

static void the_whole_job_has_a_deadline(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    play.rundir->job->deadline_ms = 700;
    rundir_step(play.rundir, "train-1", "train", "sleep 30");
    int64_t start_us = clock_mono_us();
    play_run(&play, ALONE);
    assert_true(clock_mono_us() - start_us < 5000000);
    assert_int_equal(play.code, 75);
    assert_null(play.result);
    play_close(&play);
}

/* Spoils the directory, then expects no result and this code. */
static void spoilt(void (*spoil)(int rundir, const char *sha256), int code)
{
    struct play play;
    play_open(&play, false);
    struct job_step *step = rundir_step(play.rundir, "train-1", "train", "true");
    rundir_input(play.rundir, step, "/opt/ml/input/data/train/train.csv", "a,b\n", 0644);
    play_lay(&play);
    char path[96];
    snprintf(path, sizeof path, "%s/course/run", play.stage.path);
    scoped(fd) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    spoil(dir, step->inputs[0].sha256);
    if (geteuid() == 0)
        stage_give(play.stage.path, NOBODY);
    assert_int_equal(stage_wait(play_start(&play, ALONE, "")), code);
    assert_null(rundir_result(play.rundir, &play.stage, "course/run"));
    play_close(&play);
}

static void input_changed(int rundir, const char *sha256)
{
    char path[96];
    snprintf(path, sizeof path, "inputs/%s", sha256);
    unlinkat(rundir, path, 0);
    stage_file(rundir, path, "a,c\n", 0444);
}

static void input_gone(int rundir, const char *sha256)
{
    char path[96];
    snprintf(path, sizeof path, "inputs/%s", sha256);
    unlinkat(rundir, path, 0);
}

static void input_linked(int rundir, const char *sha256)
{
    char path[96];
    input_gone(rundir, sha256);
    snprintf(path, sizeof path, "inputs/%s", sha256);
    stage_file(rundir, "../elsewhere", "a,b\n", 0644);
    assert_int_equal(symlinkat("../../elsewhere", rundir, path), 0);
}

/* The right bytes, but outside of the run directory: only confinement keeps grade-one from them. */
static void inputs_linked(int rundir, const char *sha256)
{
    char path[96];
    input_gone(rundir, sha256);
    assert_int_equal(unlinkat(rundir, "inputs", AT_REMOVEDIR), 0);
    snprintf(path, sizeof path, "../elsewhere/%s", sha256);
    stage_file(rundir, path, "a,b\n", 0644);
    assert_int_equal(symlinkat("../elsewhere", rundir, "inputs"), 0);
}

static void job_spoilt(int rundir, const char *sha256)
{
    (void)sha256;
    unlinkat(rundir, "job.json", 0);
    stage_file(rundir, "job.json", "{\"schema\":1}", 0644);
}

static void spoilt_inputs_and_jobs_are_refused(void **state)
{
    (void)state;
    spoilt(input_changed, 75);
    spoilt(input_gone, 75);
    spoilt(input_linked, 75);
    spoilt(inputs_linked, 75);
    spoilt(job_spoilt, 65);
}

static void two_at_once_in_one_directory_are_refused(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    char *word = arena_print(play.arena, "96%d", getpid());
    rundir_step(play.rundir, "train-1", "train",
                arena_print(play.arena, "sleep 1; sleep 0.%s", word));
    play_lay(&play);
    pid_t first = play_start(&play, ALONE, "");
    assert_true(becomes(runs, word, true));
    assert_int_equal(stage_wait(play_start(&play, ALONE, "")), 75);
    assert_int_equal(stage_wait(first), 0);
    play_close(&play);
}

static void what_cannot_be_kept_is_the_steps_fault(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    struct job_step *step = rundir_step(play.rundir, "train-1", "train",
                                        "mkdir -p /opt/ml/output/data; cd /opt/ml/output/data; "
                                        "ln -s /etc/passwd link; mkfifo pipe; echo a > plain");
    step->stop_on_failure = false;
    step = rundir_step(play.rundir, "train-2", "train",
                       "mkdir -p /opt/ml/output/data; cd /opt/ml/output/data; "
                       "printf x > \"$(printf 'a\\nb')\"");
    play_run(&play, ALONE);
    assert_int_equal(play.code, 0);
    for (size_t i = 0; i < play.result->steps[0].artifact_count; i++)
        assert_string_equal(play.result->steps[0].artifacts[i].path, "/opt/ml/output/data/plain");
    verdict_is(&play, 1, "artifact");
    play_close(&play);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "grade-one") == 0)
        return grade_one_main(argc - 1, argv + 1);
    if (argc > 3 && strcmp(argv[1], "execute") == 0)
        return execute_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_walk_alone_as_an_ordinary_user),
        cmocka_unit_test(files_walk_by_the_warden_as_an_ordinary_user),
        cmocka_unit_test(files_walk_by_the_warden_as_root_beneath_a_0700_parent),
        cmocka_unit_test(verdicts_come_through_as_an_ordinary_user),
        cmocka_unit_test(verdicts_come_through_as_root),
        cmocka_unit_test(a_failed_step_ends_the_job),
        cmocka_unit_test(a_step_sees_the_environment_that_it_was_promised),
        cmocka_unit_test(a_large_file_is_seen_whole_and_cannot_be_changed),
        cmocka_unit_test(a_step_may_change_its_copy_beneath_a_writable_directory),
        cmocka_unit_test(after_sigkill_nothing_is_left_and_a_second_attempt_works),
        cmocka_unit_test(a_cancelled_job_ends_without_a_result),
        cmocka_unit_test(the_whole_job_has_a_deadline),
        cmocka_unit_test(spoilt_inputs_and_jobs_are_refused),
        cmocka_unit_test(two_at_once_in_one_directory_are_refused),
        cmocka_unit_test(what_cannot_be_kept_is_the_steps_fault),
    };
    return cmocka_run_group_tests_name("grade-one", tests, NULL, NULL);
}
