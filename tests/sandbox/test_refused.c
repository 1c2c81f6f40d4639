/* Which call was refused: the report names what is out of the ordinary, and nothing else. */
#include "tests/sandbox/box_test.h"
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#define THREADS 8
#define PROGRAM "/opt/refused/program"

/* ---- what runs inside: this program, with arguments ---- */

static long number_of(const char *text)
{
    return strtol(text, NULL, 0);
}

/* call NUMBER A B: exit code 0 when it was refused as if it did not exist. */
static int make_call(char **argv)
{
    errno = 0;
    long result = syscall(number_of(argv[0]), number_of(argv[1]), number_of(argv[2]), 0, 0, 0, 0);
    return result == -1 && errno == ENOSYS ? 0 : 1;
}

static void *hammer(void *arg)
{
    for (long i = 0, count = *(const long *)arg; i < count; i++)
        if (syscall(SYS_bpf, 0, 0, 0) != -1 || errno != ENOSYS)
            _exit(1);
    return NULL;
}

/* hammer COUNT: so many calls by each of eight threads. */
static int hammer_all(char **argv)
{
    long count = number_of(argv[0]);
    pthread_t threads[THREADS];
    if (syscall(SYS_ptrace, 0, 0, 0, 0) != -1)
        return 1;
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, hammer, &count))
            return 1;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

/* child: who is refused is not the command itself. */
static int refused_child(char **argv)
{
    (void)argv;
    int status = 1;
    pid_t child = fork();
    if (child == 0)
        _exit(syscall(SYS_mount, 0, 0, 0, 0, 0) == -1 ? 0 : 1);
    return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1;
}

static const struct {
    const char *name;
    int (*run)(char **argv);
} acts[] = { { "call", make_call }, { "hammer", hammer_all }, { "child", refused_child } };

static _Noreturn void inside(char **argv)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(argv[1], acts[i].name) == 0)
            _exit(acts[i].run(argv + 2));
    _exit(2);
}

/* ---- outside ---- */

static const struct box_file program[] = { { AT_FDCWD, "/proc/self/exe", PROGRAM, 0755 } };

static struct box_job job_of(const char *const *argv)
{
    struct box_job job = test_job(argv);
    job.files = program;
    job.file_count = 1;
    job.limits.memory_bytes = 512 << 20; /* room for a program with sanitizers */
    return job;
}

static struct box_report run(struct box_launcher *launcher, const char *const *argv)
{
    struct box_report report;
    struct box_job job = job_of(argv);
    box_run(launcher, &job, &report);
    if (report.verdict != BOX_OK)
        show_report(&report, "");
    assert_int_equal(report.verdict, BOX_OK);
    return report;
}

static struct box_report run_call(struct box_launcher *launcher, long number, const char *a,
                                  const char *b)
{
    char text[24];
    const char *const argv[] = { PROGRAM, "call", text, a, b, NULL };
    snprintf(text, sizeof text, "%ld", number);
    return run(launcher, argv);
}

static const struct {
    int number;
    const char *name, *a, *b;
} marked[] = {
    { SYS_mount, "mount", "0", "0" },
    { SYS_umount2, "umount2", "0", "0" },
    { SYS_pivot_root, "pivot_root", "0", "0" },
    { SYS_chroot, "chroot", "0", "0" },
    { SYS_move_mount, "move_mount", "0", "0" },
    { SYS_unshare, "unshare", "0x10000000", "0" },
    { SYS_setns, "setns", "0", "0" },
    { SYS_clone, "clone", "0x10000011", "0" },
    { SYS_ptrace, "ptrace", "0", "0" },
    { SYS_process_vm_readv, "process_vm_readv", "1", "0" },
    { SYS_pidfd_getfd, "pidfd_getfd", "0", "0" },
    { SYS_bpf, "bpf", "0", "0" },
    { SYS_perf_event_open, "perf_event_open", "0", "0" },
    { SYS_userfaultfd, "userfaultfd", "0", "0" },
    { 425, "io_uring_setup", "1", "0" },
    { SYS_add_key, "add_key", "0", "0" },
    { SYS_keyctl, "keyctl", "0", "0" },
    { SYS_kexec_load, "kexec_load", "0", "0" },
    { SYS_finit_module, "finit_module", "0", "0" },
    { SYS_open_by_handle_at, "open_by_handle_at", "0", "0" },
    { SYS_clock_settime, "clock_settime", "0", "0" },
    { SYS_personality, "personality", "0x40000", "0" },
    { SYS_seccomp, "seccomp", "1", "8" },
    { SYS_socket, "socket", "40", "1" },
    { SYS_socket, "socket", "0x100000028", "1" }, /* the high bits do not count */
    { SYS_socket, "socket", "2", "3" },           /* raw */
    { SYS_ioctl, "ioctl", "0", "0x5412" },
};

static void a_call_out_of_the_ordinary_is_named(void **state)
{
    const struct slot *slot = *state;
    for (size_t i = 0; i < sizeof marked / sizeof *marked; i++) {
        struct box_report report =
            run_call(slot->launcher, marked[i].number, marked[i].a, marked[i].b);
        assert_string_equal(report.syscall_name, marked[i].name);
        assert_int_equal(report.syscall, marked[i].number);
        assert_int_equal(report.syscalls_refused, 1);
        box_report_close(&report);
    }
    assert_clean(slot);
}

static void what_libraries_probe_is_not_told(void **state)
{
    const struct slot *slot = *state;
    static const long numbers[] = { SYS_clone3, 450, 999, SYS_migrate_pages };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct box_report report = run_call(slot->launcher, numbers[i], "0", "0");
        assert_int_equal(report.syscall, -1);
        assert_string_equal(report.syscall_name, "");
        assert_int_equal(report.syscalls_refused, 0);
        box_report_close(&report);
    }
}

static void a_child_s_call_is_named_too(void **state)
{
    const struct slot *slot = *state;
    static const char *const argv[] = { PROGRAM, "child", NULL };
    struct box_report report = run(slot->launcher, argv);
    assert_int_equal(report.syscall, SYS_mount);
    char *text = box_report_json(&report);
    assert_non_null(strstr(text, "\"syscall\":165,\"syscall_name\":\"mount\""));
    assert_non_null(strstr(text, "\"syscalls_refused\":1,"));
    free(text);
    box_report_close(&report);
}

static void a_million_refused_calls_disturb_nothing(void **state)
{
    const struct slot *slot = *state;
    static const char *const argv[] = { PROGRAM, "hammer", "125000", NULL };
    struct box_report report = run(slot->launcher, argv);
    assert_int_equal(report.syscall, SYS_ptrace);
    assert_int_equal(report.syscalls_refused, 16);
    box_report_close(&report);
    assert_clean(slot);
}

static void limits_hold_for_who_is_refused_for_ever(void **state)
{
    const struct slot *slot = *state;
    static const char *const argv[] = { PROGRAM, "hammer", "0x7fffffffffff", NULL };
    struct box_report report;
    struct box_job job = job_of(argv);
    job.limits.cpu_ms = 200;
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_CPU);
    assert_int_equal(report.syscall, SYS_ptrace);
    box_report_close(&report);
    assert_clean(slot);
}

static void ordinary_programs_ask_for_nothing_marked(void **state)
{
    const struct slot *slot = *state;
    static const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
    static const char *const lines[] = {
        "python3 -c 'import subprocess, threading, multiprocessing as m, socket, tempfile, ctypes\n"
        "t = threading.Thread(target=print); t.start(); t.join()\n"
        "subprocess.run([\"true\"], check=True); socket.socketpair(); m.Lock(); m.Queue()\n"
        "p = m.Process(target=print); p.start(); p.join()\n"
        "try: socket.getaddrinfo(\"localhost\", 80)\nexcept OSError: pass'",
        "echo 'int main(void) { return 0; }' > /tmp/a.c && gcc -O2 -o /tmp/a /tmp/a.c && /tmp/a",
        "tar -cf /tmp/a.tar /usr/bin/true && sort /tmp/a.tar | gzip > /tmp/b; id; df; ls -l /tmp",
        "test ! -x /usr/bin/R || R --slave -e 'x <- lm(dist ~ speed, cars)'",
        "python3 -c 'import numpy; numpy.ones((200, 200)) @ numpy.ones((200, 200))' || true",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct box_report report;
        struct box_job job = shell(lines[i]);
        job.envp = environment;
        job.limits.memory_bytes = 512 << 20;
        job.limits.cpu_ms = job.limits.wall_ms = 30000;
        job.limits.processes = 64;
        box_run(slot->launcher, &job, &report);
        if (report.verdict != BOX_OK || report.syscalls_refused)
            show_report(&report, lines[i]);
        assert_int_equal(report.verdict, BOX_OK);
        assert_int_equal(report.syscalls_refused, 0);
        box_report_close(&report);
    }
}

static void a_box_made_ahead_tells_the_same(void **state)
{
    (void)state;
    char why[256];
    const struct box_launcher_options options = { .uid = TEST_UID, .gid = TEST_UID, .ahead = true };
    struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
    assert_non_null(launcher);
    for (int i = 0; i < 3; i++) {
        struct box_report report = run_call(launcher, SYS_bpf, "0", "0");
        assert_int_equal(report.syscall, SYS_bpf);
        assert_int_equal(report.syscalls_refused, 1);
        box_report_close(&report);
        report = run_call(launcher, SYS_clone3, "0", "0");
        assert_int_equal(report.syscalls_refused, 0);
        box_report_close(&report);
    }
    box_launcher_close(launcher);
}

static void the_report_says_by_which_filter_and_kernel(void **state)
{
    const struct slot *slot = *state;
    struct box_report report = run_call(slot->launcher, SYS_clone3, "0", "0");
    char line[128];
    FILE *in = fopen("/proc/sys/kernel/osrelease", "re");
    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    fclose(in);
    line[strcspn(line, "\n")] = 0;
    assert_string_equal(report.kernel, line);
    assert_int_equal(strlen(report.filter), 16);
    assert_int_equal(strspn(report.filter, "0123456789abcdef"), 16);
    box_report_close(&report);
}

static void the_peak_of_memory_has_parts(void **state)
{
    const struct slot *slot = *state;
    static const char *const writable[] = { "/opt/out", NULL };
    struct box_report report;
    struct box_job job =
        shell("head -c 8M /dev/zero > /tmp/x; head -c 4M /dev/zero > /opt/out/x; sleep 0.1;"
              "rm /opt/out/x; dd if=/dev/zero of=/dev/null bs=20M count=20 status=none");
    job.writable = writable;
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_OK);
    assert_in_range(report.memory_shared_bytes, 8 << 20, 9 << 20);
    assert_in_range(report.disk_peak_bytes, 4 << 20, 5 << 20);
    assert_true(report.disk_bytes < 1 << 20);
    if (!slot->ordinary) /* polled memory may miss so short a life */
        assert_in_range(report.memory_anonymous_bytes, 19 << 20, 25 << 20);
    box_report_close(&report);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        inside(argv);
    struct CMUnitTest tests[] = {
        BOTH(a_call_out_of_the_ordinary_is_named),
        BOTH(what_libraries_probe_is_not_told),
        BOTH(a_child_s_call_is_named_too),
        BOTH(a_million_refused_calls_disturb_nothing),
        BOTH(limits_hold_for_who_is_refused_for_ever),
        BOTH(ordinary_programs_ask_for_nothing_marked),
        BOTH(the_report_says_by_which_filter_and_kernel),
        BOTH(the_peak_of_memory_has_parts),
        { "ordinary launcher: a_box_made_ahead_tells_the_same", a_box_made_ahead_tells_the_same,
          NULL, NULL, &slots[1] },
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests("refused", tests,
                                   tests_possible(tests, sizeof tests / sizeof *tests), slots_start,
                                   slots_stop);
}
