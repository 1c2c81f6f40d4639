/*
 * The warden: the process that started, kept small. It alone may be root. It keeps box launchers,
 * forks the graders and the web, restarts what died, and starts helpers for the graders out of a
 * fixed table:
 *
 *     role     program              descriptors from the grader, in this order
 *     runner   holdout grade-one    null, null, log, RUNDIR, cancel pipe, and perhaps the
 *                                   environment's root    (a launcher's socket is added)
 *     fetch    holdout fetch-one    as enum fetch_fd says
 *     send     holdout send-one     as enum send_fd says
 *
 * A grader asks over its own socket; what it asks is checked, since it reads foreign bytes. Helpers
 * die with the grader that asked for them, and all die with the warden.
 */
#pragma once

#include "grader/execute/house.h"

#define WARDEN_FDS_MOST 8
#define WARDEN_CHILDREN_MOST 72
#define WARDEN_NAME 64

/* ---- the warden's side ---- */

struct warden_child {
    const char *name; /* for the log: "grader", "web" */
    enum house_role role;
    bool leads; /* the warden ends once all that lead have ended; none leads: once all have */
    /*
     * Runs in the fork after house_drop, with standard signals; what it returns is its exit code.
     * 0 and 1 end it for good; 64 to 78 except 70 and 75 end the warden with that code, since they
     * will not get better; after everything else it is started again, at first after 0.2 s,
     * doubling to 10 s.
     */
    int (*main)(int warden_socket, void *at);
    void (*watch)(void *at); /* in the warden, about once a second; may fork; NULL: nothing */
    void *at;
};

struct warden {
    const struct house *house;
    const struct warden_child *children;
    size_t child_count;
    size_t slots;     /* box launchers, at most HOUSE_SLOTS_MOST */
    int64_t drain_ms; /* how long children may take to end, before the usual 10 s */
};

/*
 * Call with one thread. Until those that lead have ended, or SIGTERM or SIGINT: then SIGTERM to
 * the children, SIGKILL after drain_ms and 10 s, or at a second signal. Tells the service manager
 * (core/base/notify.h) when all graders are ready and when it stops. Returns the exit code: the
 * largest of those that led, or 70 with a fault.
 */
int warden_run(const struct warden *warden, struct fault *why);

/* ---- the grader's side; usable from several threads ---- */

struct warden_client;
struct warden_client *warden_client_open(int warden_socket); /* takes the socket over */
void warden_client_close(struct warden_client *client);

struct warden_spawn {
    enum house_role role; /* HOUSE_RUNNER, HOUSE_FETCH or HOUSE_SEND */
    const char *name;     /* for the process list: [A-Za-z0-9._/-], at most 63 */
    const int *fds;       /* become 0, 1, 2, …; -1: /dev/null for 0 to 2, else closed */
    size_t fd_count;
    int slot; /* runner: whose launcher; else -1 */
};
struct warden_process {
    pid_t pid;
    int pidfd; /* readable once it has ended; the caller's to close */
};
/* This child is at work: said once. */
bool warden_ready(struct warden_client *client, struct fault *why);
/* BLAME_PASSING when the slot is taken. */
bool warden_spawn(struct warden_client *client, const struct warden_spawn *spawn,
                  struct warden_process *out, struct fault *why);
/* Ends an own helper with SIGKILL; one that has ended already is fine. */
bool warden_kill(struct warden_client *client, pid_t pid, struct fault *why);
/* How an own helper ended, as waitpid says it; *ended false while it runs. Forgets it once told. */
bool warden_status(struct warden_client *client, pid_t pid, bool *ended, int *status,
                   struct fault *why);
