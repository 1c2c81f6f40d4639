/*
 * The inside of the fetch process, in its parts: where it lives (room), whom it calls (dial), what
 * it refuses in a repository on this machine (local). Only fetch_main puts them together.
 */
#pragma once

#include "grader/source/fetch.h"
#include <limits.h>

#define SECRET_BYTES_MOST (64u << 10)
#define LOCAL_ENTRIES_MOST 300000
#define LOCAL_DEPTH_MOST 16

/* What was in secrets/grader/HOST, read before confinement; empty where there is none. All
 * zero-ended. */
struct fetch_secrets {
    struct str key, token, known_hosts, ca;
};
bool fetch_secrets_load(struct arena *arena, int dir, struct fetch_secrets *out, struct fault *why);

/*
 * Paths by which libgit2 reaches the two directories. Where the real path is not reachable for this
 * user (a parent of mode 0700) they are mounted in a mount namespace of this process alone.
 */
struct fetch_room {
    char mirror[PATH_MAX];
    char repository[PATH_MAX]; /* empty unless file: */
};
bool fetch_room_find(const struct fetch_request *request, struct fetch_room *out,
                     struct fault *why);

/* Limits, Landlock, no capability: from here on the process reaches the mirror, the repository
 * and, for https and ssh, name resolution and one port. */
bool fetch_room_enter(const struct fetch_request *request, struct fault *why);

/* The same without a mirror, to look only. */
bool fetch_room_enter_looking(const struct fetch_request *request, struct fault *why);

/* The same for a snapshot: the mirror for reading is all there is. */
bool fetch_room_enter_reading(int mirror, int deadline_ms, struct fault *why);
/* SIGALRM ends the process then. */
void fetch_alarm(int deadline_ms);

/*
 * A fetch that was killed leaves locks, a machine that went down empty refs: both go (name ".",
 * depth 0). A mirror that cannot be opened all the same is begun anew: all in it goes.
 */
void fetch_mirror_mend(int parent, const char *name, int depth);
/* Are its packs as they were written, as far as their ends tell? */
bool fetch_mirror_whole(int mirror);
bool fetch_mirror_empty(int mirror, struct fault *why);
/*
 * A bare repository, unless one is there: what git needs and no more. libgit2 writes three times as
 * many files, and most of them twice.
 */
bool fetch_mirror_make(int mirror, struct fault *why);

/* A bare repository without links, alternates, commondir, worktrees, special files. */
bool fetch_local_check(int repository, struct fault *why);

struct fetch_dial {
    struct arena *arena;
    const struct fetch_request *request;
    const struct fetch_secrets *secrets;
    char *login_missing; /* what to do about a refused login, for the message */
};
/* git_door's functions; `at` is a struct fetch_dial. */
int fetch_dial(void *at, const char *host, const char *port, enum git_outcome *outcome,
               struct fault *why);
bool fetch_host_key(void *at, struct str key, struct fault *why);
/* Does known_hosts name this key for host (and port)? *revoked is set when it says @revoked. */
bool fetch_known_host(struct arena *arena, struct str known_hosts, const struct address *address,
                      struct str key, bool *revoked);
