/*
 * A nursery: a process that was started ahead as the user of one role and forks a helper each time
 * one is asked for, so that a helper costs a fork and not the loading of a program with all its
 * libraries. It is bare when it forks: it has read nothing but orders, and has nothing open but its
 * socket and the log. What it forks is the warden's child (CLONE_PARENT), has the descriptors of
 * its order and no others, a session of its own, and dies with the warden, as if it had been
 * started by exec.
 *
 * All that one nursery forks have their code at the same addresses, so a nursery is replaced after
 * NURSERY_USES, and at once when a helper crashed: who tries addresses has one try.
 */
#pragma once

#include "core/base/fault.h"
#include "grader/execute/house.h"
#include <stdint.h>
#include <sys/types.h>

#define NURSERY_USES 500
#define NURSERY_WORDS 512 /* bytes of a command line */

/* What the warden writes; its descriptors come along. */
struct nursery_order {
    uint32_t fd_count, fd_mask; /* bit i: descriptor i comes along, else as warden_spawn says */
    uint32_t word_count;
    char words[NURSERY_WORDS]; /* zero-ended, one behind the other */
};
struct nursery_born {
    int32_t pid, error; /* pid -1: errno */
};

/* ---- the warden's side ---- */

struct nursery {
    pid_t pid;  /* 0: none */
    int socket; /* -1: none */
    unsigned used;
};

/*
 * One more helper of the role: fds[fd_count] become 0, 1, 2 …; -1 as warden_spawn says. *tried
 * false: there is no nursery that could be asked; else what failed failed.
 */
bool nursery_bear(struct nursery *nursery, const struct nursery_order *order, const int *fds,
                  pid_t *pid, bool *tried, struct fault *why);
/* It ends; what it forked goes on. */
void nursery_close(struct nursery *nursery);

/* ---- its own side ---- */

#define NURSERY_SOCKET 3 /* beside 0, 1 and the log */

/*
 * Orders until the socket's end. argv: of this process, which lies in one piece; its memory becomes
 * the command line of each helper. `find` gives the main of a command.
 */
typedef int nursery_main(int argc, char **argv);
int nursery_serve(int argc, char **argv, nursery_main *(*find)(const char *name));
