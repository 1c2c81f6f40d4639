/* The list of what is to be settled. */
#include "grader/store/artifacts_fresh.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct artifacts_fresh {
    pthread_mutex_t turn, lock; /* of who settles; of the list */
    struct fresh_list list;
    size_t room;
};

struct artifacts_fresh *fresh_open(void)
{
    struct artifacts_fresh *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        abort();
    pthread_mutex_init(&fresh->turn, NULL);
    pthread_mutex_init(&fresh->lock, NULL);
    return fresh;
}

void fresh_close(struct artifacts_fresh *fresh)
{
    if (!fresh)
        return;
    pthread_mutex_destroy(&fresh->turn);
    pthread_mutex_destroy(&fresh->lock);
    free(fresh->list.at);
    free(fresh);
}

void fresh_hold(struct artifacts_fresh *fresh)
{
    pthread_mutex_lock(&fresh->lock);
}

void fresh_release(struct artifacts_fresh *fresh)
{
    pthread_mutex_unlock(&fresh->lock);
}

void fresh_add(struct artifacts_fresh *fresh, const char *sha256)
{
    if (fresh->list.count == fresh->room) {
        fresh->room = fresh->room ? 2 * fresh->room : 64;
        fresh->list.at = realloc(fresh->list.at, fresh->room * sizeof *fresh->list.at);
        if (!fresh->list.at)
            abort();
    }
    memcpy(fresh->list.at[fresh->list.count++], sha256, SHA256_HEX);
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_HEX);
}

static void put_in_order(struct fresh_list *list)
{
    size_t count = 0;
    if (list->count)
        qsort(list->at, list->count, sizeof *list->at, by_digest);
    for (size_t i = 0; i < list->count; i++)
        if (count == 0 || by_digest(list->at[count - 1], list->at[i]) != 0)
            memmove(list->at[count++], list->at[i], SHA256_HEX);
    list->count = count;
}

void fresh_begin(struct artifacts_fresh *fresh, struct fresh_list *out)
{
    pthread_mutex_lock(&fresh->turn);
    pthread_mutex_lock(&fresh->lock);
    *out = fresh->list;
    fresh->list = (struct fresh_list){ NULL, 0 };
    fresh->room = 0;
    pthread_mutex_unlock(&fresh->lock);
    put_in_order(out);
}

void fresh_end(struct artifacts_fresh *fresh, struct fresh_list *list, bool settled)
{
    fresh_hold(fresh);
    for (size_t i = 0; i < list->count && !settled; i++)
        fresh_add(fresh, list->at[i]);
    fresh_release(fresh);
    free(list->at);
    pthread_mutex_unlock(&fresh->turn);
}
