/* holdout-box run: options to a job, the report to JSON. */
#include "sandbox/options.h"
#include "sandbox/box.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LIST_MOST 128
#define EXIT_USAGE 64
#define EXIT_UNAVAILABLE 69
#define BOX_USER 61999 /* as root, unless --uid says otherwise */
#define MiB (1 << 20)

struct run {
    struct box_job job;
    struct box_bind binds[LIST_MOST];
    const char *writable[LIST_MOST], *masks[LIST_MOST], *keep[LIST_MOST], *envp[LIST_MOST];
    size_t writable_count, mask_count, keep_count, env_count;
    const char *report, *root, *keep_dir;
    int64_t uid;
};

/* Limits: option, where it goes, its unit. */
static const struct {
    const char *option;
    size_t offset;
    int64_t unit;
    const char *help;
} limits[] = {
    { "--wall-s", offsetof(struct box_limits, wall_ms), 1000, "wall time in seconds" },
    { "--cpu-s", offsetof(struct box_limits, cpu_ms), 1000,
      "CPU time of the whole tree in seconds" },
    { "--memory-mb", offsetof(struct box_limits, memory_bytes), MiB,
      "memory of the whole tree, /tmp and /dev/shm" },
    { "--pids", offsetof(struct box_limits, processes), 1, "processes and threads" },
    { "--disk-mb", offsetof(struct box_limits, disk_bytes), MiB, "writable directories" },
    { "--inodes", offsetof(struct box_limits, inodes), 1, "files and directories" },
    { "--output-kb", offsetof(struct box_limits, output_bytes), 1024, "of stdout, and of stderr" },
    { "--files", offsetof(struct box_limits, open_files), 1, "open files of one process" },
    { "--stack-mb", offsetof(struct box_limits, stack_bytes), MiB, "stack" },
    { "--cpus", offsetof(struct box_limits, cpu_milli), 1000, "share of the machine in cores" },
    { "--keep-mb", offsetof(struct box_limits, keep_bytes), MiB, "all kept files together" },
};

static int help(void)
{
    const struct box_limits usual = BOX_LIMITS_INIT;
    printf(
        "usage: holdout-box run [OPTION]... -- COMMAND [ARGUMENT]...\n\n"
        "Runs COMMAND without network, in a root of its own, with limits that hold for it and\n"
        "all that it starts. Its stdout and stderr pass through; then the report is one line of\n"
        "JSON on stderr. Exit code 0 whenever there is a report, 64 for bad options.\n\n");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        int64_t value = *(const int64_t *)((const char *)&usual + limits[i].offset);
        printf("  %-11s N      %s (%lld)\n", limits[i].option, limits[i].help,
               (long long)(value / limits[i].unit));
    }
    printf(
        "  --ro PATH[:AT]     show a host file or directory, read-only (at the same path)\n"
        "  --rw PATH[:AT]     the same, writable as far as the box's user may\n"
        "  --dir PATH         a writable directory on the box's own disk\n"
        "  --mask PATH        show PATH empty\n"
        "  --keep PATH        collect this file or directory afterwards into --keep-to DIR\n"
        "  --env NAME=VALUE   nothing is inherited; PATH, HOME and LANG are set\n"
        "  --cwd PATH         working directory inside (/tmp)\n"
        "  --root DIR         a whole root instead of the host's /usr\n"
        "  --uid N            as root: the user number to run as (%d)\n"
        "  --report FILE      the report goes there\n"
        "  --allow-degraded   run although this machine lacks a protection; the report says which\n"
        "\nexample:\n"
        "  holdout-box run --wall-s 5 --cpu-s 2 --memory-mb 128 --pids 32 --disk-mb 64 \\\n"
        "      -- /usr/bin/python3 -c 'print(6 * 7)'\n",
        BOX_USER);
    return 0;
}

static int usage(const char *what, const char *detail)
{
    fprintf(stderr, "holdout-box run: %s \"%s\" (--help tells more)\n", what, detail);
    return EXIT_USAGE;
}

/* A number with at most three decimals, in thousandths of the unit. */
static bool number(const char *text, int64_t unit, int64_t *out)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= 0 && value <= 1e12) ||
        strspn(text, "0123456789.") != strlen(text))
        return false;
    *out = (int64_t)(value * (double)unit + 0.5);
    return true;
}

static bool push(const char **list, size_t *count, const char *text)
{
    if (*count == LIST_MOST - 1)
        return false;
    list[(*count)++] = text;
    return true;
}

/* PATH[:AT] */
static bool push_bind(struct run *run, char *text, bool writable)
{
    if (run->job.bind_count == LIST_MOST)
        return false;
    char *colon = strchr(text, ':');
    if (colon)
        *colon = 0;
    run->binds[run->job.bind_count++] = (struct box_bind){
        .dir = AT_FDCWD, .path = text, .at = colon ? colon + 1 : text, .writable = writable
    };
    return true;
}

/* True when `option` was one with a value and the value is taken; *code is 64 when it is bad. */
static bool take(struct run *run, const char *option, char *value, int *code)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strcmp(option, limits[i].option) == 0) {
            int64_t *at = (int64_t *)((char *)&run->job.limits + limits[i].offset);
            if (!number(value, limits[i].unit, at))
                *code = usage("expected a number, found", value);
            return true;
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
        if (strcmp(option, lists[i].name) == 0) {
            if (!push(lists[i].list, lists[i].count, value))
                *code = usage("too many times", option);
            return true;
        }
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
            return true;
        }
    if (strcmp(option, "--ro") == 0 || strcmp(option, "--rw") == 0) {
        if (!push_bind(run, value, option[3] == 'w'))
            *code = usage("too many times", option);
        return true;
    }
    if (strcmp(option, "--uid") == 0 && (!number(value, 1, &run->uid) || run->uid < 1))
        *code = usage("expected a user number above 0, found", value);
    return strcmp(option, "--uid") == 0;
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
        else if (at + 1 < argc && take(run, argv[at], argv[at + 1], &code))
            at++;
        else
            return usage("unknown option, or one without its value,", argv[at]);
    }
    if (code == 0 && at >= argc)
        return usage("no command behind", "--");
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
    return 0;
}

static int write_report(const struct run *run, const struct box_report *report)
{
    char *text = box_report_json(report);
    FILE *out = run->report ? fopen(run->report, "we") : stderr;
    if (!text || !out || fputs(text, out) < 0 || (run->report && fclose(out))) {
        fprintf(stderr, "holdout-box run: the report could not be written: %s\n", strerror(errno));
        free(text);
        return EXIT_UNAVAILABLE;
    }
    free(text);
    return 0;
}

static int run_job(struct run *run)
{
    char why[256];
    struct box_report report;
    const struct box_launcher_options options = { .uid = (uid_t)run->uid, .gid = (gid_t)run->uid };
    struct box_launcher *launcher = box_launcher_start(&options, why, sizeof why);
    if (!launcher) {
        fprintf(stderr, "holdout-box run: %s\n", why);
        return EXIT_UNAVAILABLE;
    }
    cancel_fd = run->job.cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    signal(SIGINT, cancel);
    signal(SIGTERM, cancel);
    box_run(launcher, &run->job, &report);
    int code = write_report(run, &report);
    box_report_close(&report);
    box_launcher_forget(launcher); /* the box is gone; nobody needs to await the launcher's end */
    return code;
}

int run_main(int argc, char **argv)
{
    static struct run run = { .job = BOX_JOB, .uid = BOX_USER };
    static const char *const usual[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp",
                                         "LANG=C.UTF-8" };
    char why[256];
    if (argc > 1 && strcmp(argv[1], "--help") == 0)
        return help();
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
    code = open_all(&run);
    return code ? code : run_job(&run);
}
