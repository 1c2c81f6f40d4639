/*
 * The grader of one course: what all its threads share. Read-only once the threads run, the stop
 * flag and the course (grader/course/loaded.h) excepted; stores and inboxes are opened by each
 * thread for itself.
 */
#pragma once

#include "core/base/clock.h"
#include "grader/execute/executor.h"
#include "grader/execute/house.h"
#include "grader/execute/warden.h"
#include "grader/inbox.h"
#include "grader/course/loaded.h"
#include "grader/store/store.h"
#include "grader/store/artifacts.h"
#include <pthread.h>

#define GRADER_MIRRORS 64

#define GRADER_REQUESTS 2 /* answered at a time: one repository may be silent */

struct board_memo;
struct boards;
struct digest_memo;
struct waiting;

struct schedule;

struct grader {
    struct arena *arena;
    const char *course_path; /* as this process reaches it */
    const char *state_path;
    const char *local_path; /* of git.local as addresses write it; NULL when there is none */
    int state;              /* directory descriptors */
    int course_dir;
    int scratch; /* state/cache: for what is laid out for a moment */
    int local;
    struct clock clock;
    const char *course_id;
    struct loaded_place *loaded;
    struct artifacts artifacts, sealed;
    struct house house;
    struct digest_memo *memo;      /* of files that seldom change; NULL: hashed each time */
    struct board_memo *board_memo; /* of who makes a board; NULL: each is tested from nothing */
    struct boards *boards;         /* those that are to be made: grader/service/boards.h */
    struct warden_client *warden;
    struct executor *executor;
    struct { /* tells idle threads that there may be work: see grader_news */
        pthread_mutex_t lock;
        pthread_cond_t changed;
        uint64_t count;
    } news;
    struct { /* the runs that our workers hold: follow_thread keeps their leases alive */
        pthread_mutex_t lock;
        const struct claim *claims[HOUSE_SLOTS_MOST];
    } held;
    struct { /* grader/service/disk_guard.h: the last look */
        pthread_mutex_t lock;
        int64_t looked_us, guard_mb;
        bool low;
    } disk;
    /*
     * held for reading by who computes with rows of several teams, for writing while those of a
     * team go (grader/tidy/erase.h)
     */
    pthread_rwlock_t rows;
    struct { /* grader/service/environment_survey.h: when the next one is due */
        pthread_mutex_t lock;
        int64_t next_ms;
        char version[SHA256_HEX]; /* of the course at the last one */
        bool at_work;
    } survey;
    /* a mirror is fetched into by one thread at a time: the lock is by the hash of the team */
    pthread_mutex_t mirrors[GRADER_MIRRORS];
    struct { /* requests that pollers answer just now; 0: room for one more */
        pthread_mutex_t lock;
        int64_t seqs[GRADER_REQUESTS];
        int64_t done_seq; /* atomic; of the inbox: all requests up to it have their answer */
    } asked;
    int slots;                             /* threads that work */
    int pollers, poller_next;              /* threads that poll; the next one's number, atomic */
    struct schedule *schedule;             /* what they have to do */
    int stop_fd;                           /* readable once the grader has to end */
    int draining;                          /* atomic: no more claims, what runs may end */
    int (*until)(struct waiting *waiting); /* NULL: the end of a run; an exit code, -1: not yet */
    int64_t until_seq; /* 0: serve; else end when the run of this inbox event has ended */
};

/* Has the grader to end? */
bool grader_stopping(const struct grader *grader);
/* Wait at most ms, or until the grader has to end (true). */
bool grader_wait(const struct grader *grader, int ms);

/* Wake the threads in grader_idle: something was appended or queued. */
void grader_news(struct grader *grader);
/* As grader_wait, but back at once when there is news since *seen (which is moved on). */
bool grader_idle(struct grader *grader, uint64_t *seen, int ms);

/*
 * The thread's own store and inbox (NULL: not needed). Tried again until they open; false: the
 * grader has to end.
 */
bool grader_open(const struct grader *grader, struct store **store, struct inbox **inbox);

/*
 * A line on stderr: time, level, course, event, then key=value pairs as printed. Never student
 * data, never a label.
 */
void grader_log(const struct grader *grader, const char *level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- threads: each runs until grader_stopping ---- */
void *poll_thread(void *grader);     /* looks at repositories, appends to the inbox */
void *follow_thread(void *grader);   /* takes the inbox over into the store; sweeps */
void *tidy_thread(void *grader);     /* what is to go (grader/tidy/tidy.c) */
void *announce_thread(void *grader); /* tells forges and webhooks (grader/service/announce.h) */
void *work_thread(void *grader);     /* claims runs and walks them through the pipeline */
