/* What the tests of the box share: launchers of root and of an ordinary user, looks at the host. */
#pragma once

#include "sandbox/box.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define TEST_UID 61990     /* the slot's user when root */
#define ORDINARY_UID 65534 /* who starts the other launcher */
#define UNUSED __attribute__((unused))

/* A launcher, and how it was started. */
struct slot {
    char name[24]; /* of its control groups: from its pid, so that tests may run side by side */
    bool ordinary; /* by an ordinary user */
    struct box_launcher *launcher;
    pid_t pid;
    size_t fd_count; /* that it has between jobs */
    /* And when it keeps the empty control groups of a job for the next one. */
    size_t kept_groups, kept_fds;
};

static bool UNUSED is_root(void)
{
    return geteuid() == 0;
}

static size_t count_fds(pid_t pid)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *list = opendir(path);
    while (list && readdir(list))
        count++;
    if (list)
        closedir(list);
    return count;
}

static void send_launcher(int to, const struct box_launcher *launcher)
{
    pid_t pid = launcher ? box_launcher_pid(launcher) : 0;
    int fd = launcher ? box_launcher_socket(launcher) : to;
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec part = { &pid, sizeof pid };
    struct msghdr out = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    struct cmsghdr *head = CMSG_FIRSTHDR(&out);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    sendmsg(to, &out, 0);
}

static int receive_launcher(int from, pid_t *pid)
{
    int fd = -1;
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec part = { pid, sizeof *pid };
    struct msghdr in = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    if (recvmsg(from, &in, MSG_CMSG_CLOEXEC) != sizeof *pid || !*pid)
        return -1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&in)), sizeof fd);
    return fd;
}

/* The launcher of an ordinary user, handed to this process, which is root. */
static struct box_launcher *launcher_of_other(pid_t *pid)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    pid_t child = fork();
    if (child == 0) {
        char why[256];
        if (setgroups(0, NULL) || setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) ||
            setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID))
            _exit(1);
        struct box_launcher *launcher =
            box_launcher_start(&(struct box_launcher_options){ 0 }, why, sizeof why);
        if (!launcher)
            fprintf(stderr, "ordinary launcher: %s\n", why);
        send_launcher(pair[1], launcher);
        _exit(0);
    }
    close(pair[1]);
    int fd = receive_launcher(pair[0], pid);
    close(pair[0]);
    waitpid(child, NULL, 0);
    return fd < 0 ? NULL : box_launcher_attach(fd);
}

static size_t count_named(const char *folder, const char *name)
{
    char prefix[64];
    size_t count = 0;
    snprintf(prefix, sizeof prefix, "holdout-box-%s-", name);
    DIR *list = opendir(folder);
    for (struct dirent *entry; list && (entry = readdir(list));)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (list)
        closedir(list);
    return count;
}

/* Control groups with the slot's name: in every hierarchy, at its root and where we stand. */
static size_t UNUSED count_groups(const char *name)
{
    static const char *const kinds[] = { "memory", "pids", "cpu", "cpuacct", "unified", "" };
    char text[8192] = "", folder[512];
    size_t count = 0;
    FILE *in = fopen("/proc/self/cgroup", "re");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(folder, sizeof folder, "/sys/fs/cgroup/%s", kinds[i]);
        count += count_named(folder, name);
    }
    while (in && fgets(text, sizeof text, in)) {
        char *kind = strchr(text, ':'), *path = kind ? strchr(kind + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        snprintf(folder, sizeof folder, "/sys/fs/cgroup/%s%s", kind[1] ? kind + 1 : "unified",
                 path);
        count += path[1] ? count_named(folder, name) : 0;
    }
    if (in)
        fclose(in);
    return count;
}

static bool has_children(const struct slot *slot)
{
    char path[64], children[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)slot->pid, (int)slot->pid);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    if (!fgets(children, sizeof children, in))
        children[0] = 0;
    fclose(in);
    return children[0];
}

/* What is there after a job that leaves its groups as good as new; it may still be at work. */
static void look_at_kept(struct slot *slot)
{
    static const char *const argv[] = { "/bin/true", NULL };
    struct box_report report;
    struct box_job job = BOX_JOB;
    job.argv = argv;
    job.degraded = true;
    box_run(slot->launcher, &job, &report);
    assert_int_equal(report.verdict, BOX_OK);
    box_report_close(&report);
    for (int same = 0; same < 30; usleep(1000)) {
        size_t fds = count_fds(slot->pid);
        same = fds == slot->kept_fds && !has_children(slot) ? same + 1 : 0;
        slot->kept_fds = fds;
    }
    slot->kept_groups = count_groups(slot->name);
}

static void UNUSED slot_start(struct slot *slot)
{
    char why[256] = "";
    const struct box_launcher_options options = { .uid = TEST_UID, .gid = TEST_UID };
    if (slot->ordinary && is_root()) {
        slot->launcher = launcher_of_other(&slot->pid);
    } else {
        slot->launcher = box_launcher_start(&options, why, sizeof why);
        slot->pid = slot->launcher ? box_launcher_pid(slot->launcher) : 0;
    }
    if (!slot->launcher)
        print_error("launcher: %s\n", why);
    assert_non_null(slot->launcher);
    snprintf(slot->name, sizeof slot->name, "pid%d", (int)slot->pid);
    slot->fd_count = count_fds(slot->pid);
    look_at_kept(slot);
}

static bool is_clean(const struct slot *slot)
{
    size_t fds = count_fds(slot->pid), groups = count_groups(slot->name);
    if (has_children(slot))
        return false;
    /* And a scratch space that nobody has touched, or none. */
    return (groups == 0 && (fds == slot->fd_count || fds == slot->fd_count + 1)) ||
           (groups == slot->kept_groups && (fds == slot->kept_fds || fds + 1 == slot->kept_fds));
}

/*
 * Nothing is left of the last box: no process, no control group or scratch space but what is kept
 * whole for the next one, no descriptor in the launcher. Its memory is given back after the report,
 * hence the moment of patience.
 */
static void UNUSED assert_clean(const struct slot *slot)
{
    for (int try = 0; try < 1000 && !is_clean(slot); try++)
        usleep(1000);
    assert_true(is_clean(slot));
}

/* Limits that keep tests short. */
static struct box_job UNUSED test_job(const char *const *argv)
{
    struct box_job job = BOX_JOB;
    job.argv = argv;
    job.degraded = true;
    job.limits = (struct box_limits){ .wall_ms = 4000,
                                      .cpu_ms = 2000,
                                      .memory_bytes = 64 << 20,
                                      .disk_bytes = 16 << 20,
                                      .inodes = 2000,
                                      .output_bytes = 256 << 10,
                                      .processes = 32,
                                      .open_files = 512,
                                      .stack_bytes = 8 << 20,
                                      .keep_bytes = 4 << 20,
                                      .keep_files = 100 };
    return job;
}

/* Runs the job, both outputs into one text. */
static void UNUSED run_into(struct box_launcher *launcher, struct box_job *job,
                            struct box_report *report, char *text, size_t size)
{
    int out = memfd_create("output", MFD_CLOEXEC);
    assert_true(out >= 0);
    fcntl(out, F_SETFL, O_APPEND);
    job->out = job->err = out;
    box_run(launcher, job, report);
    ssize_t len = pread(out, text, size - 1, 0);
    text[len > 0 ? len : 0] = 0;
    close(out);
}

static void UNUSED show_report(const struct box_report *report, const char *output)
{
    char *text = box_report_json(report);
    print_error("%s%.2000s\n", text, output);
    free(text);
}

/* ---- the two slots of a test program, and a directory to work in ---- */

static struct slot slots[2] = { { .ordinary = false }, { .ordinary = true } };
static int work = -1; /* a fresh directory, readable for everybody */
static char work_path[] = "/tmp/holdout-box-XXXXXX";

static void UNUSED put_file(const char *name, const char *text, mode_t mode)
{
    int fd = openat(work, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void UNUSED get_file(const char *name, char *text, size_t size)
{
    int fd = openat(work, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t len = read(fd, text, size - 1);
    text[len > 0 ? len : 0] = 0;
    close(fd);
}

/* A shell line in a box. */
static const char *shell_argv[] = { "/bin/sh", "-c", NULL, NULL };
static struct box_job UNUSED shell(const char *line)
{
    shell_argv[2] = line;
    return test_job(shell_argv);
}

static void UNUSED expect(const struct slot *slot, struct box_job *job, enum box_verdict verdict,
                          const char *output)
{
    static char text[65536];
    struct box_report report;
    run_into(slot->launcher, job, &report, text, sizeof text);
    if (report.verdict != verdict || (output && strcmp(text, output) != 0))
        show_report(&report, text);
    assert_string_equal(box_verdict_name(report.verdict), box_verdict_name(verdict));
    if (output)
        assert_string_equal(text, output);
    box_report_close(&report);
    assert_clean(slot);
}

static int UNUSED slots_start(void **state)
{
    (void)state;
    if (!mkdtemp(work_path) || chmod(work_path, 0755))
        return -1;
    work = open(work_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = is_root() ? 0 : 1; i < 2; i++)
        slot_start(&slots[i]);
    return 0;
}

static int UNUSED slots_stop(void **state)
{
    char line[128];
    (void)state;
    for (size_t i = 0; i < 2; i++)
        box_launcher_close(slots[i].launcher);
    snprintf(line, sizeof line, "rm -rf %s", work_path);
    return system(line);
}

/* Each test with both slots; as an ordinary user only with the second. */
#define BOTH(test)                                                                                 \
    { "root: " #test, test, NULL, NULL, &slots[0] },                                               \
    {                                                                                              \
        "ordinary user: " #test, test, NULL, NULL, &slots[1]                                       \
    }

static size_t UNUSED tests_possible(struct CMUnitTest *tests, size_t all)
{
    size_t count = 0;
    for (size_t i = 0; i < all; i++)
        if (is_root() || ((struct slot *)tests[i].initial_state)->ordinary)
            tests[count++] = tests[i];
    return count;
}
