/* The current course and who holds which. */
#include "grader/course/loaded.h"
#include "core/base/arena.h"
#include <pthread.h>
#include <stdlib.h>

struct loaded_place {
    pthread_mutex_t lock;
    struct loaded *now; /* held by the place itself */
};

struct loaded_place *loaded_place_make(struct loaded *first)
{
    struct loaded_place *place = calloc(1, sizeof *place);
    if (!place)
        return NULL;
    pthread_mutex_init(&place->lock, NULL);
    first->holders = 1;
    place->now = first;
    return place;
}

const struct loaded *loaded_take(struct loaded_place *place)
{
    pthread_mutex_lock(&place->lock);
    struct loaded *now = place->now;
    now->holders++;
    pthread_mutex_unlock(&place->lock);
    return now;
}

/* The lock is held. */
static bool let_go(struct loaded *loaded)
{
    return --loaded->holders == 0;
}

void loaded_free(struct loaded *loaded)
{
    if (loaded && loaded->arena)
        arena_drop(loaded->arena); /* it stands in there itself */
}

void loaded_give(struct loaded_place *place, const struct loaded *loaded)
{
    pthread_mutex_lock(&place->lock);
    bool last = let_go((struct loaded *)loaded);
    pthread_mutex_unlock(&place->lock);
    if (last)
        loaded_free((struct loaded *)loaded);
}

void loaded_place_close(struct loaded_place *place)
{
    loaded_free(place->now);
    pthread_mutex_destroy(&place->lock);
    free(place);
}

void loaded_change(struct loaded_place *place, struct loaded *newer)
{
    pthread_mutex_lock(&place->lock);
    struct loaded *old = place->now;
    newer->holders = 1;
    place->now = newer;
    bool last = let_go(old);
    pthread_mutex_unlock(&place->lock);
    if (last)
        loaded_free(old);
}
