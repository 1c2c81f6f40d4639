/* grade-one on real run directories with real programs: files through the steps, verdicts. */
#include "tests/grader/execute/play.h"

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
    struct stat st;
    assert_int_equal(
        stat(arena_print(play.arena, "%s/course/run/result.json", play.stage.path), &st), 0);
    assert_int_equal(st.st_uid, root ? 61002 : geteuid() == 0 ? NOBODY : geteuid());
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
        if (strcmp(endings[i].verdict, "ok") == 0) /* no machine has that much: it gives all */
            step->limits.memory_bytes = step->limits.disk_bytes = 1LL << 40;
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
    step->env[step->env_count++] = "PATH=/usr/bin:/bin:/extra"; /* as an image has them */
    step->env[step->env_count++] = "LD_LIBRARY_PATH=/extra/lib";
    step->env[step->env_count++] = "HOME=/root";
    step->env[step->env_count++] = "LANG=C";
    play_run(&play, ALONE);
    verdict_is(&play, 0, "ok");
    const char *log = log_of(&play, 0);
    static const char *const wanted[] = {
        "PATH=/opt/holdout/bin:/usr/bin:/bin:/extra\n",
        "LD_LIBRARY_PATH=/opt/holdout/lib:/extra/lib\n",
        "PKG_CONFIG_PATH=/opt/holdout/lib/pkgconfig\n",
        "HOME=/tmp\n",
        "LANG=C\n",
        "SM_HP_SEED=7\n",
        ("./bin/holdout-ml\n./include/holdout.h\n./lib/libholdout.a\n./lib/libholdout.so\n"
         "./lib/libholdout.so.0\n./lib/pkgconfig/holdout.pc\n"),
        "prefix=${pcfiledir}/../..\n",
        "\nholdout-ml\n",
        "/opt/ml/code\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(log, wanted[i]))
            fail_msg("no \"%s\" in\n%s", wanted[i], log);
    assert_null(strstr(log, "HOME=/root"));
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
    int code = play_main(argc, argv);
    if (code >= 0)
        return code;
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
        cmocka_unit_test(what_cannot_be_kept_is_the_steps_fault),
    };
    return cmocka_run_group_tests_name("grade-one", tests, NULL, NULL);
}
