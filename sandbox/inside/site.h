/*
 * A site: a user and a mount namespace in which one box after the other is built, since making them
 * and the many mounts of the host environment costs more than all else of a box.
 *
 *     /stock/usr … etc, dev     the host environment between two boxes, mounted once
 *     /new                      the root of the box that stands here; the stock is moved into it
 *     /hold                     its scratch space
 *
 * A box gets all else afresh: pid, IPC and control group namespaces, its file systems, its /proc.
 * Its processes see /new as their root, have no right to change a mount, and nothing else but empty
 * directories is around it: not even the host's /proc, which a box needs once to mount its own; for
 * that it starts in a second mount namespace, the porch. When the box is dead its root is taken
 * down with all that is mounted there. Whatever goes wrong ends the site, and the next box gets
 * another.
 */
#pragma once

#include "sandbox/inside/ground.h"
#include <linux/sched.h>

struct site {
    int user, mounts, porch; /* namespaces; -1: there is no site */
    bool taken;
    bool dirty; /* what the last box left is to be cleared */
    const struct ground *ground;
};

void site_nothing(struct site *site);
bool site_make(struct site *site, struct ground *ground, struct trouble *why);
void site_close(struct site *site);
/*
 * clone3 with these arguments by a process that has entered the site's user namespace and its
 * porch; the new one is the launcher's own child and runs main(arg). Its pid; 0 and a trouble.
 */
pid_t site_clone(struct site *site, struct clone_args *how, void (*main)(void *), void *arg,
                 struct trouble *why);
/*
 * Leaves it to the next box. What was built there goes with site_clear, or just before the next box
 * is made: two visits in one. All inside must be dead.
 */
void site_leave(struct site *site);
void site_clear(struct site *site);
/* In pid 1 of a box: from the porch into the mount namespace; the stock into its root. */
bool site_enter(const struct site *site, struct trouble *why);
bool site_unload(const struct site *site, int root, struct trouble *why);
