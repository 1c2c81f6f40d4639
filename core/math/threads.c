/* Threads that take pieces of work by number. */
#include "core/math/threads.h"
#include "core/base/arena.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define AWAKE_NS 50000 /* waking a sleeper takes as long */

struct crew {
    atomic_size_t left; /* pieces that nobody has taken */
    atomic_size_t done;
    atomic_bool over;
    /* of the run: written while no piece is out, read by who has one */
    size_t count;
    void (*piece)(void *work, size_t at);
    void *work;

    pthread_mutex_t lock;
    pthread_cond_t begun, finished;
    size_t asleep; /* under the lock */
    pthread_t helpers[THREADS_MOST];
    size_t helper_count;
    struct arena_end end; /* of one that an arena has */
};

static bool take(struct crew *crew, size_t *at)
{
    size_t left = atomic_load_explicit(&crew->left, memory_order_relaxed);
    while (left)
        if (atomic_compare_exchange_weak_explicit(&crew->left, &left, left - 1,
                                                  memory_order_acquire, memory_order_relaxed)) {
            *at = crew->count - left;
            return true;
        }
    return false;
}

/* True when the last piece of the run is done. */
static bool take_pieces(struct crew *crew)
{
    size_t at, mine = 0, count = 0;
    for (; take(crew, &at); mine++) {
        count = crew->count;
        crew->piece(crew->work, at);
    }
    return mine && atomic_fetch_add(&crew->done, mine) + mine == count;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool called(const struct crew *crew)
{
    return atomic_load(&crew->left) || atomic_load(&crew->over);
}

static bool all_done(const struct crew *crew)
{
    return atomic_load(&crew->done) == crew->count;
}

/* Others may have the processor meanwhile. */
static bool soon(const struct crew *crew, bool (*true_of)(const struct crew *crew))
{
    for (int64_t end = now_ns() + AWAKE_NS; !true_of(crew); sched_yield())
        if (now_ns() > end)
            return false;
    return true;
}

static void *help(void *argument)
{
    struct crew *crew = argument;
    while (!atomic_load(&crew->over)) {
        if (take_pieces(crew)) {
            pthread_mutex_lock(&crew->lock);
            pthread_cond_signal(&crew->finished);
            pthread_mutex_unlock(&crew->lock);
        }
        if (soon(crew, called))
            continue;
        pthread_mutex_lock(&crew->lock);
        for (crew->asleep++; !called(crew);)
            pthread_cond_wait(&crew->begun, &crew->lock);
        crew->asleep--;
        pthread_mutex_unlock(&crew->lock);
    }
    return NULL;
}

static void wake(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->asleep)
        pthread_cond_broadcast(&crew->begun);
    pthread_mutex_unlock(&crew->lock);
}

/* Signals are the program's business: helpers take none. */
static void helpers_start(struct crew *crew, size_t wanted)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (crew->helper_count < wanted &&
           pthread_create(&crew->helpers[crew->helper_count], NULL, help, crew) == 0)
        crew->helper_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void crew_open(struct crew *crew, size_t threads)
{
    *crew = (struct crew){ 0 };
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->begun, NULL);
    pthread_cond_init(&crew->finished, NULL);
    if (threads > 1)
        helpers_start(crew, (threads < THREADS_MOST ? threads : THREADS_MOST) - 1);
}

static void crew_close(struct crew *crew)
{
    atomic_store(&crew->over, true);
    wake(crew);
    for (size_t i = 0; i < crew->helper_count; i++)
        pthread_join(crew->helpers[i], NULL);
    pthread_cond_destroy(&crew->finished);
    pthread_cond_destroy(&crew->begun);
    pthread_mutex_destroy(&crew->lock);
}

void crew_run(struct crew *crew, size_t count, void (*piece)(void *work, size_t at), void *work)
{
    if (!crew || !crew->helper_count || count < 2) {
        for (size_t at = 0; at < count; at++)
            piece(work, at);
        return;
    }
    crew->count = count;
    crew->piece = piece;
    crew->work = work;
    atomic_store(&crew->done, 0);
    atomic_store(&crew->left, count);
    wake(crew);
    if (!take_pieces(crew) && !soon(crew, all_done)) {
        pthread_mutex_lock(&crew->lock);
        while (!all_done(crew))
            pthread_cond_wait(&crew->finished, &crew->lock);
        pthread_mutex_unlock(&crew->lock);
    }
}

static void crew_free(void *what)
{
    crew_close(what);
    free(what);
}

struct crew *crew_start(struct arena *arena, unsigned threads)
{
    struct crew *crew = threads > 1 ? malloc(sizeof *crew) : NULL;
    if (!crew)
        return NULL;
    crew_open(crew, threads);
    crew->end = (struct arena_end){ .end = crew_free, .what = crew };
    arena_end_on(arena, &crew->end);
    return crew;
}

void crew_end(struct crew *crew)
{
    if (!crew)
        return;
    arena_end_off(&crew->end);
    crew_free(crew);
}

void threads_run(unsigned threads, size_t count, void (*piece)(void *work, size_t at), void *work)
{
    struct crew crew;
    crew_open(&crew, threads < count ? threads : count);
    crew_run(&crew, count, piece, work);
    crew_close(&crew);
}
