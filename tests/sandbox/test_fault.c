/*
 * One system call of the launcher, or of pid 1 of a box, fails, one after the other: the report
 * says so, nothing is left, the next box is as ever. FAULT=all tries every errno on every call.
 */
#include "tests/sandbox/fault.h"
#include "tests/sandbox/fault_look.h"
#include "tests/sandbox/box_test.h"
#include "sandbox/wire.h"
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>

static const int errors[] = { EINTR, ENOMEM, EMFILE, ENOSPC };
#define ERRORS (sizeof errors / sizeof *errors)
#define TEXT 8192
#define HUNG_S 20
#define FDS_OF_GROUPS 14

/* The launcher under test; what its descriptor numbers, children and groups are when it rests. */
static struct {
    struct fault_page *page;
    int page_fd, program, folder;
    bool ordinary, ahead;
    struct slot slot;
    size_t children, groups, mounts;
    struct box_job job;
    char text[TEXT], layers[320]; /* of a box in which nothing fails */
} under;

static volatile sig_atomic_t hung;

/* ---- the launcher ---- */

static void become_launcher(int socket)
{
    char number[16], page[32], name[] = "launcher", none[] = "", yes[] = "1";
    snprintf(number, sizeof number, "%d", TEST_UID);
    snprintf(page, sizeof page, "FAULT=%d", under.page_fd);
    char *const argv[] = { name, number, number, none, under.ahead ? yes : none, NULL };
    char *const envp[] = { page, NULL };
    if (under.ordinary && is_root() &&
        (setgroups(0, NULL) || setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) ||
         setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID)))
        _exit(127);
    dup2(socket, 3);
    fcntl(3, F_SETFD, 0);
    fcntl(under.page_fd, F_SETFD, 0);
    syscall(SYS_execveat, under.program, "", argv, envp, AT_EMPTY_PATH);
    _exit(127);
}

/* False: it said why, or nothing, and ended. */
static bool launch(char *why, size_t why_size)
{
    int pair[2];
    struct wire_message message;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    pid_t pid = fork();
    if (pid == 0)
        become_launcher(pair[1]);
    close(pair[1]);
    under.slot.pid = pid;
    under.slot.ordinary = under.ordinary;
    snprintf(under.slot.name, sizeof under.slot.name, "pid%d", (int)pid);
    why[0] = 0;
    bool came = wire_receive(pair[0], &message);
    if (came && message.head.kind == WIRE_STARTED) {
        under.slot.launcher = box_launcher_attach(pair[0]);
        return true;
    }
    snprintf(why, why_size, "%.200s", came ? message.text : "");
    close(pair[0]);
    waitpid(pid, NULL, 0);
    return false;
}

static void land(void)
{
    box_launcher_close(under.slot.launcher);
    under.slot.launcher = NULL;
    waitpid(under.slot.pid, NULL, 0);
    for (int try = 0; try < 500 && count_groups(under.slot.name); try++)
        usleep(1000);
    assert_int_equal(count_groups(under.slot.name), 0);
}

/* ---- looks at it ---- */

/* Waits for a message, and what it made ahead too (or that is dead). */
static bool rests(void)
{
    pid_t box = 0;
    return waits_in(under.slot.pid) == SYS_recvmsg &&
           (!children_of(under.slot.pid, &box) || waits_in(box) == SYS_recvmsg || is_dead(box));
}

static void settle(void)
{
    for (int quiet = 0, try = 0; quiet < 2 && try < 20000; try++) {
        quiet = rests() ? quiet + 1 : 0;
        if (quiet < 2)
            usleep(100);
    }
}

/* Of what a launcher keeps for its next boxes there may be less for a while. */
static bool is_as_before(void)
{
    pid_t box;
    return children_of(under.slot.pid, &box) == under.children &&
           count_groups(under.slot.name) <= under.groups &&
           count_fds(under.slot.pid) <= under.slot.fd_count &&
           count_mounts(under.slot.pid) == under.mounts;
}

/* ---- jobs ---- */

static const char *const probe_argv[] = { "/srv/probe", "probe", NULL };
static const char *const writable[] = { "/opt/out", NULL };
static const char *const readonly[] = { "/opt/fixed", NULL };
static const char *const masks[] = { "/srv/hidden", NULL };
static const char *const keep[] = { "/opt/out", "/tmp", NULL };

/* Everything that a job can ask for; masks and a root need a box of its own. */
static struct box_job full_job(bool own, int root)
{
    static struct box_bind binds[2];
    static struct box_file files[2];
    struct box_job job = test_job(probe_argv);
    binds[0] = (struct box_bind){ under.folder, "probe", "/srv/probe", false };
    binds[1] = (struct box_bind){ under.folder, "hidden", "/srv/hidden", false };
    files[0] = (struct box_file){ under.folder, "text", "/opt/fixed/a", 0644 };
    files[1] = (struct box_file){ under.folder, "text", "/opt/fixed/b", 0600 };
    job.binds = binds;
    job.bind_count = 2;
    job.files = files;
    job.file_count = 2;
    job.writable = writable;
    job.readonly = readonly;
    job.keep = keep;
    job.degraded = under.ordinary;
    job.masks = own ? masks : NULL;
    job.root = root;
    if (own && !under.ordinary)
        job.limits.cpu_milli = 1500;
    return job;
}

static void run(struct box_report *report, char text[TEXT])
{
    struct box_job job = under.job;
    alarm(HUNG_S);
    run_into(under.slot.launcher, &job, report, text, TEXT);
    alarm(0);
    settle();
}

static void on_alarm(int signal)
{
    (void)signal;
    hung = 1;
    kill(under.slot.pid, SIGKILL);
}

static void disarm(void)
{
    __atomic_store_n(&under.page->armed, 0, __ATOMIC_SEQ_CST);
}

static void arm(enum fault_side side, uint32_t at, int error)
{
    *under.page = (struct fault_page){ .side = side, .at = at, .error = error };
    __atomic_store_n(&under.page->armed, 1, __ATOMIC_SEQ_CST);
}

static bool wrong(const char *what, const struct box_report *report, const char *text)
{
    const struct fault_page *page = under.page;
    print_error("%s: %s (call %u of %s, errno %d)\n", what, page->name, page->at,
                page->side == SIDE_BOX ? "pid 1" : "the launcher", page->error);
    if (report)
        show_report(report, text);
    return false;
}

/* All walls stand, or nothing was run and the message says why. */
static bool is_honest(const struct box_report *report, const char *text)
{
    bool exec = report->verdict == BOX_EXIT && report->exec_errno == under.page->error &&
                strcmp(under.page->name, "execve") == 0;
    if (hung)
        return wrong("hung", report, text);
    if (report->verdict != BOX_OK && report->verdict != BOX_INTERNAL && !exec)
        return wrong("the blame is not ours", report, text);
    if (report->verdict != BOX_OK && !report->message[0])
        return wrong("no message", report, text);
    if (report->verdict == BOX_OK && strcmp(text, under.text) != 0)
        return wrong("another box", report, text);
    if (report->verdict == BOX_OK && strcmp(report->layers, under.layers) != 0)
        return wrong("other layers", report, text);
    if (report->verdict != BOX_OK && text[0] && strcmp(text, under.text) != 0)
        return wrong("half a box ran it", report, text);
    return true;
}

/* What happened to calls of one name. */
static struct tally {
    char name[32];
    unsigned tried, carried; /* carried: the job was fine all the same */
} tallies[96];

static void note(const char *name, bool carried)
{
    for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++) {
        if (tallies[i].name[0] && strcmp(tallies[i].name, name) != 0)
            continue;
        snprintf(tallies[i].name, sizeof tallies[i].name, "%s", name);
        tallies[i].tried++;
        tallies[i].carried += carried;
        return;
    }
}

/* One fault, the job that meets it, one that may meet its traces, one that must not. */
static bool try_fault(enum fault_side side, uint32_t at, int error)
{
    struct box_report report;
    char text[TEXT];
    bool good = true, carried = true;
    arm(side, at, error);
    for (int i = 0; i < (under.ahead ? 2 : 1); i++) {
        run(&report, text);
        disarm();
        good = good && is_honest(&report, text);
        carried = carried && report.verdict == BOX_OK;
        box_report_close(&report);
    }
    if (under.page->fired)
        note(under.page->name, carried);
    run(&report, text);
    if (good && (report.verdict != BOX_OK || strcmp(text, under.text) != 0))
        good = wrong("the next job", &report, text);
    box_report_close(&report);
    for (int try = 0; try < 1000 && !is_as_before(); try++)
        usleep(1000);
    if (good && !is_as_before()) {
        pid_t box;
        print_error("%zu children, %zu groups, %zu descriptors, %zu mounts\n",
                    children_of(under.slot.pid, &box), count_groups(under.slot.name),
                    count_fds(under.slot.pid), count_mounts(under.slot.pid));
        good = wrong("something is left", NULL, NULL);
        under.slot.fd_count = count_fds(under.slot.pid); /* complain once */
        under.groups = count_groups(under.slot.name);
    }
    return good;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure(void)
{
    struct box_report report;
    pid_t box;
    under.groups = under.slot.fd_count = 0;
    for (int i = 0; i < 8; i++) {
        run(&report, under.text);
        if (report.verdict != BOX_OK)
            show_report(&report, under.text);
        assert_int_equal(report.verdict, BOX_OK);
        snprintf(under.layers, sizeof under.layers, "%s", report.layers);
        box_report_close(&report);
        under.groups = larger(under.groups, count_groups(under.slot.name));
        under.slot.fd_count = larger(under.slot.fd_count, count_fds(under.slot.pid));
    }
    under.children = children_of(under.slot.pid, &box);
    if (under.ahead && under.groups) { /* it keeps the groups of up to two boxes */
        under.groups *= 3;
        under.slot.fd_count += 2 * FDS_OF_GROUPS;
    }
    under.mounts = count_mounts(under.slot.pid);
    assert_int_equal(under.children, under.ahead);
}

static bool tries_all(void)
{
    const char *all = getenv("FAULT");
    return all && strcmp(all, "all") == 0;
}

/* Every call of one side; without FAULT=all each with one errno, all in turn. */
static unsigned try_side(enum fault_side side)
{
    unsigned bad = 0, passed = 0, past = 0;
    /* With a root of its own a box differs only in its parts: every second call will do. */
    uint32_t step = under.job.root >= 0 && !tries_all() ? 2 : 1;
    for (uint32_t at = 0; past < 3 && bad < 10; at += step) {
        bool reached = false;
        for (size_t e = 0; e < ERRORS; e++) {
            if (!tries_all() && e != (at + at / ERRORS) % ERRORS)
                continue;
            bad += !try_fault(side, at, errors[e]);
            passed += under.page->fired;
            reached |= under.page->name[0] != 0;
        }
        past = reached ? 0 : past + 1;
    }
    print_message("# %s, %s, %s: %u faults, %u wrong\n", under.ordinary ? "ordinary user" : "root",
                  under.ahead ? "ahead" : "cold", side == SIDE_BOX ? "pid 1" : "launcher", passed,
                  bad);
    assert_true(passed > 20);
    return bad;
}

static void try_all(const struct slot *slot, bool ahead, bool own, int root)
{
    char why[256];
    disarm();
    hung = 0;
    under.ordinary = slot->ordinary;
    under.ahead = ahead;
    assert_true(launch(why, sizeof why));
    under.job = full_job(own, root);
    measure();
    unsigned bad = try_side(SIDE_LAUNCHER) + try_side(SIDE_BOX);
    land();
    assert_int_equal(bad, 0);
}

static void a_box_made_for_its_job_survives_any_failing_call(void **state)
{
    try_all(*state, false, true, -1);
}

static void a_box_made_ahead_survives_any_failing_call(void **state)
{
    try_all(*state, true, false, -1);
}

static void a_box_with_a_root_of_its_own_survives_any_failing_call(void **state)
{
    int root = openat(under.folder, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    try_all(*state, false, false, root);
    close(root);
}

/* ---- the start of a launcher ---- */

/* It works and tells all it has, or says why not and ends. */
static bool try_start(uint32_t at, int error)
{
    char why[256], text[TEXT];
    struct box_report report;
    arm(SIDE_LAUNCHER, at, error);
    alarm(HUNG_S);
    bool up = launch(why, sizeof why);
    alarm(0);
    disarm();
    if (under.page->fired)
        note(under.page->name, up);
    if (!up) {
        bool good = count_groups(under.slot.name) == 0 && !hung;
        bool mute = strcmp(under.page->name, "sendmsg") == 0; /* it was the answer that failed */
        return (good && (why[0] || mute)) ||
               wrong(why[0] ? "the start left something" : "no word", NULL, "");
    }
    run(&report, text);
    bool whole = report.verdict == BOX_OK && strcmp(text, under.text) == 0 &&
                 strcmp(report.layers, under.layers) == 0;
    /* A control group hierarchy that could not be found is a layer less, and is said. */
    bool less = strcmp(report.layers, under.layers) != 0 &&
                (report.verdict == BOX_OK || report.verdict == BOX_INTERNAL);
    bool good = whole || less || wrong("the launcher is half made", &report, text);
    box_report_close(&report);
    land();
    return good;
}

static void a_launcher_starts_whole_or_says_why_not(void **state)
{
    const struct slot *slot = *state;
    char why[256];
    unsigned bad = 0, passed = 0;
    disarm();
    hung = 0;
    under.ordinary = slot->ordinary;
    under.ahead = false;
    assert_true(launch(why, sizeof why));
    under.job = full_job(true, -1);
    measure();
    land();
    uint32_t step = tries_all() ? 1 : 5;
    for (uint32_t at = 0, past = 0; past < 3 && bad < 10; at += step) {
        bool reached = false;
        for (size_t e = 0; e < ERRORS; e++) {
            if (!tries_all() && e != at % ERRORS)
                continue;
            bad += !try_start(at, errors[e]);
            passed += under.page->fired;
            reached |= under.page->name[0] != 0;
        }
        past = reached ? 0 : past + 1;
    }
    print_message("# %s: %u faults, %u wrong\n", slot->ordinary ? "ordinary user" : "root", passed,
                  bad);
    assert_int_equal(bad, 0);
    assert_true(passed > 20);
}

/* ---- */

static void copy_program(const char *name)
{
    char path[4096], bytes[65536];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    assert_true(len > 0);
    path[len] = 0;
    snprintf(strrchr(path, '/') + 1, 16, "fault");
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = openat(under.folder, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0755);
    assert_true(from >= 0 && to >= 0);
    for (ssize_t got; (got = read(from, bytes, sizeof bytes)) > 0;)
        assert_int_equal(write(to, bytes, (size_t)got), got);
    close(from);
    close(to);
}

static int start(void **state)
{
    (void)state;
    static const char *const folders[] = { "hidden", "root", "root/opt", "root/opt/more" };
    if (!mkdtemp(work_path) || chmod(work_path, 0755))
        return -1;
    under.folder = work = open(work_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdirat(work, folders[i], 0755))
            return -1;
    put_file("hidden/secret", "secret\n", 0644);
    put_file("root/opt/file", "file\n", 0644);
    put_file("text", "text\n", 0644);
    copy_program("probe");
    under.program = openat(work, "probe", O_RDONLY | O_CLOEXEC);
    under.page_fd = memfd_create("fault", MFD_CLOEXEC);
    if (under.program < 0 || under.page_fd < 0 || ftruncate(under.page_fd, 4096))
        return -1;
    under.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, under.page_fd, 0);
    signal(SIGALRM, on_alarm);
    return under.page == MAP_FAILED;
}

static int stop(void **state)
{
    char line[128];
    (void)state;
    for (size_t i = 0; i < sizeof tallies / sizeof *tallies && tallies[i].name[0]; i++)
        print_message("# %-24s %5u failed, %5u times the job was fine all the same\n",
                      tallies[i].name, tallies[i].tried, tallies[i].carried);
    snprintf(line, sizeof line, "rm -rf %s", work_path);
    return system(line);
}

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(a_box_made_for_its_job_survives_any_failing_call),
        BOTH(a_box_made_ahead_survives_any_failing_call),
        BOTH(a_box_with_a_root_of_its_own_survives_any_failing_call),
        BOTH(a_launcher_starts_whole_or_says_why_not),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("fault", tests, count, start, stop);
}
