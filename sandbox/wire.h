/*
 * What crosses between caller and launcher. The launcher's own socket carries nothing but one end
 * of a fresh socket for each job; all else goes over that one, so that a caller's death ends its
 * job and leaves nothing for the next.
 *
 *     caller                                     launcher
 *     WIRE_JOB     body, out, err, cancel, …  ->
 *     WIRE_BINDS   up to 128 descriptors      ->
 *     WIRE_FILES   up to 128 descriptors      ->   (read by pid 1 of the box)
 *                                             <-   WIRE_STARTED  if asked for
 *     WIRE_CONNECT a socket for the answer    ->   (any number of times, until the report)
 *                  on that                    <-   WIRE_CONNECTED, with a descriptor or an errno
 *     WIRE_SIGNAL                             ->
 *                                             <-   WIRE_KEPT     one descriptor and its path
 *                                             <-   WIRE_REPORT
 *
 * The body is struct wire_job, then its texts, each with its ending zero, in the order of the
 * counts: in the message when it is short, else in a file of memory (FD_BLOB). Both ends are built
 * together: native byte order, no versions.
 */
#pragma once

#include "sandbox/box.h"
#include <sys/socket.h>

#define WIRE_FDS_MOST 128
#define WIRE_BLOB_MOST (16 << 20)
#define WIRE_PATH_MOST 1208 /* bytes of a path inside the box, its zero included */
#define WIRE_TEXTS_MOST 65536
#define WIRE_LIST_MOST 256 /* binds, directories, masks, kept paths: each */
#define WIRE_FILES_MOST 32768

enum wire_kind {
    WIRE_START = 1,
    WIRE_JOB,
    WIRE_BINDS,
    WIRE_FILES,
    WIRE_STARTED,
    WIRE_KEPT,
    WIRE_REPORT,
    WIRE_CONNECT,
    WIRE_CONNECTED,
    WIRE_SIGNAL
};

/* Lists of the blob, in this order. Binds are "r/path" or "w/path", files "0644/path". */
enum wire_list {
    LIST_CWD,
    LIST_ARGV,
    LIST_ENVP,
    LIST_BINDS,
    LIST_WRITABLE,
    LIST_READONLY,
    LIST_MASKS,
    LIST_KEEP,
    LIST_FILES,
    LIST_COUNT,
};

struct wire_job {
    struct box_limits limits;
    uint32_t counts[LIST_COUNT];
    uint32_t degraded;
    uint32_t port;
    uint32_t tell_started;
};

/* Descriptors that come with WIRE_JOB, each where its bit is set, in this order. */
enum wire_fd { FD_BLOB, FD_ROOT, FD_OUT, FD_ERR, FD_CANCEL, FD_COUNT };

struct wire_head {
    uint32_t kind;
    uint32_t fd_mask; /* WIRE_JOB */
    int64_t bytes;    /* WIRE_KEPT: size */
    union {
        uint32_t mode;   /* WIRE_KEPT */
        uint32_t number; /* WIRE_CONNECT: port, WIRE_CONNECTED: errno or 0, WIRE_SIGNAL: signal */
    };
    uint32_t text; /* bytes that follow: WIRE_KEPT: the path with its zero, WIRE_JOB: the body */
};

struct wire_message {
    struct wire_head head;
    union {
        char text[WIRE_PATH_MOST + 256]; /* WIRE_KEPT, WIRE_JOB */
        struct box_report report;        /* WIRE_REPORT; its pointers mean nothing */
    };
    int fds[WIRE_FDS_MOST];
    size_t fd_count;
};

/* Room for the descriptors of a message. */
union wire_control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * WIRE_FDS_MOST)];
};
/* Up to WIRE_FDS_MOST of them into a message to be sent; none: nothing is done. */
void wire_fds_put(struct msghdr *out, union wire_control *control, const int *fds, size_t count);
/* Those that came, the caller's from now on; what finds no room is closed. How many are in fds. */
size_t wire_fds_take(struct msghdr *in, int *fds, size_t room);

/* One message with its descriptors (borrowed). False: the other end is gone; errno. */
bool wire_send(int socket, const struct wire_message *message);
/* Waits. The descriptors are close-on-exec and the caller's. False: the end, or not a message. */
bool wire_receive(int socket, struct wire_message *message);
void wire_close_fds(struct wire_message *message);

/* In a message: control characters become question marks. */
void wire_plain(char *text);
/* Absolute, no "//", "." or "..", no slash at the end, no control characters, not too long. */
bool wire_path_check(const char *path);
/* It is top, or lies beneath it. */
bool wire_path_in(const char *path, const char *top);
/* Limits in their ranges; else one line. */
bool wire_limits_check(const struct box_limits *limits, char *why, size_t why_size);
