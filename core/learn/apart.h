/*
 * An array that grows in an arena of its own, so that nothing of its former places stays: memory
 * that was not touched before is what costs most in tables of many words.
 */
#pragma once

#include "core/base/arena.h"

struct apart {
    struct arena *arena;
    void *at;
};

/* Move to zeroed room for new_size bytes, of which the first old_size are kept. Gives apart->at. */
void *apart_grow(struct arena *parent, struct apart *apart, size_t old_size, size_t new_size);

/* Void, and its memory given back. */
void apart_drop(struct apart *apart);
