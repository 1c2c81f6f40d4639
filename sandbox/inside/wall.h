/* The walls that a process puts around itself, in the order in which they are built. */
#pragma once

#include "sandbox/inside/job.h"

/* No capability in any set, and none to be had. */
bool wall_capabilities(void);
/* The launcher's own: what it needs to build boxes, as root; nothing more can be had. */
bool wall_launcher(void);
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
/* The filter of sandbox/syscalls.allow. */
bool wall_seccomp(void);
/* Version of Landlock that the kernel has; 0: none. */
int wall_landlock_version(void);
