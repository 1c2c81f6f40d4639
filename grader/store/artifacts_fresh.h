/* What of the artifacts is still to be settled: for all threads of a process. */
#pragma once

#include "core/base/digest.h"
#include <stdbool.h>
#include <stddef.h>

struct artifacts_fresh;
struct artifacts_fresh *fresh_open(void);
void fresh_close(struct artifacts_fresh *fresh);

/*
 * Between the two nobody takes the list: what appears in .fresh meanwhile and is added is in the
 * list of whoever has seen it there.
 */
void fresh_hold(struct artifacts_fresh *fresh);
void fresh_add(struct artifacts_fresh *fresh, const char *sha256);
void fresh_release(struct artifacts_fresh *fresh);

/* Digests in order, each once. */
struct fresh_list {
    char (*at)[SHA256_HEX];
    size_t count;
};
/*
 * Takes the list, once nobody else has one: who comes second waits for what the first one settles.
 * fresh_end: not settled, they are to be settled again.
 */
void fresh_begin(struct artifacts_fresh *fresh, struct fresh_list *out);
void fresh_end(struct artifacts_fresh *fresh, struct fresh_list *list, bool settled);
