/*
 * The bytes of a data file: mapped where it is a regular file, else read; unpacked where it is gzip
 * or zstd. A mapped file must not shrink meanwhile. Closed, or ended with the arena.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/file.h"
#include "core/base/str.h"

struct source {
    struct str bytes;
    bool was_packed;
    struct arena_map *map; /* NULL: none */
};

/*
 * Open fd's bytes; `most` bounds them, packed and unpacked. packed_too: unpack. Faults do not name
 * the file. To be closed, or `scoped(source)`.
 */
bool source_open(struct arena *arena, int fd, size_t most, bool packed_too, struct source *out,
                 struct fault *why);
void source_close(struct source *source);
void source_scoped(struct source *source);
