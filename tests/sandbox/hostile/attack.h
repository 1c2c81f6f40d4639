/* What the attacks share: a door that opens is counted and named, the exit code says so. */
#pragma once

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
