/* Arenas: blocks of doubling size, each piece zeroed and aligned to 16 bytes. */
#include "core/base/arena.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK_LEAST ((size_t)16 << 10)
#define BLOCK_MOST ((size_t)4 << 20)
#define PAGE_LARGE ((uintptr_t)2 << 20)

struct block {
    struct block *before;
    size_t size; /* of bytes[] */
    size_t used;
    size_t pad;
    unsigned char bytes[];
};

struct arena {
    struct block *last;
    jmp_buf *way_out;
    size_t taken;
    struct arena *parent, *child, *next, *before; /* children are a list */
    struct arena_end *ends;
};

static void out_of_memory(struct arena *arena, size_t size)
{
    if (arena && arena->way_out)
        longjmp(*arena->way_out, 1);
    fprintf(stderr, "out of memory: %zu bytes could not be had\n", size);
    abort();
}

/* Large pages for large columns: filling one is faster by a third. Without them all works too. */
static void pages_be_large(void *at, size_t size)
{
    uintptr_t first = ((uintptr_t)at + PAGE_LARGE - 1) & ~(PAGE_LARGE - 1);
    uintptr_t last = ((uintptr_t)at + size) & ~(PAGE_LARGE - 1);
    if (size >= BLOCK_MOST && last > first)
        madvise((void *)first, last - first, MADV_HUGEPAGE);
}

static struct block *block_add(struct arena *arena, size_t least)
{
    size_t size = arena->last ? arena->last->size * 2 : BLOCK_LEAST;
    if (size > BLOCK_MOST)
        size = BLOCK_MOST;
    if (size < least)
        size = least;
    if (size > SIZE_MAX / 2)
        out_of_memory(arena, size);
    struct block *block = calloc(1, sizeof *block + size);
    if (!block)
        out_of_memory(arena, size);
    pages_be_large(block, size);
    block->size = size;
    block->before = arena->last;
    arena->last = block;
    return block;
}

struct arena *arena_open(jmp_buf *way_out)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        if (!way_out)
            out_of_memory(NULL, sizeof *arena);
        return NULL;
    }
    arena->way_out = way_out;
    return arena;
}

static void link_to_parent(struct arena *child, struct arena *parent)
{
    child->parent = parent;
    child->before = NULL;
    child->next = parent->child;
    if (child->next)
        child->next->before = child;
    parent->child = child;
}

struct arena *arena_child(struct arena *parent, jmp_buf *way_out)
{
    struct arena *child = calloc(1, sizeof *child);
    if (!child)
        out_of_memory(parent, sizeof *child);
    child->way_out = way_out ? way_out : parent->way_out;
    link_to_parent(child, parent);
    return child;
}

static void unlink_from_parent(struct arena *arena)
{
    if (arena->before)
        arena->before->next = arena->next;
    else if (arena->parent)
        arena->parent->child = arena->next;
    if (arena->next)
        arena->next->before = arena->before;
}

void arena_move(struct arena *child, struct arena *parent)
{
    unlink_from_parent(child);
    link_to_parent(child, parent);
}

void arena_end_on(struct arena *arena, struct arena_end *end)
{
    end->arena = arena;
    end->before = NULL;
    end->next = arena->ends;
    if (end->next)
        end->next->before = end;
    arena->ends = end;
}

void arena_end_off(struct arena_end *end)
{
    if (end->before)
        end->before->next = end->next;
    else
        end->arena->ends = end->next;
    if (end->next)
        end->next->before = end->before;
}

static void map_end(void *what)
{
    struct arena_map *map = what;
    munmap((void *)(uintptr_t)map->at, map->len);
    free(map);
}

struct arena_map *arena_map(struct arena *arena, int fd, size_t len)
{
    struct arena_map *map = calloc(1, sizeof *map); /* not of the arena: no mark takes it back */
    if (!map)
        out_of_memory(arena, sizeof *map);
    void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED) {
        free(map);
        return NULL;
    }
    *map = (struct arena_map){ .at = at, .len = len, .end = { .end = map_end, .what = map } };
    arena_end_on(arena, &map->end);
    return map;
}

void arena_unmap(struct arena_map *map)
{
    if (!map)
        return;
    arena_end_off(&map->end);
    map_end(map);
}

void arena_drop(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->ends) {
        struct arena_end *end = arena->ends;
        arena_end_off(end);
        end->end(end->what);
    }
    while (arena->child)
        arena_drop(arena->child);
    unlink_from_parent(arena);
    for (struct block *block = arena->last, *before; block; block = before) {
        before = block->before;
        free(block);
    }
    free(arena);
}

void arena_drop_scoped(struct arena **arena)
{
    arena_drop(*arena);
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        out_of_memory(arena, size);
    size_t room = (size + 15) & ~(size_t)15;
    if (room == 0)
        room = 16;
    struct block *block = arena->last;
    if (!block || block->size - block->used < room)
        block = block_add(arena, room);
    void *at = block->bytes + block->used;
    block->used += room;
    arena->taken += room;
    return at;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(arena, SIZE_MAX);
    return arena_take(arena, bytes);
}

void *arena_grow(struct arena *arena, void *at, size_t old_size, size_t new_size)
{
    struct block *block = arena->last;
    size_t old_room = (old_size + 15) & ~(size_t)15;
    size_t new_room = (new_size + 15) & ~(size_t)15;
    if (at && block && old_room && new_size >= old_size &&
        (unsigned char *)at + old_room == block->bytes + block->used &&
        block->size - block->used >= new_room - old_room) {
        block->used += new_room - old_room;
        arena->taken += new_room - old_room;
        return at;
    }
    void *more = arena_take(arena, new_size);
    if (at)
        memcpy(more, at, old_size < new_size ? old_size : new_size);
    return more;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        len = 0;
    char *at = arena_take(arena, (size_t)len + 1);
    vsnprintf(at, (size_t)len + 1, format, again);
    va_end(again);
    return at;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    struct block *block = arena->last;
    return (struct arena_mark){ block, block ? block->used : 0, arena->taken };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->last != mark.block) {
        struct block *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
    if (arena->last) {
        memset(arena->last->bytes + mark.used, 0, arena->last->used - mark.used);
        arena->last->used = mark.used;
    }
    arena->taken = mark.taken;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->taken;
}

size_t arena_bytes_in_all(const struct arena *arena)
{
    size_t bytes = arena->taken;
    for (const struct arena *child = arena->child; child; child = child->next)
        bytes += arena_bytes_in_all(child);
    return bytes;
}
