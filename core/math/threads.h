/*
 * Parallel work with results that do not depend on the number of threads: the work is cut into
 * pieces whose number depends on the data alone, each piece writes to its own place, and the caller
 * combines the places in order. Pieces do not allocate from arenas.
 */
#pragma once

#include <stddef.h>

#define THREADS_MOST 64

/*
 * Call piece(work, i) once for each i in [0, count), on up to `threads` threads, the caller being
 * one of them. Where no thread can be started, the caller does all: it cannot fail. 0 counts as 1.
 */
void threads_run(unsigned threads, size_t count, void (*piece)(void *work, size_t at), void *work);

/*
 * A crew: the threads of many short runs in a row, started once. In between they wait, awake for
 * some 50 us, then asleep. A run is as one of threads_run; one at a time, none inside a piece.
 * It ends with the arena, if not before.
 * NULL, which the others take too: the caller does all.
 */
struct arena;
struct crew;
struct crew *crew_start(struct arena *arena, unsigned threads);
void crew_run(struct crew *crew, size_t count, void (*piece)(void *work, size_t at), void *work);
void crew_end(struct crew *crew);
