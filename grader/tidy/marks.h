/*
 * A set of digests or run ids, as 64 bits of each: for telling which of many files are named
 * somewhere. Two that agree in these bits are taken for one: then a file stays that could go.
 */
#pragma once

#include "core/base/str.h"

struct marks {
    uint64_t *slots; /* 0: free */
    size_t room, count;
};

void marks_add(struct marks *marks, struct str name);
bool marks_has(const struct marks *marks, struct str name);
/* All digests in a text: what stands there as 64 lower-case hex digits, no more and no fewer. */
void marks_add_digests(struct marks *marks, struct str text);
void marks_scoped(struct marks *marks);
