/* What is wrong with a job, said before anything is started. */
#include "sandbox/wire.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The box's own: nothing of a job can be made there. */
static const char *const taken[] = {
    "/usr", "/etc", "/proc", "/sys", "/bin", "/sbin", "/lib", "/lib64",
};

struct check {
    char *why;
    size_t why_size;
};

static bool wrong(const struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool wrong(const struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->why, check->why_size, format, arguments);
    va_end(arguments);
    wire_plain(check->why);
    return false;
}

static bool path_good(const struct check *check, const char *what, const char *path)
{
    if (path && wire_path_check(path))
        return true;
    return wrong(check,
                 "%s \"%.120s\" is not a plain absolute path (no //, . or .., at most %d bytes)",
                 what, path ? path : "", WIRE_PATH_MOST - 1);
}

/* Which of the taken ones the path lies in; NULL. */
static const char *taken_by(const char *path)
{
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (wire_path_in(path, taken[i]))
            return taken[i];
    return NULL;
}

static bool free_place(const struct check *check, const char *what, const char *path)
{
    if (!path_good(check, what, path))
        return false;
    const char *by = taken_by(path);
    return !by || wrong(check, "%s \"%.120s\" lies in %s, which is the box's own", what, path, by);
}

static bool list_good(const struct check *check, const char *what, const char *const *paths,
                      bool made)
{
    size_t count = 0;
    for (; paths && paths[count]; count++)
        if (made ? !free_place(check, what, paths[count]) : !path_good(check, what, paths[count]))
            return false;
    return count < WIRE_LIST_MOST ||
           wrong(check, "%zu times %s, allowed are %d", count, what, WIRE_LIST_MOST - 1);
}

static bool binds_good(const struct check *check, const struct box_job *job)
{
    if (job->bind_count >= WIRE_LIST_MOST)
        return wrong(check, "%zu binds, allowed are %d", job->bind_count, WIRE_LIST_MOST - 1);
    for (size_t i = 0; i < job->bind_count; i++)
        if (!path_good(check, "bind", job->binds[i].at))
            return false;
    if (job->file_count > WIRE_FILES_MOST)
        return wrong(check, "%zu files, allowed are %d", job->file_count, WIRE_FILES_MOST);
    for (size_t i = 0; i < job->file_count; i++)
        if (!free_place(check, "file", job->files[i].at))
            return false;
    return true;
}

static bool texts_good(const struct check *check, const struct box_job *job)
{
    size_t bytes = 0, count = 0;
    for (; job->argv[count] && count < WIRE_TEXTS_MOST; count++)
        bytes += strlen(job->argv[count]) + 1;
    for (size_t i = 0; job->envp && job->envp[i] && i < WIRE_TEXTS_MOST; i++, count++) {
        bytes += strlen(job->envp[i]) + 1;
        if (!strchr(job->envp[i], '='))
            return wrong(check, "the variable \"%.120s\" is not NAME=VALUE", job->envp[i]);
    }
    if (count >= WIRE_TEXTS_MOST || bytes > WIRE_BLOB_MOST / 2)
        return wrong(check, "arguments and variables have %zu bytes, allowed are %d", bytes,
                     WIRE_BLOB_MOST / 2);
    return true;
}

/* Asked once: the C library reads a file for it. */
static int64_t machine(int64_t *known, int what, int64_t unit)
{
    int64_t value = __atomic_load_n(known, __ATOMIC_RELAXED);
    if (value <= 0)
        __atomic_store_n(known, value = sysconf(what) * unit, __ATOMIC_RELAXED);
    return value;
}

int64_t box_machine_memory(void)
{
    static int64_t known;
    return machine(&known, _SC_PHYS_PAGES, sysconf(_SC_PAGESIZE));
}

/* The first parts of paths, as far as the root does not have them anyway. */
struct names {
    const char *at[BOX_NAMES_MOST];
    size_t count;
};

/* False: one too many. */
static bool name_add(struct names *names, const char *path)
{
    size_t len = 1 + strcspn(path + 1, "/");
    for (size_t i = 0; i < names->count; i++)
        if (strncmp(names->at[i], path, len) == 0 && strcspn(names->at[i] + 1, "/") == len - 1)
            return true;
    if (taken_by(path) || wire_path_in(path, "/tmp") || wire_path_in(path, "/dev"))
        return true;
    if (names->count == BOX_NAMES_MOST)
        return false;
    names->at[names->count++] = path;
    return true;
}

static bool names_good(const struct check *check, const struct box_job *job)
{
    struct names names = { .count = 0 };
    bool good = true;
    if (job->root >= 0)
        return true;
    for (size_t i = 0; good && job->writable && job->writable[i]; i++)
        good = name_add(&names, job->writable[i]);
    for (size_t i = 0; good && job->readonly && job->readonly[i]; i++)
        good = name_add(&names, job->readonly[i]);
    for (size_t i = 0; good && i < job->bind_count; i++)
        good = name_add(&names, job->binds[i].at);
    for (size_t i = 0; good && i < job->file_count; i++)
        good = name_add(&names, job->files[i].at);
    return good ||
           wrong(check, "more than %d names would be added to the root directory", BOX_NAMES_MOST);
}

/* A limit that the machine cannot reach limits nothing, and was hardly meant. */
static bool machine_has(const struct check *check, const struct box_limits *limits)
{
    static int64_t known;
    int64_t memory_bytes = box_machine_memory();
    int64_t cpu_milli = limits->cpu_milli ? machine(&known, _SC_NPROCESSORS_ONLN, 1000) : 0;
    const struct {
        const char *name;
        int64_t value, high;
    } rows[] = {
        { "memory in bytes", limits->memory_bytes, memory_bytes },
        { "disk in bytes", limits->disk_bytes, memory_bytes }, /* it lies in memory */
        { "CPU share in thousandths", limits->cpu_milli, cpu_milli },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].high > 0 && rows[i].value > rows[i].high)
            return wrong(check, "the limit of %s is %lld, this machine has %lld", rows[i].name,
                         (long long)rows[i].value, (long long)rows[i].high);
    return true;
}

bool box_job_check(const struct box_job *job, char *why, size_t why_size)
{
    const struct check check = { why, why_size };
    if (!wire_limits_check(&job->limits, why, why_size) || !machine_has(&check, &job->limits))
        return false;
    if (!job->argv || !job->argv[0] || !job->argv[0][0])
        return wrong(&check, "no command is given");
    return texts_good(&check, job) &&
           (!job->cwd || path_good(&check, "working directory", job->cwd)) &&
           binds_good(&check, job) &&
           list_good(&check, "writable directory", job->writable, true) &&
           list_good(&check, "read-only directory", job->readonly, true) &&
           list_good(&check, "mask", job->masks, false) &&
           list_good(&check, "kept path", job->keep, false) && names_good(&check, job);
}
