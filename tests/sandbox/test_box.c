/* What a box gives and takes: files, binds, environment, kept files, outputs. */
#include "tests/sandbox/box_test.h"

/* ---- what the command sees ---- */

static void environment_arguments_and_directory_are_the_given_ones(void **state)
{
    static const char *const envp[] = { "A=1", "B=two words", NULL };
    static const char *const argv[] = { "/usr/bin/env", NULL };
    struct box_job job = test_job(argv);
    job.envp = envp;
    expect(*state, &job, BOX_OK, "A=1\nB=two words\n");
    job = shell("pwd; id -u; id -g; hostname; echo $0 $#; tty; umask");
    job.cwd = "/usr/lib";
    expect(*state, &job, BOX_OK, "/usr/lib\n1000\n1000\nbox\n/bin/sh 0\nnot a tty\n0022\n");
    static const char *const by_path[] = { "true", NULL };
    static const char *const path[] = { "PATH=/nowhere:/usr/bin", NULL };
    job = test_job(by_path);
    job.envp = path;
    expect(*state, &job, BOX_OK, "");
}

static void copied_files_have_their_modes_and_places(void **state)
{
    put_file("in.txt", "hello\n", 0600); /* the box's user could not read it where it lies */
    put_file("tool", "#!/bin/sh\necho tool\n", 0600);
    static const char *const writable[] = { "/opt/ml/code", NULL };
    static const char *const readonly[] = { "/opt/ml/code/fixed", "/opt/ml/input", NULL };
    const struct box_file files[] = {
        { work, "tool", "/opt/ml/code/tool", 0755 },
        { work, "in.txt", "/opt/ml/code/fixed/a.txt", 0644 },
        { work, "in.txt", "/opt/ml/input/data/deep/in.txt", 0444 },
        { work, "in.txt", "/tmp/in.txt", 0600 },
    };
    struct box_job job =
        shell("./tool && cat fixed/a.txt /opt/ml/input/data/deep/in.txt /tmp/in.txt"
              " && stat -c %a tool fixed/a.txt /tmp/in.txt && echo more >> tool"
              " && ! { echo x > fixed/b; } 2>/dev/null"
              " && ! { echo x > /opt/ml/input/x; } 2>/dev/null"
              " && ! rm -f /opt/ml/input/data/deep/in.txt 2>/dev/null"
              " && ! { echo x > /opt/x; } 2>/dev/null && echo x > new");
    job.cwd = "/opt/ml/code";
    job.files = files;
    job.file_count = 4;
    job.writable = writable;
    job.readonly = readonly;
    expect(*state, &job, BOX_OK, "tool\nhello\nhello\nhello\n755\n644\n600\n");
}

static void binds_show_files_and_directories(void **state)
{
    mkdirat(work, "shown", 0755);
    put_file("shown/a", "a\n", 0644);
    put_file("one", "one\n", 0644);
    mkdirat(work, "open", 0777);
    fchmodat(work, "open", 0777, 0);
    static const char *const writable[] = { "/opt/ml/output", NULL };
    const struct box_bind binds[] = {
        { work, "shown", "/opt/ml/output/shown", false },
        { work, "one", "/srv/one", false },
        { work, "open", "/srv/open", true },
    };
    struct box_job job =
        shell("cat /opt/ml/output/shown/a /srv/one && echo x > /opt/ml/output/y"
              " && ! { echo x > /opt/ml/output/shown/b; } 2>/dev/null"
              " && ! { echo x >> /srv/one; } 2>/dev/null && echo written > /srv/open/file");
    char text[64];
    job.writable = writable;
    job.binds = binds;
    job.bind_count = 3;
    expect(*state, &job, BOX_OK, "a\none\n");
    get_file("open/file", text, sizeof text);
    assert_string_equal(text, "written\n");
    unlinkat(work, "open/file", 0);
}

static void binds_of_other_things_are_refused(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    mkfifoat(work, "fifo", 0666);
    const struct box_bind pipe = { work, "fifo", "/srv/fifo", false };
    const struct box_bind none = { work, "nothing", "/srv/x", false };
    struct box_job job = shell("true");
    job.binds = &pipe;
    job.bind_count = 1;
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_INTERNAL);
    assert_non_null(strstr(report.message, "neither a directory nor a regular file"));
    job.binds = &none;
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_INTERNAL);
    assert_non_null(strstr(report.message, "nothing could not be opened: No such file"));
    assert_clean(slot);
}

static void masks_hide(void **state)
{
    static const char *const masks[] = { "/usr/lib/python3", "/etc/passwd", "/not/there", NULL };
    struct box_job job = shell("ls -A /usr/lib/python3; cat /etc/passwd; echo end");
    job.masks = masks;
    expect(*state, &job, BOX_OK, "end\n");
}

/* What hides things lies in /etc, which may be hidden or covered itself. */
static void masks_hide_in_any_order(void **state)
{
    static const char *const etc_first[] = { "/etc", "/usr/include", NULL };
    static const char *const etc_last[] = { "/usr/include", "/etc", NULL };
    static const char *const include[] = { "/usr/include", NULL };
    const struct box_bind over = { work, "shown", "/etc", false };
    struct box_job job = shell("ls -A /etc /usr/include");
    mkdirat(work, "shown", 0755);
    put_file("shown/a", "a\n", 0644);
    job.masks = etc_first;
    expect(*state, &job, BOX_OK, "/etc:\n\n/usr/include:\n");
    job.masks = etc_last;
    expect(*state, &job, BOX_OK, "/etc:\n\n/usr/include:\n");
    job.masks = include;
    job.binds = &over;
    job.bind_count = 1;
    expect(*state, &job, BOX_OK, "/etc:\na\n\n/usr/include:\n");
}

static void nothing_stays_for_the_next_run(void **state)
{
    struct box_job job = shell("echo x > /tmp/left; echo y > /dev/shm/left");
    expect(*state, &job, BOX_OK, "");
    job = shell("ls -A /tmp /dev/shm");
    expect(*state, &job, BOX_OK, "/dev/shm:\n\n/tmp:\n");
}

/* A launcher's boxes start with the same root: what one job wants there is not the next one's. */
static void the_root_has_what_the_job_asks_for(void **state)
{
    static const char *const writable[] = { "/work", "/data/out", NULL };
    static char names[66][16];
    const char *many[66] = { NULL };
    const struct box_file files[] = { { work, "in.txt", "/note.txt", 0644 } };
    const struct box_bind binds[] = { { work, "one", "/one", false } };
    struct box_job job = shell("cat /note.txt /one && echo x > /work/y && echo x > /data/out/y"
                               " && ! { echo x > /data/y; } 2>/dev/null"
                               " && ! { echo x > /note.txt; } 2>/dev/null && ! rmdir /work"
                               " 2>/dev/null && echo /[no]* /w* /da*");
    put_file("one", "one\n", 0644);
    job.writable = writable;
    job.files = files;
    job.file_count = 1;
    job.binds = binds;
    job.bind_count = 1;
    expect(*state, &job, BOX_OK, "hello\none\n/note.txt /one /work /data\n");
    job = shell("ls -d /[!lbsu]*");
    expect(*state, &job, BOX_OK, "/dev\n/etc\n/proc\n/tmp\n");
    for (int i = 0; i < 65; i++) {
        snprintf(names[i], sizeof names[i], "/a%d", i);
        many[i] = names[i];
    }
    job.writable = many;
    expect(*state, &job, BOX_INTERNAL, NULL);
    many[64] = NULL;
    expect(*state, &job, BOX_OK, NULL);
    job.writable = NULL;
    job = shell("ls -d /[!lbsu]*");
    expect(*state, &job, BOX_OK, "/dev\n/etc\n/proc\n/tmp\n");
}

static void copy_to(const char *from, const char *to)
{
    char line[512];
    snprintf(line, sizeof line, "mkdir -p $(dirname %s/root/%s) && cp -L %s %s/root/%s", work_path,
             to, from, work_path, to);
    assert_int_equal(system(line), 0);
}

static void a_directory_can_be_the_whole_root(void **state)
{
    copy_to("/usr/bin/cat", "bin/cat");
    copy_to("/lib64/ld-linux-x86-64.so.2", "lib64/ld-linux-x86-64.so.2");
    copy_to("/lib/x86_64-linux-gnu/libc.so.6", "lib/x86_64-linux-gnu/libc.so.6");
    copy_to("/etc/hostname", "opt/ml/own");
    put_file("root/opt/there", "there\n", 0644);
    put_file("in.txt", "hello\n", 0600);
    static const char *const argv[] = { "cat", "/opt/there", "/opt/ml/code/in.txt", NULL };
    static const char *const path[] = { "PATH=/bin", NULL };
    const struct box_file file = { work, "in.txt", "/opt/ml/code/in.txt", 0644 };
    struct box_job job = test_job(argv);
    job.envp = path;
    job.files = &file;
    job.file_count = 1;
    job.root = openat(work, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    expect(*state, &job, BOX_OK, "there\nhello\n");
    close(job.root);
}

/* A root is taken apart where the job puts something: with no more rights than the box has. */
static void a_closed_directory_of_a_root_stays_closed(void **state)
{
    const struct slot *slot = *state;
    static const char *const argv[] = { "/bin/cat", "/closed/file", NULL };
    const struct box_file file = { work, "in.txt", "/closed/new", 0644 };
    struct box_report report;
    struct box_job job = test_job(argv);
    if (!is_root())
        skip();
    put_file("in.txt", "hello\n", 0600);
    mkdirat(work, "other", 0755);
    mkdirat(work, "other/closed", 0700);
    put_file("other/closed/file", "secret\n", 0644);
    job.files = &file;
    job.file_count = 1;
    job.root = openat(work, "other", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_INTERNAL);
    if (!strstr(report.message, "could not open /closed"))
        show_report(&report, "");
    assert_non_null(strstr(report.message, "could not open /closed/: Permission denied"));
    close(job.root);
    assert_clean(slot);
}

/* ---- what comes out ---- */

static void kept_files_are_copied_and_listed(void **state)
{
    const struct slot *slot = *state;
    static const char *const writable[] = { "/opt/ml/model", "/opt/ml/output", NULL };
    static const char *const keep[] = { "/opt/ml/model", "/opt/ml/output/p.csv", "/tmp/t",
                                        "/opt/ml/output/missing", NULL };
    struct box_job job = shell("cd /opt/ml/model; mkdir -p a/b; echo 1 > a/b/m; echo 2 > tool;"
                               "chmod 4700 tool; echo 3 > /opt/ml/output/p.csv; echo 4 > /tmp/t;"
                               "echo no > /opt/ml/output/other");
    struct box_report report;
    char text[64];
    assert_int_equal(system("rm -rf /tmp/holdout-box-kept"), 0);
    mkdir("/tmp/holdout-box-kept", 0755);
    job.keep_dir = open("/tmp/holdout-box-kept", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    job.writable = writable;
    job.keep = keep;
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_OK);
    assert_int_equal(report.artifact_count, 4);
    int64_t bytes = 0;
    for (size_t i = 0; i < 4; i++) {
        struct stat about;
        assert_int_equal(fstatat(job.keep_dir, report.artifacts[i].path + 1, &about, 0), 0);
        bool tool = strcmp(report.artifacts[i].path, "/opt/ml/model/tool") == 0;
        assert_int_equal(about.st_mode & 07777, tool ? 0755 : 0644);
        assert_int_equal(report.artifacts[i].mode, tool ? 0755 : 0644);
        assert_int_equal(about.st_uid, geteuid());
        bytes += report.artifacts[i].bytes;
    }
    assert_int_equal(bytes, 8);
    int old = work;
    work = job.keep_dir;
    get_file("opt/ml/model/a/b/m", text, sizeof text);
    work = old;
    assert_string_equal(text, "1\n");
    box_report_close(&report);
    close(job.keep_dir);
    assert_int_equal(system("rm -rf /tmp/holdout-box-kept"), 0);
    assert_clean(slot);
}

/* The next box is made some 20 ms after the command started: it must not hold on to this one's. */
static void files_are_kept_while_the_next_box_is_made(void **state)
{
    (void)state;
    static const char *const writable[] = { "/opt/ml/output", NULL };
    char why[256] = "", script[96];
    const struct box_launcher_options options = {
        .uid = TEST_UID - 40, .gid = TEST_UID - 40, .name = "test-ahead", .ahead = true
    };
    struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
    assert_non_null(launcher);
    for (int i = 0; i < 40; i++) {
        snprintf(script, sizeof script, "sleep 0.%03d; echo x > /opt/ml/output/x", 15 + i % 10);
        struct box_report report;
        struct box_job job = shell(script);
        job.writable = job.keep = writable;
        box_run(launcher, &job, &report);
        assert_string_equal(report.message, "");
        assert_int_equal(report.verdict, BOX_OK);
        assert_int_equal(report.artifact_count, 1);
        box_report_close(&report);
    }
    box_launcher_close(launcher);
}

static void more_files_than_allowed_are_an_artifact_fault(void **state)
{
    static const char *const writable[] = { "/opt/ml/output", NULL };
    static const char *const keep[] = { "/opt/ml/output", NULL };
    struct box_job job = shell("cd /opt/ml/output; for i in 1 2 3 4; do echo > $i; done");
    job.writable = writable;
    job.keep = keep;
    job.limits.keep_files = 3;
    expect(*state, &job, BOX_ARTIFACT, "");
    job.limits.keep_files = 4;
    expect(*state, &job, BOX_OK, "");
}

static void what_cannot_be_executed_has_its_errno(void **state)
{
    static const struct {
        const char *path;
        int error;
    } rows[] = {
        { "/not/there", ENOENT }, { "/etc/passwd", EACCES }, { "/usr/lib", EACCES },
        { "/opt/bad", ENOEXEC },  { "/opt/script", ENOENT }, { "not-on-the-path", ENOENT },
    };
    const struct slot *slot = *state;
    put_file("bad", "not a program", 0755);
    put_file("script", "#!/no/interpreter\n", 0755);
    const struct box_file files[] = { { work, "bad", "/opt/bad", 0755 },
                                      { work, "script", "/opt/script", 0755 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const argv[] = { rows[i].path, NULL };
        struct box_report report;
        struct box_job job = test_job(argv);
        job.files = files;
        job.file_count = 2;
        box_run(slot->launcher, &job, &report);
        assert_int_equal(report.verdict, BOX_EXIT);
        assert_int_equal(report.exec_errno, rows[i].error);
        assert_non_null(strstr(report.message, rows[i].path));
    }
}

static void a_megabyte_of_arguments_is_reported(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    char *big = malloc(1 << 20);
    memset(big, 'x', (1 << 20) - 1);
    big[(1 << 20) - 1] = 0;
    const char *const argv[] = { "/usr/bin/true", big, NULL };
    struct box_job job = test_job(argv);
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_EXIT);
    assert_int_equal(report.exec_errno, E2BIG);
    free(big);
}

static void outputs_are_bounded_to_the_byte(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    static char text[65536];
    struct box_job job = shell("head -c 1000 /dev/zero | tr '\\0' a");
    job.limits.output_bytes = 1000;
    run_into(slot->launcher, &job, &report, text, sizeof text);
    assert_int_equal(report.verdict, BOX_OK);
    assert_int_equal(strlen(text), 1000);
    job.limits.output_bytes = 999;
    run_into(slot->launcher, &job, &report, text, sizeof text);
    assert_int_equal(report.verdict, BOX_OUTPUT);
    assert_int_equal(strlen(text), 999);
    assert_int_equal(report.stdout_bytes, 1000);
}

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(environment_arguments_and_directory_are_the_given_ones),
        BOTH(copied_files_have_their_modes_and_places),
        BOTH(binds_show_files_and_directories),
        BOTH(binds_of_other_things_are_refused),
        BOTH(masks_hide),
        BOTH(masks_hide_in_any_order),
        BOTH(nothing_stays_for_the_next_run),
        BOTH(the_root_has_what_the_job_asks_for),
        BOTH(a_directory_can_be_the_whole_root),
        BOTH(a_closed_directory_of_a_root_stays_closed),
        BOTH(kept_files_are_copied_and_listed),
        BOTH(more_files_than_allowed_are_an_artifact_fault),
        BOTH(files_are_kept_while_the_next_box_is_made),
        BOTH(what_cannot_be_executed_has_its_errno),
        BOTH(a_megabyte_of_arguments_is_reported),
        BOTH(outputs_are_bounded_to_the_byte),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("box", tests, count, slots_start, slots_stop);
}
