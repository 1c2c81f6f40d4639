/*
 * What a box costs beside posix_spawn of the same command: medians of interleaved runs in one
 * process. BENCH_RUNS sets how many (default 150). The library's box is cold: built for each run.
 */
#include "sandbox/box.h"
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

static const char *const true_argv[] = { "/bin/true", NULL };
static const char *const python_argv[] = { "/usr/bin/python3", "-c", "pass", NULL };
static const char *const bomb_argv[] = {
    "/bin/sh", "-c", "i=0; while [ $i -lt 510 ]; do sleep 60 & i=$((i+1)); done; wait", NULL
};
static char command[4200];

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

/* Interleaved, so that both see the same machine. */
static struct row measure(struct box_launcher *launcher, int runs, const char *const *argv,
                          bool as_command, bool idle)
{
    static double ours[RUNS_MOST], peer[RUNS_MOST];
    for (int i = 0; i < runs; i++) {
        if (idle)
            usleep(IDLE_US);
        peer[i] = spawn(argv);
        if (idle)
            usleep(IDLE_US);
        ours[i] = as_command ? by_command() : box(launcher, argv);
    }
    size_t count = (size_t)runs;
    double a = median(ours, count), b = median(peer, count);
    if (argv == python_argv) /* the target is a difference: at most 1.5 ms */
        return row_of("python3 -c pass, library, cold", "posix_spawn", a, b, (b + 1500) / b);
    if (as_command)
        return idle ? row_of("true, command, after 60 ms idle", "posix_spawn", a, b, 4.5)
                    : row_of("true, command", "posix_spawn", a, b, 5.0);
    return idle ? row_of("true, library, cold, after 60 ms idle", "posix_spawn", a, b, 3.5)
                : row_of("true, library, cold", "posix_spawn", a, b, 3.0);
}

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

int main(int argc, char **argv)
{
    char why[256], self[4096];
    const char *wanted = getenv("BENCH_RUNS");
    int runs = wanted ? (int)strtol(wanted, NULL, 10) : 150;
    if (runs < 3 || runs > RUNS_MOST)
        die("BENCH_RUNS is from 3 to 5000");
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = 0;
    snprintf(command, sizeof command, "%s/bin/holdout-box", dirname(dirname(dirname(self))));
    const struct box_launcher_options options = { .uid = 61980, .gid = 61980, .name = "bench" };
    struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
    if (!launcher)
        die(why);
    measure(launcher, 5, true_argv, false, false); /* warm up */
    const struct row rows[] = {
        measure(launcher, runs, true_argv, false, false),
        measure(launcher, runs / 3, true_argv, false, true),
        measure(launcher, runs, true_argv, true, false),
        measure(launcher, runs / 3, true_argv, true, true),
        measure(launcher, runs, python_argv, false, false),
        measure_kill(launcher),
    };
    print_rows(rows, sizeof rows / sizeof *rows, argc > 1 && strcmp(argv[1], "--json") == 0);
    box_launcher_close(launcher);
    return 0;
}
