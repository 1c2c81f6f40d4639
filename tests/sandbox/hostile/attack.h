/*
 * What the attacks share: a door that opens is named, "got through: …", and the exit code tells.
 * Their arguments: a port and an abstract name that listen outside, limits of CPU and wall time in
 * milliseconds, the key of shared memory outside. Each ends by itself a little beyond its limit, so
 * that it can run with a wall left out.
 */
#pragma once

#include "tests/sandbox/hostile/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int attack_count;

static void attack_note(const char *what, long result)
{
    if (result < 0)
        return;
    attack_count++;
    printf("got through: %s (%ld)\n", what, result);
    fflush(stdout);
}

/* A call that must fail. */
#define REFUSED(call) attack_note(#call, (long)(call))
/* A condition that must not hold. */
#define NEVER(condition) attack_note(#condition, (condition) ? 0 : -1)
#define ATTACK_END return attack_count ? 1 : 0

/* A limit did not hold. On stderr, where a full stdout does not matter. */
static void attack_beyond(const char *limit)
{
    dprintf(2, "got through: beyond the limit of %s\n", limit);
    _exit(1);
}

/* Memory is looked at from outside now and then: it must be seen, or it was not held. */
static void attack_beyond_memory(void)
{
    usleep(BEYOND_MS * 1000);
    attack_beyond("memory");
}

static int64_t attack_cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* argv's limit, and then some. */
static int64_t attack_cpu_most(char **argv)
{
    return strtoll(argv[3], NULL, 10) + BEYOND_MS;
}

static void attack_burn(int64_t until_ms)
{
    while (attack_cpu_ms() < until_ms)
        for (volatile int i = 0; i < 100000; i++)
            ;
}

/* Sleeps longer than the wall limit. */
static void attack_outlast(char **argv)
{
    int64_t ms = strtoll(argv[4], NULL, 10) + BEYOND_MS;
    struct timespec rest = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&rest, &rest))
        ;
}

/* A number that all children see. */
static int64_t *attack_shared(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void attack_touch(size_t bytes)
{
    volatile char *block =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        _exit(1);
    for (size_t i = 0; i < bytes; i += 4096)
        block[i] = 1;
}

/* Writes `bytes` to a file; false when it is full. */
static int attack_fill(int fd, int64_t bytes)
{
    static char block[MIB / 4];
    memset(block, 1, sizeof block);
    for (; bytes > 0; bytes -= (int64_t)sizeof block)
        if (write(fd, block, sizeof block) <= 0)
            return 0;
    return 1;
}
