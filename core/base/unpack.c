/* Unpacking with a bound, whatever the format. */
#include "core/base/unpack.h"
#include <stdio.h>

#define CHUNK_BYTES ((size_t)1 << 20)
#define TIMES_MOST ((size_t)200)
#define ALWAYS_ALLOWED ((size_t)64 << 20)

static const struct unpacker *const unpackers[] = { &unpacker_gzip, &unpacker_zstd };

static const struct unpacker *unpacker_find(struct str bytes)
{
    for (size_t i = 0; i < sizeof unpackers / sizeof *unpackers; i++)
        if (str_starts(bytes, unpackers[i]->magic))
            return unpackers[i];
    return NULL;
}

bool bytes_are_packed(struct str bytes)
{
    return unpacker_find(bytes) != NULL;
}

struct chunk {
    struct chunk *next;
    size_t len;
    char bytes[CHUNK_BYTES];
};

/* All that must be let go when memory runs out on the way. */
struct unpacking {
    jmp_buf way_out;
    const struct unpacker *unpacker;
    void *state;
    struct arena *arena; /* of the chunks */
    struct chunk *first, **last;
    size_t len;
};

static bool refuse(const struct unpacking *u, enum unpack_step step, struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "the %s data %s", u->unpacker->name,
                     step == UNPACK_DAMAGED ? "was damaged" : "ended too early");
}

/* The most that so few packed bytes may become. */
static size_t bomb_bytes(size_t packed)
{
    size_t bytes;
    if (__builtin_mul_overflow(packed, TIMES_MOST, &bytes))
        return SIZE_MAX;
    return bytes > ALWAYS_ALLOWED ? bytes : ALWAYS_ALLOWED;
}

static bool refuse_long(const struct unpacking *u, size_t most, struct fault *why)
{
    if (u->len > most)
        return fault_set(why, BLAME_OPEN, "the %s data was over %zu bytes unpacked",
                         u->unpacker->name, most);
    return fault_set(why, BLAME_OPEN, "the %s data unpacks to more than %zu times its size",
                     u->unpacker->name, TIMES_MOST);
}

static bool chunks_fill(struct unpacking *u, struct str rest, size_t most, struct fault *why)
{
    size_t bomb = bomb_bytes(rest.len);
    for (enum unpack_step step = UNPACK_MORE; step != UNPACK_END;) {
        struct chunk *chunk = arena_new(u->arena, struct chunk);
        *u->last = chunk;
        u->last = &chunk->next;
        do {
            size_t len = CHUNK_BYTES - chunk->len;
            step = u->unpacker->step(u->state, &rest, chunk->bytes + chunk->len, &len);
            if (step == UNPACK_DAMAGED || step == UNPACK_TOO_EARLY)
                return refuse(u, step, why);
            chunk->len += len;
            u->len += len;
            if (u->len > most || u->len > bomb)
                return refuse_long(u, most, why);
        } while (step != UNPACK_END && chunk->len < CHUNK_BYTES);
    }
    return true;
}

/* Out of memory with the child's arena is out of memory with the parent's. */
static void fail(struct arena *arena, struct unpacking *u)
{
    u->unpacker->close(u->state);
    arena_drop(u->arena);
    arena_take_array(arena, SIZE_MAX, 2);
}

bool bytes_unpack(struct arena *arena, struct str bytes, size_t most, struct str *out,
                  struct fault *why)
{
    struct unpacking *u = arena_new(arena, struct unpacking);
    u->unpacker = unpacker_find(bytes);
    if (!u->unpacker)
        return fault_set(why, BLAME_OPEN, "neither gzip nor zstd data");
    u->last = &u->first;
    u->arena = arena_child(arena, &u->way_out);
    u->state = u->unpacker->open();
    if (!u->state || setjmp(u->way_out))
        fail(arena, u);
    bool fits = chunks_fill(u, bytes, most, why);
    u->unpacker->close(u->state);
    if (fits) {
        char *at = arena_take(arena, u->len);
        *out = (struct str){ at, u->len };
        for (const struct chunk *chunk = u->first; chunk; chunk = chunk->next) {
            memcpy(at, chunk->bytes, chunk->len);
            at += chunk->len;
        }
    }
    arena_drop(u->arena);
    return fits;
}
