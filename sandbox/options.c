/* holdout-box run: options to a job, the report to JSON. */
#include "sandbox/options.h"
#include "sandbox/launch.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LIST_MOST 128
#define EXIT_USAGE 64
#define EXIT_UNAVAILABLE 69
#define BOX_USER 61999      /* as root, unless --uid says otherwise */
#define UID_MOST 4294967294 /* one more means none */
#define MiB (1 << 20)
#define WORD_MOST 64

struct run {
    struct box_job job;
    struct box_bind binds[LIST_MOST];
    const char *writable[LIST_MOST], *masks[LIST_MOST], *keep[LIST_MOST], *envp[LIST_MOST];
    size_t writable_count, mask_count, keep_count, env_count;
    const char *report, *root, *keep_dir;
    FILE *report_out;
    int64_t uid;
};

/* Limits: option, where it goes, its unit, what is allowed (in that unit, as wire.c has it). */
static const struct {
    const char *option;
    size_t offset;
    int64_t unit;
    double low, high;
    const char *help;
} limits[] = {
    { "--wall-s", offsetof(struct box_limits, wall_ms), 1000, 0.001, 604800,
      "wall time in seconds" },
    { "--cpu-s", offsetof(struct box_limits, cpu_ms), 1000, 0.001, 38707200,
      "CPU time of the whole tree in seconds" },
    { "--memory-mb", offsetof(struct box_limits, memory_bytes), MiB, 8, MiB,
      "memory of the whole tree, /tmp and /dev/shm" },
    { "--pids", offsetof(struct box_limits, processes), 1, 1, 32768, "processes and threads" },
    { "--disk-mb", offsetof(struct box_limits, disk_bytes), MiB, 1, MiB, "writable directories" },
    { "--inodes", offsetof(struct box_limits, inodes), 1, 64, 16 * MiB, "files and directories" },
    { "--output-kb", offsetof(struct box_limits, output_bytes), 1024, 0.001, 64 * MiB,
      "of stdout, and of stderr" },
    { "--files", offsetof(struct box_limits, open_files), 1, 8, MiB, "open files of one process" },
    { "--stack-mb", offsetof(struct box_limits, stack_bytes), MiB, 0.0625, 65536, "stack" },
    { "--cpus", offsetof(struct box_limits, cpu_milli), 1000, 0, 1024,
      "share of the machine in cores" },
    { "--keep-mb", offsetof(struct box_limits, keep_bytes), MiB, 0, MiB,
      "all kept files together" },
};
#define LIMITS (sizeof limits / sizeof *limits)

/* The other options with a value, then those without one. */
static const char *const others[] = { "--ro",      "--rw",  "--dir",    "--mask",
                                      "--keep",    "--env", "--cwd",    "--root",
                                      "--keep-to", "--uid", "--report", "--allow-degraded",
                                      "--help" };
#define OTHERS (sizeof others / sizeof *others)

static int help(void)
{
    const struct box_limits usual = BOX_LIMITS_INIT;
    printf(
        "usage: holdout-box run [OPTION]... -- COMMAND [ARGUMENT]...\n\n"
        "Runs COMMAND without network, in a root of its own, with limits that hold for it and\n"
        "all that it starts. Its stdout and stderr pass through; then the report is one line of\n"
        "JSON on stderr. Exit code 0 whenever there is a report, 64 for bad options.\n\n");
    for (size_t i = 0; i < LIMITS; i++) {
        int64_t value = *(const int64_t *)((const char *)&usual + limits[i].offset);
        printf("  %-11s N      %s (%lld)\n", limits[i].option, limits[i].help,
               (long long)(value / limits[i].unit));
    }
    printf(
        "  --ro PATH[:AT]     show a host file or directory, read-only (at the same path)\n"
        "  --rw PATH[:AT]     the same, writable as far as the box's user may\n"
        "  --dir PATH         a writable directory on the box's own disk\n"
        "  --mask PATH        show PATH empty\n"
        "  --keep PATH        collect this file or directory afterwards\n"
        "  --keep-to DIR      where kept files go\n"
        "  --env NAME=VALUE   nothing is inherited; PATH, HOME and LANG are set\n"
        "  --cwd PATH         working directory inside (/tmp)\n"
        "  --root DIR         a whole root instead of the host's /usr\n"
        "  --uid N            as root: the user number to run as (%d)\n"
        "  --report FILE      the report goes there\n"
        "  --allow-degraded   run although this machine lacks a protection; the report says which\n"
        "  --help             this text; holdout-box(8) says more\n"
        "\nexample:\n"
        "  holdout-box run --wall-s 5 --cpu-s 2 --memory-mb 128 --pids 32 --disk-mb 64 \\\n"
        "      -- /usr/bin/python3 -c 'print(6 * 7)'\n",
        BOX_USER);
    return 0;
}

static int usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("holdout-box run: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs(" (--help tells more)\n", stderr);
    va_end(arguments);
    return EXIT_USAGE;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters to add, drop or change; both words are shorter than WORD_MOST. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MOST], len = strlen(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(change, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[len];
}

const char *option_nearest(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t most = strnlen(word, WORD_MOST), best_distance = 2 + most / 4;
    for (size_t i = 0; most < WORD_MOST && i < count; i++) {
        size_t far = distance(word, words[i]);
        if (far < best_distance) {
            best = words[i];
            best_distance = far;
        }
    }
    return best;
}

/* 0 when there is such an option; else 64, and the nearest one is named. */
static int check_option(const char *option)
{
    const char *names[LIMITS + OTHERS];
    size_t count = 0;
    for (size_t i = 0; i < LIMITS; i++)
        names[count++] = limits[i].option;
    for (size_t i = 0; i < OTHERS; i++)
        names[count++] = others[i];
    for (size_t i = 0; i < count; i++)
        if (strcmp(option, names[i]) == 0)
            return 0;
    const char *nearest = option_nearest(option, names, count);
    return nearest ? usage("unknown option \"%.60s\", did you mean \"%s\"", option, nearest)
                   : usage("unknown option \"%.60s\"", option);
}

/* The number with which an option came, times its unit; 0, or 64 after a complaint. */
static int number(const char *option, const char *text, int64_t unit, const double range[2],
                  int64_t *out)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= range[0] && value <= range[1]) ||
        strspn(text, unit == 1 ? "0123456789" : "0123456789.") != strlen(text))
        return usage("%s was \"%.60s\", allowed is a %snumber from %.10g to %.10g", option, text,
                     unit == 1 ? "whole " : "", range[0], range[1]);
    *out = (int64_t)(value * (double)unit + 0.5);
    return 0;
}

static bool push(const char **list, size_t *count, const char *text)
{
    if (*count == LIST_MOST - 1)
        return false;
    list[(*count)++] = text;
    return true;
}

static int too_many(const char *option)
{
    return usage("more than %d times %s", LIST_MOST - 1, option);
}

/* PATH[:AT] */
static bool push_bind(struct run *run, char *text, bool writable)
{
    if (run->job.bind_count == LIST_MOST - 1)
        return false;
    char *colon = strchr(text, ':');
    if (colon)
        *colon = 0;
    run->binds[run->job.bind_count++] = (struct box_bind){
        .dir = AT_FDCWD, .path = text, .at = colon ? colon + 1 : text, .writable = writable
    };
    return true;
}

/* Takes the value of an option: 0, or 64 when it is bad. */
static int take(struct run *run, const char *option, char *value)
{
    for (size_t i = 0; i < LIMITS; i++)
        if (strcmp(option, limits[i].option) == 0) {
            int64_t *at = (int64_t *)((char *)&run->job.limits + limits[i].offset);
            return number(option, value, limits[i].unit,
                          (const double[]){ limits[i].low, limits[i].high }, at);
        }
    const struct {
        const char *name, **list;
        size_t *count;
    } lists[] = {
        { "--dir", run->writable, &run->writable_count },
        { "--mask", run->masks, &run->mask_count },
        { "--keep", run->keep, &run->keep_count },
        { "--env", run->envp, &run->env_count },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(option, lists[i].name) == 0)
            return push(lists[i].list, lists[i].count, value) ? 0 : too_many(option);
    const struct {
        const char *name, **at;
    } texts[] = {
        { "--report", &run->report },
        { "--root", &run->root },
        { "--keep-to", &run->keep_dir },
        { "--cwd", &run->job.cwd },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(option, texts[i].name) == 0) {
            *texts[i].at = value;
            return 0;
        }
    if (strcmp(option, "--uid") == 0)
        return number(option, value, 1, (const double[]){ 1, UID_MOST }, &run->uid);
    return push_bind(run, value, strcmp(option, "--rw") == 0) ? 0 : too_many(option);
}

/* 0, or the exit code. */
static int parse(struct run *run, int argc, char **argv)
{
    int at = 1, code = 0;
    for (; at < argc && code == 0; at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        if (strcmp(argv[at], "--allow-degraded") == 0)
            run->job.degraded = true;
        else if (argv[at][0] != '-')
            break;
        else if (strcmp(argv[at], "--help") == 0)
            exit(help());
        else if ((code = check_option(argv[at])) == 0 && at + 1 >= argc)
            return usage("%s needs a value", argv[at]);
        else if (code == 0) {
            code = take(run, argv[at], argv[at + 1]);
            at++;
        }
    }
    if (code == 0 && at >= argc)
        return usage("no command behind the options");
    run->job.argv = (const char *const *)(argv + at);
    run->job.binds = run->binds;
    run->job.writable = run->writable;
    run->job.masks = run->masks;
    run->job.keep = run->keep;
    run->job.envp = run->envp;
    return code;
}

static int cancel_fd = -1;

static void cancel(int signal_number)
{
    const uint64_t one = 1;
    (void)signal_number;
    if (write(cancel_fd, &one, sizeof one) < 0)
        return;
}

static int open_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fprintf(stderr, "holdout-box run: %s: %s\n", path, strerror(errno));
    return fd;
}

/* What the command line names must be there: a usage error, not a report. */
static int open_all(struct run *run)
{
    if (run->root && (run->job.root = open_directory(run->root)) < 0)
        return EXIT_USAGE;
    if (run->keep_dir && (run->job.keep_dir = open_directory(run->keep_dir)) < 0)
        return EXIT_USAGE;
    for (size_t i = 0; i < run->job.bind_count; i++) {
        run->binds[i].dir = open(run->binds[i].path, O_PATH | O_CLOEXEC);
        if (run->binds[i].dir < 0) {
            fprintf(stderr, "holdout-box run: %s: %s\n", run->binds[i].path, strerror(errno));
            return EXIT_USAGE;
        }
        run->binds[i].path = NULL;
    }
    run->report_out = run->report ? fopen(run->report, "we") : stderr;
    if (!run->report_out) {
        fprintf(stderr, "holdout-box run: %s: %s\n", run->report, strerror(errno));
        return EXIT_USAGE;
    }
    return 0;
}

static int write_report(const struct run *run, const struct box_report *report)
{
    char *text = box_report_json(report);
    if (!text || fputs(text, run->report_out) < 0 || fflush(run->report_out)) {
        fprintf(stderr, "holdout-box run: the report could not be written: %s\n", strerror(errno));
        free(text);
        return EXIT_UNAVAILABLE;
    }
    free(text);
    return 0;
}

/* The launcher prepares itself, while the caller opens what the command line names. */
static int run_job(struct run *run)
{
    char why[256];
    struct box_report report;
    const struct box_launcher_options options = { .uid = (uid_t)run->uid, .gid = (gid_t)run->uid };
    struct box_launcher *launcher = launcher_fork(&options, &run->job, why, sizeof why);
    int code = open_all(run);
    if (code) {
        box_launcher_forget(launcher);
        return code;
    }
    cancel_fd = run->job.cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    signal(SIGINT, cancel);
    signal(SIGTERM, cancel);
    bool ready = launcher;
    if (launcher) {
        box_run(launcher, &run->job, &report);
        ready = report.verdict != BOX_INTERNAL || !launcher_failed(launcher, why, sizeof why);
    }
    if (ready)
        code = write_report(run, &report);
    else
        fprintf(stderr, "holdout-box run: %s\n", why);
    if (launcher)
        box_report_close(&report);
    box_launcher_forget(launcher); /* the box is gone; nobody needs to await the launcher's end */
    return ready ? code : EXIT_UNAVAILABLE;
}

int run_main(int argc, char **argv)
{
    static struct run run = { .job = BOX_JOB, .uid = BOX_USER };
    static const char *const usual[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp",
                                         "LANG=C.UTF-8" };
    char why[256];
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        push(run.envp, &run.env_count, usual[i]);
    run.job.out = STDOUT_FILENO;
    run.job.err = STDERR_FILENO;
    int code = parse(&run, argc, argv);
    if (code)
        return code;
    if (!box_job_check(&run.job, why, sizeof why)) {
        fprintf(stderr, "holdout-box run: %s\n", why);
        return EXIT_USAGE;
    }
    return run_job(&run);
}
