/*
 * What a box costs beside posix_spawn of the same command, and beside other sandboxes as far as
 * they are on the PATH, or where BWRAP, FIREJAIL, ISOLATE or NSJAIL says: medians of interleaved
 * runs in one process. BENCH_RUNS sets how many (default 150). The library's box is cold, built for
 * each run, or made ahead while nobody waits for it.
 */
#include "sandbox/box.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MOST 5000
#define IDLE_US 60000
#define MOMENT_US 3000 /* in which a box can be made ahead */
#define SUSTAINED 1000
#define ROUNDS 5 /* of them */

static const char *const true_argv[] = { "/bin/true", NULL };
static const char *const python_argv[] = { "/usr/bin/python3", "-c", "pass", NULL };
static const char *const bomb_argv[] = {
    "/bin/sh", "-c", "i=0; while [ $i -lt 510 ]; do sleep 60 & i=$((i+1)); done; wait", NULL
};
static char command[4200];
static posix_spawn_file_actions_t quiet;

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, order);
    return values[count / 2];
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench box: %s\n", what);
    exit(1);
}

static double spawn(const char *const *argv)
{
    extern char **environ;
    pid_t pid;
    int status;
    double from = now_us();
    if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) ||
        waitpid(pid, &status, 0) < 0 || status)
        die("posix_spawn failed");
    return now_us() - from;
}

static double box(struct box_launcher *launcher, const char *const *argv)
{
    struct box_report report;
    struct box_job job = BOX_JOB;
    job.argv = argv;
    job.degraded = true;
    double from = now_us();
    box_run(launcher, &job, &report);
    double took = now_us() - from;
    if (report.verdict != BOX_OK)
        die(report.message);
    return took;
}

static double by_command(void)
{
    const char *const argv[] = { command,     "run", "--allow-degraded", "--report",
                                 "/dev/null", "--",  "/bin/true",        NULL };
    return spawn(argv);
}

struct row {
    const char *name, *peer_name;
    double ours, peer, ratio, target;
    bool met;
};

static struct row row_of(const char *name, const char *peer, double ours_us, double peer_us,
                         double target)
{
    return (struct row){
        name, peer, ours_us, peer_us, ours_us / peer_us, target, ours_us / peer_us <= target
    };
}

/* ---- beside posix_spawn ---- */

enum way { LIBRARY, AHEAD, COMMAND };

static const struct plan {
    const char *name;
    const char *const *argv;
    enum way way;
    int pause_us;            /* before each run, ours and the peer's */
    int share;               /* of the runs: one in so many */
    double target, added_us; /* allowed: so many times the peer's, and so much more */
} plans[] = {
    { "true, library, made ahead", true_argv, AHEAD, MOMENT_US, 1, 1.8, 0 },
    { "true, library, cold", true_argv, LIBRARY, 0, 1, 3.0, 0 },
    { "true, library, cold, after 60 ms idle", true_argv, LIBRARY, IDLE_US, 2, 3.5, 0 },
    { "true, command", true_argv, COMMAND, 0, 1, 5.0, 0 },
    { "true, command, after 60 ms idle", true_argv, COMMAND, IDLE_US, 2, 4.5, 0 },
    { "python3 -c pass, library, made ahead", python_argv, AHEAD, MOMENT_US, 1, 1.0, 1500 },
    { "python3 -c pass, library, cold", python_argv, LIBRARY, 0, 1, 1.0, 1500 },
};
#define PLANS (sizeof plans / sizeof *plans)

static void pause_us(int us)
{
    if (us)
        usleep((useconds_t)us);
}

/* Interleaved, so that both see the same machine. */
static struct row measure(struct box_launcher *const *launchers, const struct plan *plan, int runs)
{
    static double ours[RUNS_MOST], peer[RUNS_MOST];
    int count = runs / plan->share;
    for (int i = 0; i < count; i++) {
        pause_us(plan->pause_us);
        peer[i] = spawn(plan->argv);
        pause_us(plan->pause_us);
        ours[i] = plan->way == COMMAND ? by_command() : box(launchers[plan->way], plan->argv);
    }
    double a = median(ours, (size_t)count), b = median(peer, (size_t)count);
    return row_of(plan->name, "posix_spawn", a, b, plan->target + plan->added_us / b);
}

/* ---- one after the other, all work of the machine counted ---- */

/* Time since its start that all processors of the machine together had nothing to do. */
static double idle_us(void)
{
    long long idle, disk;
    FILE *in = fopen("/proc/stat", "re");
    if (!in || fscanf(in, "cpu %*d %*d %*d %lld %lld", &idle, &disk) != 2)
        die("no /proc/stat");
    fclose(in);
    return (double)(idle + disk) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

struct cost {
    double wall_us, busy_us;
};

/* NULL: posix_spawn. What goes on in the background afterwards is counted too. */
static struct cost sustain(struct box_launcher *launcher)
{
    double from = now_us(), idle = idle_us();
    for (int i = 0; i < SUSTAINED; i++)
        launcher ? box(launcher, true_argv) : spawn(true_argv);
    double wall = now_us() - from;
    usleep(100000);
    double busy = (now_us() - from) * (double)sysconf(_SC_NPROCESSORS_ONLN) - (idle_us() - idle);
    return (struct cost){ wall / SUSTAINED, busy / SUSTAINED };
}

/* Two rows: medians of rounds. */
static void measure_sustained(struct box_launcher *launcher, struct row *rows)
{
    double wall[2][ROUNDS], busy[2][ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < 2; k++) {
            size_t who = (k + round) % 2;
            const struct cost cost = sustain(who ? launcher : NULL);
            wall[who][round] = cost.wall_us;
            busy[who][round] = cost.busy_us;
        }
    rows[0] = row_of("true, library, 1000 in a row: wall", "posix_spawn", median(wall[1], ROUNDS),
                     median(wall[0], ROUNDS), 3.0);
    rows[1] = row_of("true, library, 1000 in a row: all CPU", "posix_spawn",
                     median(busy[1], ROUNDS), median(busy[0], ROUNDS), 3.0);
}

/* ---- beside other sandboxes: as strict as each is without limits of its own making ---- */

static const struct peer {
    const char *row, *name;
    const char *steps[3][32]; /* programs to run one after the other */
} peers[] = {
    { "true, command, beside bubblewrap", "bubblewrap", { { "bwrap",
                                                            "--unshare-all",
                                                            "--die-with-parent",
                                                            "--new-session",
                                                            "--ro-bind",
                                                            "/usr",
                                                            "/usr",
                                                            "--symlink",
                                                            "usr/bin",
                                                            "/bin",
                                                            "--symlink",
                                                            "usr/lib",
                                                            "/lib",
                                                            "--symlink",
                                                            "usr/lib64",
                                                            "/lib64",
                                                            "--proc",
                                                            "/proc",
                                                            "--dev",
                                                            "/dev",
                                                            "--tmpfs",
                                                            "/tmp",
                                                            "--",
                                                            "/bin/true" } } },
    { "true, command, beside firejail",
      "firejail",
      { { "firejail", "--quiet", "--noprofile", "--private", "--net=none", "--seccomp",
          "--caps.drop=all", "--nonewprivs", "--", "/bin/true" } } },
    { "true, command, beside isolate",
      "isolate",
      { { "isolate", "--silent", "--init" },
        { "isolate", "--silent", "--run", "--", "/bin/true" },
        { "isolate", "--silent", "--cleanup" } } },
    { "true, command, beside nsjail",
      "nsjail",
      { { "nsjail", "-Mo", "-Q", "-R", "/bin", "-R", "/usr", "-R", "/lib", "-R", "/lib64", "-T",
          "/tmp", "--", "/bin/true" } } },
};
#define PEERS (sizeof peers / sizeof *peers)

/* Where it is: ISOLATE=, NSJAIL=, and so on, or it is on the PATH. */
static const char *peer_program(const struct peer *peer)
{
    char variable[32] = "";
    for (size_t i = 0; peer->steps[0][0][i] && i + 1 < sizeof variable; i++)
        variable[i] = (char)toupper((unsigned char)peer->steps[0][0][i]);
    const char *path = getenv(variable);
    return path && *path ? path : peer->steps[0][0];
}

/* -1: it cannot do that here. */
static double run_peer(const struct peer *peer)
{
    extern char **environ;
    const char *program = peer_program(peer);
    double from = now_us();
    for (size_t i = 0; i < 3 && peer->steps[i][0]; i++) {
        char *const *argv = (char *const *)(uintptr_t)peer->steps[i];
        pid_t pid;
        int status;
        if (posix_spawnp(&pid, program, &quiet, NULL, argv, environ) ||
            waitpid(pid, &status, 0) < 0 || status)
            return -1;
    }
    return now_us() - from;
}

static bool measure_peer(const struct peer *peer, int runs, struct row *row)
{
    static double ours[RUNS_MOST], theirs[RUNS_MOST];
    if (run_peer(peer) < 0) {
        fprintf(stderr, "bench box: %s is not installed or cannot run here: left out\n",
                peer->name);
        return false;
    }
    for (int i = 0; i < runs; i++) {
        theirs[i] = run_peer(peer);
        ours[i] = by_command();
        if (theirs[i] < 0)
            die(peer->name);
    }
    size_t count = (size_t)runs;
    *row = row_of(peer->row, peer->name, median(ours, count), median(theirs, count), 1.0);
    return true;
}

/* ---- */

/* From the kill of a full box of 512 processes to a clean machine, against the 60 ms allowed. */
static struct row measure_kill(struct box_launcher *launcher)
{
    static double took[5];
    for (size_t i = 0; i < 5; i++) {
        struct box_report report;
        struct box_job job = BOX_JOB;
        job.argv = bomb_argv;
        job.degraded = true;
        job.limits.processes = 600;
        job.limits.memory_bytes = (int64_t)1 << 30;
        job.limits.wall_ms = 3000;
        double from = now_us();
        box_run(launcher, &job, &report);
        if (report.verdict != BOX_WALL || report.process_peak < 500)
            die("the bomb of 512 processes did not run");
        took[i] = now_us() - from - (double)report.setup_us - 3e6;
    }
    return row_of("killing 512 processes", "60 ms", median(took, 5), 60000, 1.0);
}

static void print_rows(const struct row *rows, size_t count, bool json)
{
    if (json)
        printf("{\"rows\":[");
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        if (json)
            printf("%s{\"name\":\"box: %s\",\"ours\":%.1f,\"peer\":%.1f,\"peer_name\":\"%s\","
                   "\"ratio\":%.3f,\"target\":%.3f,\"met\":%s}",
                   i ? "," : "", row->name, row->ours, row->peer, row->peer_name, row->ratio,
                   row->target, row->met ? "true" : "false");
        else
            printf("%-40s %9.0f us  %-12s %9.0f us  %6.2f x  (<= %.2f) %s\n", row->name, row->ours,
                   row->peer_name, row->peer, row->ratio, row->target, row->met ? "met" : "MISSED");
    }
    printf(json ? "]}\n" : "");
}

static struct box_launcher *launcher_of(const char *name, bool ahead)
{
    char why[256];
    const struct box_launcher_options options = {
        .uid = ahead ? 61981 : 61980, .gid = ahead ? 61981 : 61980, .name = name, .ahead = ahead
    };
    struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
    if (!launcher)
        die(why);
    for (int i = 0; i < 5; i++) /* warm up */
        box(launcher, true_argv);
    return launcher;
}

static void find_command(void)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = 0;
    snprintf(command, sizeof command, "%s/bin/holdout-box", dirname(dirname(dirname(self))));
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("BENCH_RUNS");
    int runs = wanted ? (int)strtol(wanted, NULL, 10) : 150;
    struct row rows[PLANS + PEERS + 3];
    size_t count = 0;
    if (runs < 3 || runs > RUNS_MOST)
        die("BENCH_RUNS is from 3 to 5000");
    find_command();
    struct box_launcher *launchers[] = {
        [LIBRARY] = launcher_of("bench", false), [AHEAD] = launcher_of("bench-ahead", true)
    };
    for (size_t i = 0; i < PLANS; i++)
        rows[count++] = measure(launchers, &plans[i], runs);
    measure_sustained(launchers[AHEAD], rows + count);
    count += 2;
    rows[count++] = measure_kill(launchers[LIBRARY]);
    for (size_t i = 0; i < PEERS; i++)
        count += measure_peer(&peers[i], runs / 3, &rows[count]);
    print_rows(rows, count, argc > 1 && strcmp(argv[1], "--json") == 0);
    for (size_t i = 0; i < 2; i++)
        box_launcher_close(launchers[i]);
    return 0;
}
