/*
 * Arenas: lifetime instead of ownership. A run or a request has one; everything it needs is cut
 * from it; arena_drop ends it all. Memory comes zeroed and aligned to 16 bytes.
 * Out of memory ends the program, except in an arena opened with a way out (libholdout), where it
 * jumps there. Not thread-safe: one arena a thread.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

struct arena;

/*
 * way_out: NULL, or where a failed allocation jumps (value 1); the caller then drops the arena and
 * reports. NULL is returned only when way_out is given and the first block could not be had.
 */
struct arena *arena_open(jmp_buf *way_out);
void arena_drop(struct arena *arena); /* NULL is fine */

/*
 * An arena that is dropped with its parent, if not before: for one thread's share of the work, so
 * that nothing is lost when the parent jumps out. Opened and dropped by the parent's thread. Never
 * NULL: where it cannot be had, the parent is out of memory.
 *   way_out  of the child: the parent's may not be jumped to from another thread; NULL, for the
 *            parent's own thread: the parent's
 */
struct arena *arena_child(struct arena *parent, jmp_buf *way_out);

/* From now on dropped with another parent. Nothing is taken from the child afterwards. */
void arena_move(struct arena *child, struct arena *parent);

/* `size` zeroed bytes; size 0 gives a unique valid pointer. */
void *arena_take(struct arena *arena, size_t size) __attribute__((returns_nonnull));

/* As arena_take for count * size bytes; an overflow counts as out of memory. */
void *arena_take_array(struct arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));

/*
 * A copy of old_size bytes in a new piece of new_size bytes (in place when `at` was the last
 * piece).
 */
void *arena_grow(struct arena *arena, void *at, size_t old_size, size_t new_size);

/* Zero-ended printed text. */
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Where an arena stands, and back to there: all that was taken in between is given back. For
 * scratch of a step among many; a mark from before another one that was gone back to is void.
 */
struct arena_mark {
    void *block;
    size_t used, taken;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/*
 * What must end with the arena, before its memory goes: threads, say. The node is the caller's, and
 * not of the arena. arena_end_off takes it back.
 */
struct arena_end {
    void (*end)(void *what);
    void *what;
    struct arena *arena;
    struct arena_end *next, *before; /* the arena's */
};
void arena_end_on(struct arena *arena, struct arena_end *end);
void arena_end_off(struct arena_end *end);

/*
 * A file's bytes, mapped to be read, that end with the arena where nobody ends them before: nothing
 * is lost when it jumps out of memory. NULL where it cannot be mapped.
 *   fd   of a regular file of at least `len` bytes, len > 0
 */
struct arena_map {
    const void *at;
    size_t len;
    struct arena_end end;
};
struct arena_map *arena_map(struct arena *arena, int fd, size_t len);
void arena_unmap(struct arena_map *map); /* NULL is fine */

/* Bytes taken so far, and not given back; in_all: those of its children too. */
size_t arena_bytes(const struct arena *arena);
size_t arena_bytes_in_all(const struct arena *arena);

#define arena_new(arena, type) ((type *)arena_take((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_take_array((arena), (count), sizeof(type)))

void arena_drop_scoped(struct arena **arena);
#define scoped_arena __attribute__((cleanup(arena_drop_scoped))) struct arena *
