/* The walls that a process puts around itself, in the order in which they are built. */
#pragma once

#include "sandbox/inside/job.h"

/* No capability in any set, and none to be had. */
bool wall_capabilities(void);
/*
 * The launcher's own: as root it keeps the capabilities that it needs to build boxes; the filter of
 * both lists of system calls, which everything below it inherits.
 */
bool wall_launcher(bool root);
/*
 * Files again, by Landlock: write only where the job may; no signal, no abstract socket outward.
 * Begun before the job is known, ended with what it may write; the last one closes the ruleset.
 */
struct wall {
    int ruleset; /* -1: this kernel has no Landlock that is good enough */
    uint64_t handled;
};
bool wall_landlock_begin(struct wall *wall);
bool wall_landlock_end(struct wall *wall, const struct job *job);
/*
 * Takes away what only sandbox/syscalls.launcher has: the other list is left. `listener` is told of
 * the calls that are marked there, before they are refused; -1 where the kernel has no such thing.
 */
bool wall_seccomp(int *listener);
const char *wall_filter_digest(void);   /* of both filters: 16 hexadecimal digits */
const char *wall_call_name(int number); /* of a marked call; "" */
/* Version of Landlock that the kernel has; 0: none. */
int wall_landlock_version(void);
