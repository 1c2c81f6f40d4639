/*
 * The courses that are served, and open views of their stores: a request takes one and gives it
 * back. A store that is not there yet is no fault of the visitor: pages say that the course is
 * being prepared.
 */
#pragma once

#include "grader/view.h"
#include <pthread.h>
#include <stddef.h>

#define COURSE_KEY_MOST 100
#define COURSE_IDLE_MOST 8

struct course {
    const char *dir;
    char *state_dir;
    pthread_mutex_t lock;      /* of all below */
    char key[COURSE_KEY_MOST]; /* in addresses: the id, until that is known the directory name */
    struct view *idle[COURSE_IDLE_MOST];
    size_t idle_count;
};
struct courses {
    struct course *at;
    size_t count;
};

void courses_open(struct courses *courses, const char *const *dirs, size_t count);
void courses_close(struct courses *courses);
struct course *courses_find(struct courses *courses, struct str key);

/* NULL and a fault while the store cannot be read. The view is between view_begin and view_end. */
struct view *course_take(struct course *course, struct fault *why);
void course_give(struct course *course, struct view *view);
/* A copy of the key. */
struct str course_key(struct course *course, struct arena *arena);
