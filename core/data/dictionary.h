/*
 * A dictionary: distinct texts, numbered from 0 in order of first appearance. Open addressing;
 * grows by itself. Add and find are O(length) on average.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/str.h"

struct dictionary {
    struct arena *arena;
    struct str *texts; /* [count] zero-ended copies */
    size_t count, room;
    uint64_t *slots;   /* high half: of the hash; low half: number + 1; 0 is free */
    size_t slot_count; /* a power of two, at least twice count */
};

#define DICTIONARY_MOST ((size_t)INT32_MAX)

/* `struct dictionary d = { .arena = arena };` starts an empty one. */

/* The text's number; new ones are copied. DICTIONARY_MOST distinct texts at most (asserted). */
int32_t dictionary_add(struct dictionary *dictionary, struct str text);
/* -1 when it is not there. */
int32_t dictionary_find(const struct dictionary *dictionary, struct str text);
