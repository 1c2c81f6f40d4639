/*
 * Packed bytes: gzip (RFC 1952) and Zstandard (RFC 8878), told by their first bytes. Several
 * members or frames one behind the other are one text. Faults: a stream that ends too early or is
 * damaged (both have checksums), and more than `most` bytes, or than both 64 MiB and 200 times the
 * packed bytes, whatever the stream promises: found while unpacking, at most 1 MiB late.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

/* Does it start as one of them does? */
bool bytes_are_packed(struct str bytes);

/*
 * Unpack into the arena; not zero-ended. Peak memory is twice the result.
 */
bool bytes_unpack(struct arena *arena, struct str bytes, size_t most, struct str *out,
                  struct fault *why);

/*
 * What a door to one format does with its stream: cut off the front of *rest, fill [at, at + *len).
 */
enum unpack_step { UNPACK_MORE, UNPACK_END, UNPACK_DAMAGED, UNPACK_TOO_EARLY };

struct unpacker {
    const char *name;
    struct str magic;
    void *(*open)(void); /* NULL: out of memory */
    void (*close)(void *state);
    /* One call: *len is the room, then the bytes made. END: all streams were read to their end. */
    enum unpack_step (*step)(void *state, struct str *rest, char *at, size_t *len);
};

extern const struct unpacker unpacker_gzip, unpacker_zstd;
