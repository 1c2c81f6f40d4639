/*
 * Caller, launcher and pid 1 of a box are killed at moments spread over a job's life: nothing
 * survives them. And many boxes in a row leave nothing: 200, with FAULT=all 1,000.
 */
#include "tests/sandbox/fault_look.h"
#include <signal.h>
#include <sys/syscall.h>

#define MOMENTS 30
#define STEP_US 300 /* from the first message to well after the command's start */
#define CALM_LOOKS 5
#define GROUPS_A_BOX 4
#define FDS_OF_A_BOX 20

static char mark[32]; /* in the arguments of everything that belongs to a test */

static struct slot start_launcher(bool ahead)
{
    static unsigned count;
    char why[256] = "";
    struct slot slot = { 0 };
    snprintf(mark, sizeof mark, "life-%d-%u", (int)getpid(), count++);
    struct box_launcher_options options = {
        .uid = TEST_UID, .gid = TEST_UID, .name = mark, .ahead = ahead
    };
    slot.launcher = box_launcher_start(&options, why, sizeof why);
    if (!slot.launcher)
        print_error("%s\n", why);
    assert_non_null(slot.launcher);
    slot.pid = box_launcher_pid(slot.launcher);
    memcpy(slot.name, mark, sizeof slot.name - 1);
    return slot;
}

/* Processes other than this one with the mark, zombies not counted. */
static size_t count_marked(void)
{
    char path[64], text[1024];
    size_t count = 0;
    DIR *list = opendir("/proc");
    assert_non_null(list);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%.20s/cmdline", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
        count += len > 0 && memmem(text, (size_t)len, mark, strlen(mark));
    }
    closedir(list);
    return count;
}

/*
 * At most so many are left, and it stays so: while it executes a program a process has no arguments
 * for a moment and is not counted.
 */
static void assert_marked(size_t most)
{
    size_t calm = 0;
    for (int try = 0; try < 5000 && calm < CALM_LOOKS; try++) {
        calm = count_marked() <= most ? calm + 1 : 0;
        usleep(1000);
    }
    assert_int_equal(calm, CALM_LOOKS);
}

/* One that stays until it is killed, with a child; or one that is over at once. */
static struct box_job marked_job(bool stays)
{
    static const char *argv[] = { "/bin/sh", "-c", NULL, mark, NULL };
    argv[2] = stays ? "/bin/sh -c 'sleep 60; :' $0 & sleep 60; :" : ":";
    struct box_job job = test_job(argv);
    job.degraded = !is_root();
    return job;
}

static pid_t start_caller(const struct slot *slot, bool stays)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct box_report report;
        struct box_job job = marked_job(stays);
        box_run(slot->launcher, &job, &report);
        bool fine =
            report.verdict == BOX_OK || (report.verdict == BOX_INTERNAL && report.message[0]);
        _exit(fine ? 0 : 1);
    }
    assert_true(pid > 0);
    return pid;
}

static void assert_works(const struct slot *slot)
{
    struct box_report report;
    struct box_job job = marked_job(false);
    box_run(slot->launcher, &job, &report);
    if (report.verdict != BOX_OK)
        show_report(&report, "");
    assert_int_equal(report.verdict, BOX_OK);
    box_report_close(&report);
}

static void stop_launcher(struct slot *slot)
{
    box_launcher_close(slot->launcher);
    assert_marked(0);
    assert_int_equal(count_groups(slot->name), 0);
}

static void kill_callers(bool ahead)
{
    struct slot slot = start_launcher(ahead);
    for (int i = 0; i < MOMENTS; i++) {
        pid_t caller = start_caller(&slot, i % 2 == 0);
        usleep((useconds_t)(i * STEP_US));
        kill(caller, SIGKILL);
        waitpid(caller, NULL, 0);
        assert_works(&slot);          /* taken up only when all of the other is gone */
        assert_marked(ahead ? 3 : 1); /* it, and pid 1 of the next box with the command-to-be */
    }
    stop_launcher(&slot);
}

static void kill_launchers(bool ahead)
{
    for (int i = 0; i < MOMENTS; i++) {
        int status;
        struct slot slot = start_launcher(ahead);
        pid_t caller = start_caller(&slot, i % 2 == 0);
        usleep((useconds_t)(i * STEP_US));
        kill(slot.pid, SIGKILL);
        waitpid(caller, &status, 0);
        assert_int_equal(status, 0); /* it was told */
        box_launcher_close(slot.launcher);
        assert_marked(0);
        /* Its groups are empty and wait for the next launcher of that name. */
        char why[256], name[sizeof mark];
        memcpy(name, mark, sizeof name);
        struct box_launcher_options options = { .uid = TEST_UID, .gid = TEST_UID, .name = name };
        box_launcher_close(box_launcher_start(&options, why, sizeof why));
        assert_int_equal(count_groups(slot.name), 0);
    }
}

static void kill_boxes(bool ahead)
{
    struct slot slot = start_launcher(ahead);
    for (int i = 0; i < MOMENTS; i++) {
        int status;
        pid_t box = 0, caller = start_caller(&slot, true);
        usleep((useconds_t)(i * STEP_US));
        for (int try = 0; try < 5000 && !children_of(slot.pid, &box); try++)
            usleep(1000);
        assert_true(box > 0);
        kill(box, SIGKILL); /* the older one, if the next is there already */
        for (int try = 0; try < 20 && waitpid(caller, &status, WNOHANG) == 0; try++) {
            usleep(100000);
            if (children_of(slot.pid, &box)) /* it was the next one that died */
                kill(box, SIGKILL);
        }
        assert_int_equal(status, 0);
        struct box_report report;
        struct box_job job = marked_job(false);
        box_run(slot.launcher, &job, &report); /* may have been given a dead box */
        assert_true(report.verdict == BOX_OK ||
                    (report.verdict == BOX_INTERNAL && report.message[0]));
        box_report_close(&report);
        assert_works(&slot);
        assert_marked(ahead ? 3 : 1); /* it, and pid 1 of the next box with the command-to-be */
    }
    stop_launcher(&slot);
}

static void a_killed_caller_takes_its_box_along(void **state)
{
    kill_callers(*(const bool *)*state);
}

static void a_killed_launcher_takes_its_boxes_along(void **state)
{
    kill_launchers(*(const bool *)*state);
}

static void a_killed_pid_1_takes_all_inside_along(void **state)
{
    kill_boxes(*(const bool *)*state);
}

/* ---- many in a row ---- */

struct traces {
    size_t own_fds, fds, mounts, groups, children, namespaces;
    int64_t pss_bytes, room_bytes;
};

static int64_t pss_bytes(pid_t pid)
{
    char path[64], line[256];
    long long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *in = fopen(path, "re");
    while (in && fgets(line, sizeof line, in))
        if (sscanf(line, "Pss: %lld kB", &kib) == 1)
            break;
    if (in)
        fclose(in);
    return kib * 1024;
}

/* Of the file in which jobs cross, as the launcher has it open; namespaces that it holds open. */
static void look_at_fds(pid_t pid, struct traces *traces)
{
    char folder[64], link[256];
    struct stat about;
    snprintf(folder, sizeof folder, "/proc/%d/fd", (int)pid);
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *entry; (entry = readdir(list));) {
        ssize_t len = readlinkat(dirfd(list), entry->d_name, link, sizeof link - 1);
        link[len > 0 ? len : 0] = 0;
        traces->namespaces += strncmp(link, "mnt:", 4) == 0 || strncmp(link, "net:", 4) == 0;
        if (strncmp(link, "/memfd:jobs", 11) == 0 &&
            !fstatat(dirfd(list), entry->d_name, &about, 0))
            traces->room_bytes = about.st_blocks * 512;
    }
    closedir(list);
}

static struct traces look(const struct slot *slot)
{
    pid_t box = 0;
    for (int try = 0; try < 5000; try++) {
        if (waits_in(slot->pid) == SYS_recvmsg &&
            (!children_of(slot->pid, &box) || waits_in(box) == SYS_recvmsg))
            break;
        usleep(1000);
    }
    struct traces traces = { .own_fds = count_fds(getpid()),
                             .fds = count_fds(slot->pid),
                             .mounts = count_mounts(slot->pid),
                             .groups = count_groups(slot->name),
                             .children = children_of(slot->pid, &box),
                             .pss_bytes = pss_bytes(slot->pid) };
    look_at_fds(slot->pid, &traces);
    return traces;
}

static void tell(const char *when, const struct traces *seen)
{
    print_message("# %s: descriptors %zu and %zu, mounts %zu, groups %zu, processes %zu, "
                  "namespaces held %zu, PSS %lld KiB, job memory %lld KiB\n",
                  when, seen->own_fds, seen->fds, seen->mounts, seen->groups, seen->children,
                  seen->namespaces, (long long)seen->pss_bytes / 1024,
                  (long long)seen->room_bytes / 1024);
}

static void many_boxes_in_a_row_leave_nothing(void **state)
{
    const char *all = getenv("FAULT");
    int count = all && strcmp(all, "all") == 0 ? 1000 : 200;
    struct slot slot = start_launcher(*(const bool *)*state);
    for (int i = 0; i < 20; i++)
        assert_works(&slot);
    struct traces before = look(&slot);
    for (int i = 0; i < count; i++)
        assert_works(&slot);
    struct traces after = look(&slot);
    tell("before", &before);
    tell("after", &after);
    assert_int_equal(after.own_fds, before.own_fds);
    assert_int_equal(after.mounts, before.mounts);
    assert_int_equal(after.children, before.children);
    assert_int_equal(after.namespaces, before.namespaces);
    assert_int_equal(after.room_bytes, before.room_bytes);
    /* A launcher that keeps control groups has one, two or three, each with its descriptors. */
    assert_in_range(after.groups, 0, 3 * GROUPS_A_BOX);
    assert_in_range(after.fds, 0, before.fds + 2 * FDS_OF_A_BOX);
    assert_in_range(after.pss_bytes, 0, before.pss_bytes + (128 << 10));
    stop_launcher(&slot);
}

int main(void)
{
    static const bool ways[] = { false, true };
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } rows[] = {
        { "a_killed_caller_takes_its_box_along", a_killed_caller_takes_its_box_along },
        { "a_killed_launcher_takes_its_boxes_along", a_killed_launcher_takes_its_boxes_along },
        { "a_killed_pid_1_takes_all_inside_along", a_killed_pid_1_takes_all_inside_along },
        { "many_boxes_in_a_row_leave_nothing", many_boxes_in_a_row_leave_nothing },
    };
    static char names[8][80];
    struct CMUnitTest tests[8] = { { 0 } };
    for (size_t i = 0; i < 8; i++) {
        snprintf(names[i], sizeof names[i], "%s: %s", i % 2 ? "ahead" : "cold", rows[i / 2].name);
        tests[i].name = names[i];
        tests[i].test_func = rows[i / 2].test;
        tests[i].initial_state = (void *)(uintptr_t)&ways[i % 2];
    }
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
