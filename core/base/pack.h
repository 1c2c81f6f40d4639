/* Packing with Zstandard (RFC 8878) as a stream; unpacking is core/base/unpack.h. */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

struct packer; /* NULL: out of memory */
struct packer *packer_open(int level);
void packer_close(struct packer *packer);
/*
 * Pack from the front of *rest into room->at[room->size]; room->len becomes the bytes made. `end`:
 * nothing comes behind *rest. *done: all of it was taken and, at the end, written; else call again.
 */
struct packed_room {
    char *at;
    size_t size, len;
};
bool packer_step(struct packer *packer, struct str *rest, bool end, struct packed_room *room,
                 bool *done, struct fault *why);
