/*
 * The warden: the process that started, kept small. It alone may be root. It keeps box launchers,
 * forks the graders and the web, restarts what died, and starts helpers for the graders out of a
 * fixed table:
 *
 *     role     program                           descriptors
 *     runner   holdout grade-one RUNDIR …        as given, and the launcher's socket of a slot
 *     fetch    holdout fetch-one                 as given
 *
 * A grader asks over its own socket; what it asks is checked, since it reads foreign bytes. Helpers
 * die with the grader that asked for them, and all die with the warden.
 */
#pragma once

#include "grader/execute/house.h"

#define WARDEN_FDS_MOST 16
#define WARDEN_CHILDREN_MOST 72

/* ---- the warden's side ---- */

struct warden_child {
    const char *name; /* for the log: "grader", "web" */
    enum house_role role;
    /*
     * Runs in the fork after house_drop; its return value is the exit code. Exit 0 ends it for good,
     * codes 64 to 78 except 70 and 75 end the warden with that code (they will not get better),
     * everything else starts it again after 0.2 s, doubling to 10 s.
     */
    int (*main)(int warden_socket, void *at);
    void *at;
};

struct warden {
    const struct house *house;
    const struct warden_child *children;
    size_t child_count;
    size_t slots;       /* box launchers */
    bool with_children; /* end when the first child has ended with 0 (else when all have) */
};

/*
 * Until all children have ended, or SIGTERM or SIGINT: then SIGTERM to all, SIGKILL after 10 s.
 * Returns the exit code: 0, a child's, or 70 with a fault.
 */
int warden_run(const struct warden *warden, struct fault *why);

/* ---- the grader's side; usable from several threads ---- */

struct warden_client;
struct warden_client *warden_client_open(int warden_socket); /* takes the socket over */
void warden_client_close(struct warden_client *client);

struct warden_spawn {
    enum house_role role;         /* HOUSE_RUNNER or HOUSE_FETCH */
    const char *const *arguments; /* behind the first one, which the table gives */
    size_t argument_count;        /* at most 8, of 256 bytes */
    const int *fds;               /* become 0, 1, 2, …; -1: /dev/null */
    size_t fd_count;              /* at most WARDEN_FDS_MOST */
    int slot; /* runner: its launcher's socket follows as the next descriptor; else -1 */
};
struct warden_process {
    pid_t pid;
    int pidfd; /* readable once it has ended; the caller's to close */
};
bool warden_spawn(struct warden_client *client, const struct warden_spawn *spawn,
                  struct warden_process *out, struct fault *why);
/* Ends an own helper with SIGKILL; one that has ended already is fine. */
bool warden_kill(struct warden_client *client, pid_t pid, struct fault *why);
/* How an own helper ended, as waitpid says it; *ended false while it runs. Forgets it once told. */
bool warden_status(struct warden_client *client, pid_t pid, bool *ended, int *status,
                   struct fault *why);
