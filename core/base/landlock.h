/*
 * Landlock: a process gives up, for good, all files and TCP ports but those that it names. Children
 * inherit it. For grade-one, fetch-one and web before the first foreign byte. Needs no privilege;
 * sets no_new_privs. Kernel 5.13 holds files, 6.2 truncation too, 6.7 TCP ports, 6.12 signals and
 * abstract sockets.
 */
#pragma once

#include "core/base/fault.h"
#include <stddef.h>
#include <stdint.h>

enum room_access {
    ROOM_READ, /* open and list for reading */
    /* read, write, make and remove files and directories; never sockets, devices, links */
    ROOM_WRITE,
    ROOM_RUN, /* read and execute */
};

struct room {
    int dir;          /* descriptor; AT_FDCWD with an absolute path */
    const char *path; /* NULL: the descriptor itself */
    enum room_access access;
};

struct landlock {
    const struct room *rooms; /* a path that does not exist is passed over */
    size_t room_count;
    bool tcp_bounded; /* false: TCP stays as it is */
    const uint16_t
        *ports; /* that may be connected to when bounded; binding is never allowed then */
    size_t port_count;
};

/* The kernel's Landlock version; 0 where there is none. */
int landlock_version(void);

/* Threads of this process, 0 when /proc cannot be read. landlock_enter confines the calling one
 * only, so be alone first: OpenBLAS starts threads before main unless OPENBLAS_NUM_THREADS=1. */
int landlock_threads(void);

/*
 * False (BLAME_SYSTEM) when the kernel has no Landlock or a rule could not be made: the caller
 * decides.
 */
bool landlock_enter(const struct landlock *wanted, struct fault *why);
