/*
 * Two files that take their places together, such as the parts of a split: both or none.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/fault.h"

struct pair_move {
    const char *from, *to; /* of one file system */
};

/*
 * Rename both. When the second cannot be, the first is undone: what stood at its place stands there
 * again, or nothing where nothing did; the new files stay where they were. Whoever looks meanwhile
 * may see the first done and the second not yet. The fault names the place.
 */
bool pair_rename(struct arena *arena, struct pair_move first, struct pair_move second,
                 struct fault *why);
