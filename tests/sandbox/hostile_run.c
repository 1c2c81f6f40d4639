/* Runs one attack in one launcher, and looks at what is left afterwards. */
#include "tests/sandbox/hostile.h"
#include "sandbox/wire.h"
#include "tests/sandbox/hostile/limits.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOT_UID 61990     /* of the box when root starts the launcher; and the next ones */
#define ORDINARY_UID 65534 /* who starts the other launcher */
#define IDLE_MOST 2
#define GROUP_KINDS 5
#define GROUP_FDS 20 /* open for one box */

static char port[16], abstract_name[32], shared_key[16];
static int shared_id = -1;

/* ---- what no attack may find ---- */

bool bait_open(char *why, size_t why_size)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t size = sizeof at;
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(abstract_name, sizeof abstract_name, "holdout-%d", (int)getpid());
    memcpy(name.sun_path + 1, abstract_name, strlen(abstract_name));
    size_t len = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract_name);
    key_t key = BAIT_KEYS + (getpid() & 0xffff);
    shared_id = shmget(key, 4096, 0666 | IPC_CREAT);
    snprintf(shared_key, sizeof shared_key, "%d", key);
    bool good = bind(tcp, (void *)&at, sizeof at) == 0 && listen(tcp, 8) == 0 &&
                getsockname(tcp, (void *)&at, &size) == 0 &&
                bind(local, (void *)&name, (socklen_t)len) == 0 && listen(local, 8) == 0 &&
                shared_id >= 0;
    if (!good)
        snprintf(why, why_size, "no bait for attacks: %s", strerror(errno));
    snprintf(port, sizeof port, "%d", ntohs(at.sin_port));
    return good;
}

void bait_close(void)
{
    shmctl(shared_id, IPC_RMID, NULL);
}

/* ---- a launcher ---- */

struct seat {
    struct place place;
    struct box_launcher *launcher;
    pid_t pid;
    size_t fd_count, child_count, group_count; /* between jobs */
    size_t process_count;                      /* of its user, a waiting box's */
};

static size_t count_entries(const char *folder, const char *prefix)
{
    size_t count = 0;
    DIR *list = opendir(folder);
    for (struct dirent *entry; list && (entry = readdir(list));)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (list)
        closedir(list);
    return count;
}

static size_t count_children(pid_t pid)
{
    char path[64], text[4096];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *in = fopen(path, "re");
    size_t len = in ? fread(text, 1, sizeof text, in) : 0;
    if (in)
        fclose(in);
    for (size_t i = 0; i < len; i++)
        count += text[i] == ' ';
    return count;
}

/* Control groups of this launcher, in every hierarchy: at its root and where we stand. */
static size_t count_groups(pid_t pid)
{
    static const char *const kinds[] = { "memory", "pids", "cpu", "cpuacct", "unified", "." };
    char line[4096], folder[4200], prefix[64];
    size_t count = 0;
    snprintf(prefix, sizeof prefix, "holdout-box-pid%d-", (int)pid);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(folder, sizeof folder, "/sys/fs/cgroup/%s", kinds[i]);
        count += count_entries(folder, prefix);
    }
    FILE *in = fopen("/proc/self/cgroup", "re");
    while (in && fgets(line, sizeof line, in)) {
        char *kind = strchr(line, ':'), *path = kind ? strchr(kind + 1, ':') : NULL;
        if (!path || path[2] == '\n')
            continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        snprintf(folder, sizeof folder, "/sys/fs/cgroup/%s%s", kind[1] ? kind + 1 : "unified",
                 path);
        count += count_entries(folder, prefix);
    }
    if (in)
        fclose(in);
    return count;
}

static void seat_count(const struct seat *seat, size_t counts[3])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)seat->pid);
    counts[0] = count_entries(path, "");
    counts[1] = count_children(seat->pid);
    counts[2] = count_groups(seat->pid);
}

/* The same launcher, compiled so that walls can be left out. */
static struct box_launcher *launcher_without(const struct place *place, pid_t *pid)
{
    char numbers[16], list[128];
    int pair[2];
    snprintf(numbers, sizeof numbers, "%d", SLOT_UID);
    snprintf(list, sizeof list, "WITHOUT=%s", place->without);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return NULL;
    *pid = fork();
    if (*pid == 0) {
        /* as sandbox/launch.c does */
        char name[] = "launcher", none[] = "", yes[] = "1", secret[] = "HOLDOUT_SECRET=seen";
        char *const argv[] = { name, numbers, numbers, none, place->ahead ? yes : none, NULL };
        char *const envp[] = { list, secret, NULL };
        int high = fcntl(place->program, F_DUPFD_CLOEXEC, 10);
        dup2(pair[1], 3);
        fcntl(3, F_SETFD, 0);
        syscall(SYS_execveat, high, "", argv, envp, AT_EMPTY_PATH);
        _exit(127);
    }
    struct wire_message message;
    close(pair[1]);
    if (!wire_receive(pair[0], &message) || message.head.kind != WIRE_STARTED)
        return NULL;
    return box_launcher_attach(pair[0]);
}

static bool launch(struct seat *seat, char *why, size_t why_size)
{
    const uid_t uid = SLOT_UID + (uid_t)(getpid() % 1000);
    const struct box_launcher_options options = { .uid = uid,
                                                  .gid = uid,
                                                  .ahead = seat->place.ahead };
    snprintf(why, why_size, "the launcher with walls left out did not start");
    seat->launcher = seat->place.without ? launcher_without(&seat->place, &seat->pid)
                                         : box_launcher_start(&options, why, why_size);
    if (seat->launcher && !seat->place.without)
        seat->pid = box_launcher_pid(seat->launcher);
    return seat->launcher != NULL;
}

/* ---- a job ---- */

struct run {
    struct box_report report;
    int out;
    int64_t kept;
    bool bad_mode;
};

static bool keep(void *arg, const char *path, int fd, int64_t bytes, mode_t mode)
{
    struct run *run = arg;
    (void)bytes;
    run->kept++;
    run->bad_mode |= fd < 0 || path[0] != '/' || (mode != 0644 && mode != 0755);
    return true;
}

static void run_job(const struct seat *seat, struct box_job *job, struct run *run)
{
    memset(run, 0, sizeof *run);
    run->out = memfd_create("output", MFD_CLOEXEC);
    fcntl(run->out, F_SETFL, O_APPEND);
    job->out = job->err = run->out;
    job->keep_file = keep;
    job->keep_arg = run;
    box_run(seat->launcher, job, &run->report);
}

static void run_end(struct run *run)
{
    box_report_close(&run->report);
    close(run->out);
}

static struct box_limits limits(const struct attack *attack)
{
    return (struct box_limits){ .wall_ms = attack->wall_ms,
                                .cpu_ms = attack->cpu_ms,
                                .memory_bytes = LIMIT_MEMORY,
                                .disk_bytes = LIMIT_DISK,
                                .inodes = LIMIT_INODES,
                                .output_bytes = LIMIT_OUTPUT,
                                .processes = LIMIT_PROCESSES,
                                .open_files = LIMIT_FILES,
                                .stack_bytes = LIMIT_STACK,
                                .keep_bytes = LIMIT_KEEP,
                                .keep_files = 100 };
}

static void run_attack(const struct seat *seat, const struct attack *attack, struct run *run)
{
    static const char *const writable[] = { "/opt/ml/output", NULL };
    static const char *const envp[] = { "PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", NULL };
    const char *kept[] = { attack->keep[0] ? attack->keep : NULL, NULL };
    char cpu[24], wall[24];
    snprintf(cpu, sizeof cpu, "%lld", (long long)attack->cpu_ms);
    snprintf(wall, sizeof wall, "%lld", (long long)attack->wall_ms);
    const char *const argv[] = {
        "/opt/ml/code/attack", port, abstract_name, cpu, wall, shared_key, NULL
    };
    const struct box_file file = { attack->program, NULL, "/opt/ml/code/attack", 0755 };
    struct box_job job = BOX_JOB;
    job.argv = argv;
    job.envp = envp;
    job.degraded = true;
    job.writable = writable;
    job.keep = kept;
    job.files = &file;
    job.file_count = 1;
    job.limits = limits(attack);
    int pipes[2] = { -1, -1 };
    pid_t killer = -1;
    if (attack->kill && pipe2(pipes, O_CLOEXEC) == 0) {
        job.started = pipes[1];
        killer = fork();
        if (killer == 0) {
            uint64_t one;
            close(pipes[1]);
            if (read(pipes[0], &one, sizeof one) > 0)
                kill(seat->pid, SIGKILL);
            _exit(0);
        }
    }
    run_job(seat, &job, run);
    if (attack->kill) {
        close(pipes[0]);
        close(pipes[1]);
        waitpid(killer, NULL, 0);
    }
}

/* ---- judging ---- */

static void note(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note(struct outcome *outcome, const char *format, ...)
{
    size_t len = strlen(outcome->note);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(outcome->note + len, sizeof outcome->note - len, format, arguments);
    va_end(arguments);
    outcome->as_expected = false;
}

static bool one_of(const char *list, const char *word)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, "|");
        if (len == strlen(word) && memcmp(at, word, len) == 0)
            return true;
        at += len;
        at += *at == '|';
    }
    return false;
}

/* What the attack says it went through. */
static int64_t count_doors(const struct run *run, struct outcome *outcome)
{
    static const char mark[] = "got through: ";
    struct stat about;
    int64_t count = 0;
    if (fstat(run->out, &about) || !about.st_size)
        return 0;
    size_t size = (size_t)about.st_size;
    const char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, run->out, 0);
    for (const char *at = text; text != MAP_FAILED && at; at++) {
        at = memmem(at, size - (size_t)(at - text), mark, sizeof mark - 1);
        if (!at)
            break;
        const char *end = memchr(at, '\n', size - (size_t)(at - text));
        if (count++ == 0)
            note(outcome, "%.*s; ", end ? (int)(end - at) : 0, at);
    }
    munmap((void *)(uintptr_t)text, size);
    return count;
}

static bool is_raw(const struct run *run)
{
    unsigned char text[4097];
    bool same = pread(run->out, text, sizeof text, 0) == 4096;
    for (size_t i = 0; same && i < 4096; i++)
        same = text[i] == i % 256;
    return same;
}

static void judge(const struct seat *seat, const struct attack *attack, const struct run *run,
                  struct outcome *outcome)
{
    const struct box_report *report = &run->report;
    const char *expect = seat->place.ordinary ? attack->ordinary : attack->expect;
    outcome->verdict = report->verdict;
    outcome->kept += run->kept;
    int64_t doors = count_doors(run, outcome);
    outcome->doors += doors;
    if (attack->open && seat->place.ordinary) {
        outcome->as_expected = true;
        outcome->note[0] = 0;
    }
    if (!one_of(expect, box_verdict_name(report->verdict)))
        note(outcome, "verdict %s (signal %d, exit %d, %s); ", box_verdict_name(report->verdict),
             report->signal, report->exit_code, report->message);
    if (attack->signal >= 0 && report->signal != attack->signal)
        note(outcome, "signal %d; ", report->signal);
    if (attack->exit >= 0 && report->exit_code != attack->exit)
        note(outcome, "exit %d; ", report->exit_code);
    if (attack->files >= 0 && run->kept != attack->files)
        note(outcome, "%lld files kept; ", (long long)run->kept);
    if (run->bad_mode)
        note(outcome, "a kept file with a bad mode; ");
    if (attack->raw && !is_raw(run))
        note(outcome, "the output is not what was written; ");
}

/* ---- afterwards ---- */

static bool within(size_t is, size_t was, size_t most)
{
    return is > was ? is - was <= most : was - is <= most;
}

static void look_after(const struct seat *seat, struct outcome *outcome)
{
    size_t counts[3] = { 0 };
    /* A launcher keeps some control groups and a scratch space for later boxes. */
    const size_t idle = seat->place.ahead ? IDLE_MOST : 1;
    for (int try = 0; try < 3000; try++) {
        seat_count(seat, counts);
        if (within(counts[0], seat->fd_count, idle * GROUP_FDS + 1) &&
            within(counts[1], seat->child_count, 0) &&
            within(counts[2], seat->group_count, idle * GROUP_KINDS))
            return;
        usleep(1000);
    }
    note(outcome, "left: descriptors %zu of %zu, processes %zu of %zu, groups %zu of %zu; ",
         counts[0], seat->fd_count, counts[1], seat->child_count, counts[2], seat->group_count);
}

/* Processes of the slot's user, whom nobody else is; behind a fence all but the launcher. */
static size_t count_processes(const struct seat *seat)
{
    struct stat about;
    uid_t uid = SLOT_UID + (uid_t)(getpid() % 1000);
    size_t count = 0;
    DIR *list = opendir("/proc");
    for (struct dirent *entry; list && (entry = readdir(list));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid() || pid == seat->pid)
            continue;
        count += seat->place.without ||
                 (fstatat(dirfd(list), entry->d_name, &about, 0) == 0 && about.st_uid == uid);
    }
    if (list)
        closedir(list);
    return count;
}

static void look_for_survivors(const struct seat *seat, struct outcome *outcome)
{
    if (!seat->place.without && seat->place.ordinary)
        return; /* the number is shared with others */
    for (int try = 0; try < (seat->place.without ? 300 : 3000); try++) {
        outcome->survivors = (int64_t)count_processes(seat) - (int64_t)seat->process_count;
        if (outcome->survivors <= 0)
            return;
        usleep(1000);
    }
    note(outcome, "%lld processes left; ", (long long)outcome->survivors);
}

static void clean_run(const struct seat *seat, struct outcome *outcome)
{
    static const char *const argv[] = { "/usr/bin/echo", "clean", NULL };
    const struct attack usual = { .wall_ms = 30000, .cpu_ms = 10000 };
    struct box_job job = BOX_JOB;
    struct run run;
    char text[64] = "";
    job.argv = argv;
    job.degraded = true;
    job.limits = limits(&usual);
    run_job(seat, &job, &run);
    ssize_t len = pread(run.out, text, sizeof text - 1, 0);
    if (run.report.verdict != BOX_OK || len != 6 || strcmp(text, "clean\n") != 0)
        note(outcome, "a clean run afterwards: %s, \"%s\"; ", box_verdict_name(run.report.verdict),
             text);
    run_end(&run);
}

/* ---- a seat ---- */

struct seat *seat_open(const struct place *place, char *why, size_t why_size)
{
    struct seat *seat = calloc(1, sizeof *seat);
    struct outcome first = { .as_expected = true };
    seat->place = *place;
    if (place->ordinary && geteuid() == 0 &&
        (setgroups(0, NULL) || setresgid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID) ||
         setresuid(ORDINARY_UID, ORDINARY_UID, ORDINARY_UID))) {
        snprintf(why, why_size, "could not become an ordinary user");
        return NULL;
    }
    if (!launch(seat, why, why_size))
        return NULL;
    if (place->without)
        return seat;
    clean_run(seat, &first);
    snprintf(why, why_size, "%s", first.note);
    size_t before[3] = { 0 }, now[3];
    for (int try = 0, same = 0; try < 3000 && same < 30; try++) { /* it may still be at work */
        seat_count(seat, now);
        same = memcmp(before, now, sizeof now) == 0 && now[1] == place->ahead ? same + 1 : 0;
        memcpy(before, now, sizeof now);
        usleep(1000);
    }
    seat->fd_count = before[0];
    seat->child_count = before[1];
    seat->group_count = before[2];
    seat->process_count = count_processes(seat);
    return first.as_expected ? seat : NULL;
}

void seat_close(struct seat *seat)
{
    box_launcher_close(seat->launcher);
    free(seat);
}

static bool launch_again(struct seat *seat, struct outcome *outcome)
{
    char why[256];
    box_launcher_close(seat->launcher);
    return launch(seat, why, sizeof why) || (note(outcome, "%s; ", why), false);
}

bool is_witness(const struct attack *attack, const struct outcome *outcome)
{
    bool nothing = attack->files == 0 || strcmp(attack->expect, "artifact") == 0;
    return outcome->doors || outcome->survivors > 0 || (outcome->kept && nothing);
}

void attack_run(struct seat *seat, const struct attack *attack, struct outcome *outcome)
{
    struct run run;
    outcome->as_expected = true;
    for (int round = 0; round < (attack->twice ? 2 : 1); round++) {
        run_attack(seat, attack, &run);
        judge(seat, attack, &run, outcome);
        run_end(&run);
    }
    if (!seat->place.without || !is_witness(attack, outcome))
        look_for_survivors(seat, outcome);
    if (!seat->place.without && (!attack->kill || launch_again(seat, outcome))) {
        look_after(seat, outcome);
        clean_run(seat, outcome);
        look_after(seat, outcome);
    }
    outcome->done = true;
}
