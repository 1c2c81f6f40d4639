/* A job as the launcher holds it: received, parsed and checked; the caller is not trusted. */
#pragma once

#include "sandbox/inside/sys.h"
#include "sandbox/wire.h"

#define PLACES_MOST BOX_NAMES_MOST

/* What a box's root has beside the host environment: the first part of one of the job's paths. */
struct place {
    const char *path; /* that starts with it, slash first */
    size_t len;       /* of it, with the slash */
    bool directory;
};

/* Without the slash. */
const char *place_name(const struct place *place, char name[256]);

struct job {
    struct box_limits limits;
    bool degraded;            /* asked for */
    uint32_t port;            /* 0: none */
    bool tell_started;        /* the caller wants to know */
    char *texts;              /* of the body, behind the job in its room */
    char **lists[LIST_COUNT]; /* NULL-ended; point into texts */
    size_t counts[LIST_COUNT];
    char **index;              /* what lists point into, behind the texts */
    int fds[FD_COUNT];         /* -1: not given */
    int binds[WIRE_LIST_MOST]; /* descriptors as received; -1 */
    size_t bind_fds;
    bool bind_directories[WIRE_LIST_MOST];
    struct place places[PLACES_MOST]; /* those that the box's root lacked */
    size_t place_count;
    int socket;  /* the job's own */
    size_t used; /* bytes of the room */
};

/*
 * Where jobs are parsed, one at a time: shared memory, so that pid 1 of a box that was made before
 * its job came sees it at the same address, and read-only.
 */
struct job_room {
    struct job *job; /* at its start */
    size_t size;
    int fd, readonly;
};
/* shared: else only processes cloned after a job came see it. */
bool job_room_open(struct job_room *room, int proc, bool shared, struct trouble *why);
/* In a clone: from now on it can only be read. */
bool job_room_enter(const struct job_room *room);

/* Reads the job and its binds from the socket, which stays the caller's. */
bool job_receive(int socket, struct job_room *room, struct trouble *why);
void job_close_fds(struct job_room *room); /* the caller goes on */
void job_close(struct job_room *room);

/* The one that is the path's first part; NULL. */
const struct place *job_place(const struct job *job, const char *path);

/* Path of the bind or file text: behind its "r" or "0644". */
const char *job_bind_path(const char *text);
bool job_bind_writable(const char *text);
const char *job_file_path(const char *text);
mode_t job_file_mode(const char *text);
