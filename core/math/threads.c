/* Threads that take pieces of work by number. */
#include "core/math/threads.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct crew {
    atomic_size_t next;
    size_t count;
    void (*piece)(void *work, size_t at);
    void *work;
};

static void *take_pieces(void *argument)
{
    struct crew *crew = argument;
    for (size_t at; (at = atomic_fetch_add(&crew->next, 1)) < crew->count;)
        crew->piece(crew->work, at);
    return NULL;
}

/* Signals are the program's business: helpers take none. */
static size_t helpers_start(struct crew *crew, pthread_t *helpers, size_t wanted)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    size_t started = 0;
    while (started < wanted && pthread_create(&helpers[started], NULL, take_pieces, crew) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void threads_run(unsigned threads, size_t count, void (*piece)(void *work, size_t at), void *work)
{
    struct crew crew = { .count = count, .piece = piece, .work = work };
    pthread_t helpers[THREADS_MOST];
    size_t wanted = threads < count ? threads : count;
    if (wanted > THREADS_MOST)
        wanted = THREADS_MOST;
    size_t started = wanted > 1 ? helpers_start(&crew, helpers, wanted - 1) : 0;
    take_pieces(&crew);
    for (size_t i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
}
