/*
 * The inside of the warden, in its parts: messages, helpers, slots. Only warden.c puts them
 * together.
 */
#pragma once

#include "core/base/str.h"
#include "grader/execute/nursery.h"
#include "grader/execute/warden.h"
#include <sys/types.h>

/* ---- on the socket (SOCK_SEQPACKET): one request, one answer ---- */
enum warden_op { WARDEN_SPAWN, WARDEN_KILL, WARDEN_STATUS, WARDEN_READY };

struct warden_request {
    uint32_t op, role;
    int32_t slot, pid;
    uint32_t fd_count, fd_mask; /* bit i: descriptor i comes along */
    char name[WARDEN_NAME];
};
struct warden_answer {
    int32_t ok, blame, pid, ended, status;
    char text[200]; /* of the fault */
};

/* -1: the other end is gone, or said something of another size. Descriptors get FD_CLOEXEC. */
ssize_t message_receive(int socket, void *message, size_t size, int *fds, size_t *fd_count);
/* Never waits for a full socket when `now`. */
bool message_send(int socket, struct str message, const int *fds, size_t fd_count, bool now);

/* ---- helpers: what a grader asked for ---- */
#define HELPERS_MOST 256
#define HELPERS_OF_ONE 64

struct helper {
    pid_t pid;    /* 0: a free place */
    size_t owner; /* which child */
    int slot;
    enum house_role role;
    bool ended, orphan; /* orphan: nobody will ask, forget it once reaped */
    int status;
};

struct slots;

struct helpers {
    const struct house *house;
    struct slots *slots;
    struct helper at[HELPERS_MOST];
    struct nursery nurseries[HOUSE_ROLES];         /* started when first asked for */
    uint64_t ready[WARDEN_CHILDREN_MOST / 64 + 1]; /* bit: this child said that it is at work */
};

/* False: the grader's end is gone or makes no sense; close the socket. */
bool helper_answer(struct helpers *helpers, size_t owner, int socket);
/* True when pid was a helper, or what bears them. */
bool helper_reaped(struct helpers *helpers, pid_t pid, int status);
void helpers_kill(struct helpers *helpers, size_t owner); /* SIZE_MAX: of all */
bool helpers_any(const struct helpers *helpers);          /* one still runs */
/* In a fork: nothing is asked of nurseries from here. */
void helpers_forget(struct helpers *helpers);
void nurseries_close(struct helpers *helpers);

/* ---- slots: one box launcher each ---- */
struct slots *slots_open(const struct house *house, size_t count, struct fault *why);
void slots_close(struct slots *slots);
/* In a fork: forget the sockets, leave the launchers alone. */
void slots_forget(struct slots *slots);
/* The launcher's socket, the launcher started anew when it is dead; -1 and a fault. Borrowed. */
int slot_socket(struct slots *slots, size_t slot, struct fault *why);
/* True when pid was a launcher. */
bool slot_reaped(struct slots *slots, pid_t pid);

/* In a fork of the warden: standard signals, nothing blocked. */
void signals_standard(void);
/* wanted[i] becomes descriptor i; -1 becomes /dev/null below 3, else nothing. All others close. */
bool fds_arrange(int *wanted, size_t count);
