/* The courses that are served, and a pool of open views for each. */
#include "web/courses.h"
#include <stdio.h>
#include <stdlib.h>

static void name_by_dir(struct course *course)
{
    struct str dir = str_of(course->dir);
    while (dir.len > 1 && dir.at[dir.len - 1] == '/')
        dir.len--;
    const char *slash = dir.len ? memrchr(dir.at, '/', dir.len) : NULL;
    if (slash)
        dir = str_from(dir, (size_t)(slash - dir.at) + 1);
    snprintf(course->key, sizeof course->key, "%.*s", STR_ARGS(dir));
}

void courses_open(struct courses *courses, const char *const *dirs, size_t count)
{
    courses->at = calloc(count, sizeof *courses->at);
    if (!courses->at)
        abort();
    courses->count = count;
    for (size_t i = 0; i < count; i++) {
        struct course *course = &courses->at[i];
        course->dir = dirs[i];
        if (asprintf(&course->state_dir, "%s/state", dirs[i]) < 0)
            abort();
        pthread_mutex_init(&course->lock, NULL);
        name_by_dir(course);
    }
}

void courses_close(struct courses *courses)
{
    for (size_t i = 0; i < courses->count; i++) {
        struct course *course = &courses->at[i];
        while (course->idle_count)
            view_close(course->idle[--course->idle_count]);
        pthread_mutex_destroy(&course->lock);
        free(course->state_dir);
    }
    free(courses->at);
    *courses = (struct courses){ 0 };
}

static struct view *take_idle(struct course *course)
{
    pthread_mutex_lock(&course->lock);
    struct view *view = course->idle_count ? course->idle[--course->idle_count] : NULL;
    pthread_mutex_unlock(&course->lock);
    return view;
}

static void learn_key(struct course *course, struct view *view)
{
    scoped_arena arena = arena_open(NULL);
    struct view_course about;
    if (!view_course(view, arena, &about, NULL) || !about.loaded || !about.id.len)
        return;
    pthread_mutex_lock(&course->lock);
    snprintf(course->key, sizeof course->key, "%.*s", STR_ARGS(about.id));
    pthread_mutex_unlock(&course->lock);
}

struct view *course_take(struct course *course, struct fault *why)
{
    struct view *view = take_idle(course);
    bool fresh = !view;
    if (fresh)
        view = view_open(course->state_dir, why);
    if (!view)
        return NULL;
    if (!view_begin(view, why)) {
        view_close(view);
        return NULL;
    }
    if (fresh)
        learn_key(course, view);
    return view;
}

void course_give(struct course *course, struct view *view)
{
    view_end(view);
    pthread_mutex_lock(&course->lock);
    bool kept = course->idle_count < COURSE_IDLE_MOST;
    if (kept)
        course->idle[course->idle_count++] = view;
    pthread_mutex_unlock(&course->lock);
    if (!kept)
        view_close(view);
}

struct str course_key(struct course *course, struct arena *arena)
{
    pthread_mutex_lock(&course->lock);
    struct str key = str_keep(arena, str_of(course->key));
    pthread_mutex_unlock(&course->lock);
    return key;
}

static bool has_key(struct course *course, struct str key)
{
    pthread_mutex_lock(&course->lock);
    bool same = str_is(key, course->key);
    pthread_mutex_unlock(&course->lock);
    return same;
}

struct course *courses_find(struct courses *courses, struct str key)
{
    for (int look = 0; look < 2; look++) {
        for (size_t i = 0; i < courses->count; i++)
            if (has_key(&courses->at[i], key))
                return &courses->at[i];
        for (size_t i = 0; look == 0 && i < courses->count; i++) {
            struct view *view = course_take(&courses->at[i], NULL); /* its id may be known by now */
            if (!view)
                continue;
            learn_key(&courses->at[i], view);
            course_give(&courses->at[i], view);
        }
    }
    return NULL;
}
