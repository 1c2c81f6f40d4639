/* How jobs end: killed, cancelled, late, spoilt; nothing is left and nothing is half written. */
#include "core/base/landlock.h"
#include "grader/execute/grade_parts.h"
#include "tests/grader/execute/play.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <sys/socket.h>

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

/* The process whose command line starts with these words, of the program of this stage or any. */
static pid_t process_of(const char *first, const char *second)
{
    DIR *list = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;
    while (!found && (entry = readdir(list))) {
        char path[300], line[512] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd >= 0 ? read(fd, line, sizeof line - 1) : 0;
        if (got > 0 && strcmp(line, first) == 0 &&
            memmem(line, (size_t)got, second, strlen(second)))
            found = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    closedir(list);
    return found;
}

/* The warden's child with a socket and the same command line. */
static pid_t grader_of(pid_t warden)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", warden, warden);
    scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    pid_t found = 0;
    for (char *at = text; got > 0 && *at;) {
        pid_t child = (pid_t)strtol(at, &at, 10);
        char line[256] = "";
        snprintf(path, sizeof path, "/proc/%d/cmdline", child);
        scoped(fd) int command = open(path, O_RDONLY | O_CLOEXEC);
        if (command >= 0 && read(command, line, sizeof line - 1) > 0 &&
            memmem(line, sizeof line, "execute", 7))
            found = child;
        at += strspn(at, " ");
    }
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
    char *name = arena_print(play.arena, "local-%d-1", grader_of(started));
    pid_t runner = how == ALONE ? started : process_of("holdout", name);
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

static void nothing_is_left_when_the_warden_itself_is_killed(void **state)
{
    (void)state;
    for (int root = 0; root < (geteuid() == 0 ? 2 : 1); root++) {
        struct play play;
        play_open(&play, root);
        char *word = arena_print(play.arena, "95%d", getpid());
        rundir_step(play.rundir, "train-1", "train", arena_print(play.arena, "sleep %s", word));
        play_lay(&play);
        pid_t warden = play_start(&play, BY_WARDEN, "run");
        assert_true(becomes(runs, word, true));
        kill(warden, SIGKILL);
        stage_wait(warden);
        assert_true(becomes(runs, word, false));
        assert_true(becomes(runs, play.stage.path, false));
        play_close(&play);
    }
}

static void a_launcher_that_died_is_started_again(void **state)
{
    (void)state;
    for (int root = 0; root < (geteuid() == 0 ? 2 : 1); root++) {
        struct play play;
        play_open(&play, root);
        rundir_step(play.rundir, "train-1", "train", "true");
        play_lay(&play);
        pid_t warden = play_start(&play, BY_WARDEN, "twice");
        char *name = arena_print(play.arena, "holdout-%d-0", warden);
        const char *report = "";
        for (int i = 0; i < 1000 && !report[0]; i++) {
            nap(5);
            report = stage_read(play.arena, &play.stage, "report");
        }
        pid_t launcher = process_of("holdout-launcher", name);
        assert_true(launcher > 1);
        kill(launcher, SIGKILL);
        assert_int_equal(stage_wait(warden), 0);
        assert_string_equal(stage_read(play.arena, &play.stage, "report"),
                            "state=1 exit=0 free=1\nstate=1 exit=0 free=1\n");
        play_close(&play);
    }
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

/* The right bytes, but outside of the run directory. */
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

/* 0 when all that is not the run directory is out of reach, else the number of what was not. */
static int confined(const char *run, const char *truth)
{
    struct fault why;
    scoped(fd) int dir = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (landlock_version() == 0)
        return 77;
    if (open(truth, O_RDONLY | O_CLOEXEC) < 0)
        return 1;
    if (!grade_confine(dir, &why))
        return 2;
    if (open(truth, O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
        return 3;
    if (openat(dir, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ||
        openat(dir, "job.json", O_RDONLY | O_CLOEXEC) < 0)
        return 4;
    if (openat(dir, "../private/truth", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
        return 5;
    if (landlock_version() >= 4 && (connect(socket(AF_INET, SOCK_STREAM, 0),
                                            (struct sockaddr *)&address, sizeof address) == 0 ||
                                    errno != EACCES))
        return 6;
    execl("/bin/true", "true", NULL);
    return errno == EACCES ? 0 : 7;
}

static void grade_one_confines_itself_to_its_directory(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, geteuid() == 0);
    rundir_step(play.rundir, "train-1", "train", "true");
    play_lay(&play);
    const char *run = arena_print(play.arena, "%s/course/run", play.stage.path);
    const char *truth = arena_print(play.arena, "%s/course/private/truth", play.stage.path);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(confined(run, truth));
    int code = stage_wait(pid);
    play_close(&play);
    if (code == 77)
        skip();
    assert_int_equal(code, 0);
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

int main(int argc, char **argv)
{
    int code = play_main(argc, argv);
    if (code >= 0)
        return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_sigkill_nothing_is_left_and_a_second_attempt_works),
        cmocka_unit_test(nothing_is_left_when_the_warden_itself_is_killed),
        cmocka_unit_test(a_launcher_that_died_is_started_again),
        cmocka_unit_test(a_cancelled_job_ends_without_a_result),
        cmocka_unit_test(the_whole_job_has_a_deadline),
        cmocka_unit_test(spoilt_inputs_and_jobs_are_refused),
        cmocka_unit_test(grade_one_confines_itself_to_its_directory),
        cmocka_unit_test(two_at_once_in_one_directory_are_refused),
    };
    return cmocka_run_group_tests_name("ends of jobs", tests, NULL, NULL);
}
