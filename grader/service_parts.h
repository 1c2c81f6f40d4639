/* What the files of the service share: a course's seat, and the mains of the warden's children. */
#pragma once

#include "grader/grader.h"
#include "grader/service.h"

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
};

struct web_child {
    const struct service *service;
    const struct house *house;
};

/* What the store holds of the course: tasks, teams, their names on the board. */
bool course_write(const struct grader *grader, const struct loaded *loaded, struct store *store,
                  struct fault *why);

int grader_child_main(int warden_socket, void *seat);
int web_child_main(int warden_socket, void *web);

/*
 * Until `asked` (a signalfd) is readable, or, with until_seq, until that request's run has ended;
 * tells a person how it goes meanwhile. Returns the exit code.
 */
int service_wait(const struct grader *grader, int asked);
