/* What the files of the service share: a course's seat, and the mains of the warden's children. */
#pragma once

#include "grader/grader.h"
#include "grader/service/service.h"

struct seat {
    const char *dir;                    /* as it was written */
    char *path;                         /* absolute */
    char *local_text;                   /* absolute path of git.local; NULL without */
    const char *view_path, *view_local; /* how children reach them */
    int course_dir, lock;
    const struct house *house;
    struct loaded *loaded;
    int slots;
    size_t first_slot;
    int64_t request;
    int (*until)(struct waiting *waiting);
    int64_t drain_ms;
    int64_t first_seq;    /* of the inbox when the course was loaded */
    struct {              /* grader/service/service_reload.c */
        uint64_t stamp;   /* of the files that were loaded or refused last */
        uint64_t waiting; /* seen a moment ago; taken when it is the same at the next look */
        pid_t pid;
        int said;         /* read end: a byte once the process is done */
        int64_t again_us; /* not before, after a fault of ours; clock_mono_us */
    } reload;
    char secrets_fault[240]; /* what the last look at secrets/ ended with, empty: well */
};

struct web_child {
    const struct service *service;
    const struct house *house;
};

/*
 * A look at the course's files, about once a second: what changed and lies still is loaded anew,
 * for the grader to take over; what is wrong is told, and the version before stays in force.
 */
void seat_watch(void *seat);

/*
 * Started as root: secrets/web may be read by the web, secrets/grader by grader and fetch. Changes
 * only what is not so yet.
 */
bool secrets_lend(const struct house *house, int course, struct fault *why);
/* The same for what is added while the service runs; a fault is told once. */
void secrets_watch(struct seat *seat);

int grader_child_main(int warden_socket, void *seat);
int web_child_main(int warden_socket, void *web);

/*
 * Until `asked` (a signalfd) is readable, or, with until_seq, until that request's run has ended;
 * tells a person how it goes meanwhile. Returns the exit code.
 */
int service_wait(const struct grader *grader, int asked);
