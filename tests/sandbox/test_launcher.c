/* Launchers: who may drive them, what they survive, what dies with whom; bad jobs in one line. */
#include "tests/sandbox/box_test.h"
#include "sandbox/wire.h"
#include <poll.h>
#include <signal.h>
#include <sys/random.h>

static const char *const true_argv[] = { "/usr/bin/true", NULL };
static const char *const sleep_argv[] = { "/usr/bin/sleep", "60", NULL };

static void still_works(const struct slot *slot)
{
    struct box_report report;
    struct box_job job = test_job(true_argv);
    box_run(slot->launcher, &job, &report);
    if (report.verdict != BOX_OK)
        show_report(&report, "");
    assert_int_equal(report.verdict, BOX_OK);
    assert_clean(slot);
}

/* The only child of a launcher: pid 1 of its box; 0 without, after at most two seconds. */
static pid_t box_of(pid_t launcher, bool there)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)launcher, (int)launcher);
    for (int i = 0; i < 200; i++) {
        int pid = 0;
        FILE *in = fopen(path, "re");
        bool found = in && fscanf(in, "%d", &pid) == 1;
        if (in)
            fclose(in);
        if (found == there)
            return found ? pid : 0;
        usleep(10000);
    }
    return there ? 0 : -1;
}

static bool gone_soon(pid_t pid)
{
    for (int i = 0; i < 200; i++) {
        if (kill(pid, 0) && errno == ESRCH)
            return true;
        usleep(10000);
    }
    return false;
}

/* A child of this test that drives the launcher with a box that sleeps. */
static pid_t sleeping_caller(const struct slot *slot)
{
    pid_t child = fork();
    if (child == 0) {
        struct box_report report;
        struct box_job job = test_job(sleep_argv);
        job.limits.wall_ms = 60000;
        box_run(slot->launcher, &job, &report);
        _exit(0);
    }
    return child;
}

static void a_caller_that_dies_takes_its_box_along(void **state)
{
    const struct slot *slot = *state;
    pid_t caller = sleeping_caller(slot);
    pid_t box = box_of(slot->pid, true);
    assert_true(box > 0);
    kill(caller, SIGKILL);
    waitpid(caller, NULL, 0);
    assert_true(gone_soon(box));
    assert_int_equal(box_of(slot->pid, false), 0);
    still_works(slot);
}

static void a_launcher_that_is_killed_takes_its_box_along(void **state)
{
    struct slot *slot = *state;
    pid_t caller = sleeping_caller(slot);
    pid_t box = box_of(slot->pid, true);
    assert_true(box > 0);
    char path[64], children[64] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)box, (int)box);
    for (int i = 0; i < 200 && !children[0]; i++) {
        FILE *in = fopen(path, "re");
        if (in && !fgets(children, sizeof children, in))
            children[0] = 0;
        if (in)
            fclose(in);
        usleep(10000);
    }
    pid_t payload = (pid_t)strtol(children, NULL, 10);
    assert_true(payload > 0);
    kill(slot->pid, SIGKILL);
    assert_true(gone_soon(payload) && gone_soon(box));
    waitpid(caller, NULL, 0);
    box_launcher_close(slot->launcher);
    char old[sizeof slot->name];
    memcpy(old, slot->name, sizeof old);
    slot_start(slot); /* sweeps what was left */
    assert_int_equal(count_groups(old), 0);
    still_works(slot);
}

static void a_launcher_ends_with_its_last_holder(void **state)
{
    const struct slot *from = *state;
    struct slot own = { .ordinary = from->ordinary };
    slot_start(&own);
    int copy = fcntl(box_launcher_socket(own.launcher), F_DUPFD_CLOEXEC, 0);
    box_launcher_forget(own.launcher);
    usleep(50000);
    assert_int_equal(kill(own.pid, 0), 0);
    close(copy);
    waitpid(own.pid, NULL, 0); /* when it is a child of this process */
    assert_true(gone_soon(own.pid));
}

/* As grade-one does: another user, no privilege, an inherited socket. */
static void another_user_drives_it(void **state)
{
    const struct slot *slot = *state;
    if (!is_root())
        skip();
    pid_t child = fork();
    if (child == 0) {
        struct box_report report;
        struct box_job job = test_job(true_argv);
        if (setgroups(0, NULL) || setresgid(61989, 61989, 61989) || setresuid(61989, 61989, 61989))
            _exit(2);
        struct box_launcher *launcher = box_launcher_attach(box_launcher_socket(slot->launcher));
        box_run(launcher, &job, &report);
        _exit(report.verdict != BOX_OK);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_clean(slot);
}

static void what_the_caller_cannot_open_it_cannot_mount(void **state)
{
    const struct slot *slot = *state;
    if (!is_root())
        skip();
    pid_t child = fork();
    if (child == 0) {
        struct box_report report;
        const struct box_bind bind = { AT_FDCWD, "/root/.", "/srv/root", false };
        struct box_job job = test_job(true_argv);
        job.binds = &bind;
        job.bind_count = 1;
        if (setgroups(0, NULL) || setresgid(61989, 61989, 61989) || setresuid(61989, 61989, 61989))
            _exit(2);
        struct box_launcher *launcher = box_launcher_attach(box_launcher_socket(slot->launcher));
        box_run(launcher, &job, &report);
        _exit(report.verdict != BOX_INTERNAL || !strstr(report.message, "Permission denied"));
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    still_works(slot);
}

static void wrong_options_are_refused(void **state)
{
    char why[256] = "";
    (void)state;
    if (is_root()) {
        assert_null(box_launcher_start(&(struct box_launcher_options){ .uid = 0, .gid = 5 }, why,
                                       sizeof why));
        assert_non_null(strstr(why, "never runs as user or group 0"));
    }
    assert_null(box_launcher_start(
        &(struct box_launcher_options){ .uid = TEST_UID, .gid = TEST_UID, .name = "../x" }, why,
        sizeof why));
    assert_non_null(strstr(why, "../x"));
}

static void bad_jobs_are_said_in_one_line(void **state)
{
    static const char *const relative[] = { "opt/x", NULL }, *const dots[] = { "/opt/../x", NULL },
                             *const usr[] = { "/usr/x", NULL },
                             *const slash[] = { "/opt//x", NULL },
                             *const line[] = { "/opt/a\nb", NULL }, *const none[] = { NULL },
                             *const noenv[] = { "NOVALUE", NULL };
    const struct box_job usual = test_job(true_argv);
    struct {
        const char *say;
        struct box_job job;
    } rows[] = {
        { "wall time in ms is 0, allowed are 1 to", usual },
        { "memory in bytes is -5", usual },
        { "processes is 100000", usual },
        { "\"opt/x\" is not a plain absolute path", usual },
        { "\"/opt/../x\" is not", usual },
        { "lies in /usr, which is the box's own", usual },
        { "\"/opt//x\" is not", usual },
        { "is not a plain", usual },
        { "no command is given", usual },
        { "\"NOVALUE\" is not NAME=VALUE", usual },
    };
    char why[256];
    (void)state;
    rows[0].job.limits.wall_ms = 0;
    rows[1].job.limits.memory_bytes = -5;
    rows[2].job.limits.processes = 100000;
    rows[3].job.writable = relative;
    rows[4].job.keep = dots;
    rows[5].job.writable = usr;
    rows[6].job.masks = slash;
    rows[7].job.readonly = line;
    rows[8].job.argv = none;
    rows[9].job.envp = noenv;
    assert_true(box_job_check(&usual, why, sizeof why));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(box_job_check(&rows[i].job, why, sizeof why));
        if (!strstr(why, rows[i].say))
            print_error("expected \"%s\", got \"%s\"\n", rows[i].say, why);
        assert_non_null(strstr(why, rows[i].say));
        assert_null(strchr(why, '\n'));
    }
}

/* ---- callers that do not keep to the protocol ---- */

static int job_socket(const struct slot *slot)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    struct wire_message start = { .head = { .kind = WIRE_START },
                                  .fds = { pair[1] },
                                  .fd_count = 1 };
    assert_true(wire_send(box_launcher_socket(slot->launcher), &start));
    close(pair[1]);
    return pair[0];
}

/* The verdict that comes back; -1: only the end. */
static int answer(int socket)
{
    struct wire_message message;
    int verdict = -1;
    struct pollfd ready = { .fd = socket, .events = POLLIN };
    while (poll(&ready, 1, 5000) == 1 && wire_receive(socket, &message)) {
        if (message.head.kind == WIRE_REPORT)
            verdict = (int)message.report.verdict;
        wire_close_fds(&message);
    }
    close(socket);
    return verdict;
}

static void send_blob(int socket, const void *bytes, size_t size)
{
    struct wire_message message = { .head = { .kind = WIRE_JOB, .fd_mask = 1u << FD_BLOB },
                                    .fd_count = 1 };
    message.fds[0] = memfd_create("blob", MFD_CLOEXEC);
    assert_int_equal(write(message.fds[0], bytes, size), size);
    wire_send(socket, &message);
    close(message.fds[0]);
}

static void send_body(int socket, const void *bytes, size_t size)
{
    struct wire_message message = { .head = { .kind = WIRE_JOB, .text = (uint32_t)size } };
    memcpy(message.text, bytes, size);
    wire_send(socket, &message);
}

static void broken_blobs_are_internal(void **state)
{
    const struct slot *slot = *state;
    struct {
        struct wire_job fixed;
        char texts[64];
    } blob = { .fixed = { .limits = test_job(true_argv).limits, .degraded = 1 } };
    static const struct {
        const char *texts;
        size_t size;
        uint32_t cwd, argv, files;
    } rows[] = {
        { "/tmp\0true", 9, 1, 1, 0 },          /* no ending zero */
        { "/tmp\0true\0", 10, 1, 2, 0 },       /* fewer than counted */
        { "/tmp\0true\0more\0", 15, 1, 1, 0 }, /* more than counted */
        { "tmp\0true\0", 9, 1, 1, 0 },         /* a relative directory */
        { "/tmp\0", 5, 1, 0, 0 },              /* no command */
        { "true\0", 5, 0, 1, 0 },              /* no directory */
        { "/tmp\0true\0"
          "9999/x\0",
          17, 1, 1, 1 }, /* not a mode */
        { "/tmp\0true\0"
          "0\0",
          12, 1, 1, 1 }, /* too short */
        { "/tmp\0true\0"
          "0644/..\0",
          18, 1, 1, 1 },
        { "/tmp\0true\0", 10, 1, 0xffffffff, 0 },
    };
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        int socket = job_socket(slot);
        size_t at = i / 2, size = sizeof blob.fixed + rows[at].size;
        memcpy(blob.texts, rows[at].texts, rows[at].size);
        blob.fixed.counts[LIST_CWD] = rows[at].cwd;
        blob.fixed.counts[LIST_ARGV] = rows[at].argv;
        blob.fixed.counts[LIST_FILES] = rows[at].files;
        if (i % 2)
            send_blob(socket, &blob, size);
        else
            send_body(socket, &blob, size);
        assert_int_equal(answer(socket), BOX_INTERNAL);
    }
    still_works(slot);
}

static void noise_does_not_end_the_launcher(void **state)
{
    const struct slot *slot = *state;
    unsigned char bytes[4096];
    for (int i = 0; i < 20; i++) { /* on the launcher's own socket: ignored */
        assert_int_equal(getrandom(bytes, sizeof bytes, 0), sizeof bytes);
        send(box_launcher_socket(slot->launcher), bytes, (size_t)i * 3, MSG_NOSIGNAL);
    }
    for (int i = 0; i < 100; i++) {
        int socket = job_socket(slot);
        assert_int_equal(getrandom(bytes, sizeof bytes, 0), sizeof bytes);
        struct wire_head *head = (void *)bytes;
        head->kind = (uint32_t)i % 9;
        if (i % 4 == 3)
            send_body(socket, bytes, (size_t)bytes[102] * 5);
        else if (i % 3 == 0)
            send(socket, bytes, sizeof *head, MSG_NOSIGNAL);
        else if (i % 3 == 1)
            send(socket, bytes, (size_t)bytes[100] * 8, MSG_NOSIGNAL);
        else
            send_blob(socket, bytes, sizeof(struct wire_job) + bytes[101]);
        shutdown(socket, SHUT_WR);
        assert_int_equal(answer(socket), BOX_INTERNAL);
    }
    still_works(slot);
}

/* Announced binds or files that never come, and the caller leaving in the middle. */
static void half_a_job_is_dropped(void **state)
{
    const struct slot *slot = *state;
    struct {
        struct wire_job fixed;
        char texts[24];
    } blob = { .fixed = { .limits = test_job(true_argv).limits, .degraded = 1 },
               .texts = "/tmp\0/usr/bin/true" };
    for (int list = 0; list < 2; list++) {
        int socket = job_socket(slot);
        blob.fixed.counts[LIST_CWD] = blob.fixed.counts[LIST_ARGV] = 1;
        blob.fixed.counts[LIST_BINDS] = list == 0;
        blob.fixed.counts[LIST_FILES] = list == 1;
        memcpy(blob.texts,
               list ? "/tmp\0true\0"
                      "0644/a\0"
                    : "/tmp\0true\0r/a\0\0\0\0\0",
               17);
        send_blob(socket, &blob, sizeof blob.fixed + (list ? 17 : 14));
        usleep(50000);
        shutdown(socket, SHUT_WR);
        assert_int_equal(answer(socket), BOX_INTERNAL);
    }
    still_works(slot);
}

static void boxes_side_by_side_have_the_same_verdicts(void **state)
{
    const struct slot *from = *state;
    static const char *const burn[] = { "/bin/sh", "-c", "while :; do :; done", NULL };
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        char why[256], name[24];
        snprintf(name, sizeof name, "test-side-%d", i);
        struct box_launcher_options options = {
            .uid = (uid_t)(TEST_UID - 10 - i), .gid = TEST_UID, .name = name, .ahead = true
        };
        struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
        if (!launcher)
            _exit(9);
        struct box_report report;
        struct box_job job = test_job(i % 2 ? burn : true_argv);
        job.limits.cpu_ms = 300;
        box_run(launcher, &job, &report);
        box_launcher_close(launcher);
        _exit((int)report.verdict);
    }
    (void)from;
    for (int i = 0; i < 4; i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_int_equal(WEXITSTATUS(status), i % 2 ? BOX_CPU : BOX_OK);
    }
}

static void a_box_that_died_while_it_waited_is_made_again(void **state)
{
    (void)state;
    char why[256] = "", path[64], text[256];
    const struct box_launcher_options options = {
        .uid = TEST_UID - 30, .gid = TEST_UID - 30, .name = "test-died", .ahead = true
    };
    struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
    assert_non_null(launcher);
    for (int i = 0; i < 6; i++) {
        int pid = box_launcher_pid(launcher);
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
        long waiting = 0, same = 0;
        /* others come and go while the box is made */
        for (int try = 0; try < 1000 && same < 20; try++) {
            usleep(1000);
            FILE *in = fopen(path, "re");
            assert_non_null(in);
            long child = fgets(text, sizeof text, in) ? strtol(text, NULL, 10) : 0;
            same = child && child == waiting ? same + 1 : 0;
            waiting = child;
            fclose(in);
        }
        assert_true(waiting > 1);
        struct box_report report;
        struct box_job job = test_job(true_argv);
        /* Seen before the job is handed over, maybe only then, or when it has the job. */
        bool late = i % 3 == 2;
        assert_int_equal(kill((pid_t)waiting, late ? SIGSTOP : SIGKILL), 0);
        usleep(i % 3 == 0 ? 30000 : 0);
        struct box *box = box_start(launcher, &job);
        usleep(late ? 30000 : 0);
        assert_int_equal(late ? kill((pid_t)waiting, SIGKILL) : 0, 0);
        box_finish(box, &report);
        assert_string_equal(report.message, "");
        assert_int_equal(report.verdict, BOX_OK);
    }
    box_launcher_close(launcher);
}

static void the_report_is_one_line_of_json(void **state)
{
    (void)state;
    struct box_artifact artifact = { "/opt/a\"\\\xff", 3, 0644 };
    struct box_report report = { .verdict = BOX_MEMORY,
                                 .exit_code = -1,
                                 .syscall = -1,
                                 .signal = 9,
                                 .oom_kills = -1,
                                 .layers = "userns nnp",
                                 .message = "a\tb",
                                 .artifacts = &artifact,
                                 .artifact_count = 1 };
    char *text = box_report_json(&report);
    static const char *const parts[] = {
        "{\"verdict\":\"memory\",\"exit_code\":null,\"signal\":9,",
        "\"oom_kills\":null",
        "\"layers\":[\"userns\",\"nnp\"]",
        "\"message\":\"a\\u0009b\"}\n",
        "{\"path\":\"/opt/a\\\"\\\\\\u00ff\",\"bytes\":3,\"mode\":\"0644\"}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(text, parts[i]))
            print_error("%s lacks %s\n", text, parts[i]);
        assert_non_null(strstr(text, parts[i]));
    }
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

#define ONCE(test)                                                                                 \
    {                                                                                              \
#test, test, NULL, NULL, &slots[1]                                                         \
    }

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(a_caller_that_dies_takes_its_box_along),
        BOTH(a_launcher_that_is_killed_takes_its_box_along),
        BOTH(a_launcher_ends_with_its_last_holder),
        BOTH(another_user_drives_it),
        BOTH(what_the_caller_cannot_open_it_cannot_mount),
        ONCE(wrong_options_are_refused),
        ONCE(bad_jobs_are_said_in_one_line),
        BOTH(broken_blobs_are_internal),
        BOTH(noise_does_not_end_the_launcher),
        BOTH(half_a_job_is_dropped),
        ONCE(boxes_side_by_side_have_the_same_verdicts),
        ONCE(a_box_that_died_while_it_waited_is_made_again),
        ONCE(the_report_is_one_line_of_json),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("launcher", tests, count, slots_start, slots_stop);
}
