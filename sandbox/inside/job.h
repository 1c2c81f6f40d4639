/* A job as the launcher holds it: received, parsed and checked; the caller is not trusted. */
#pragma once

#include "sandbox/inside/sys.h"
#include "sandbox/wire.h"

struct job {
    struct box_limits limits;
    bool degraded;            /* asked for */
    char *texts;              /* the blob's text part */
    char **lists[LIST_COUNT]; /* NULL-ended; point into texts */
    size_t counts[LIST_COUNT];
    char **index;              /* what lists point into */
    int fds[FD_COUNT];         /* -1: not given */
    int binds[WIRE_LIST_MOST]; /* descriptors as received; -1 */
    size_t bind_fds;
    int socket; /* the job's own */
};

/* Reads the job and its binds from the socket, which stays the caller's. */
bool job_receive(int socket, struct job *job, struct trouble *why);
void job_close(struct job *job);

/* Path of the bind or file text: behind its "r" or "0644". */
const char *job_bind_path(const char *text);
bool job_bind_writable(const char *text);
const char *job_file_path(const char *text);
mode_t job_file_mode(const char *text);
