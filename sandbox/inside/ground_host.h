/* The host environment: which parts of this machine a box sees. */
#pragma once

#include "sandbox/inside/ground.h"

/* Build it beneath top, an attached empty file system; masks: more paths to hide, or NULL. */
bool host_show(int top, char *const *masks, struct trouble *why);
/* Has its root this name? */
bool host_has(int top, const char *name);
/* What things are hidden with: found while nothing covers it. top: the host environment. */
struct covers {
    int directory, file; /* empty ones; -1 */
};
bool host_covers(int top, struct covers *covers);
void covers_close(struct covers *covers);
/* Show path beneath root as empty; what is not there is fine. */
bool host_mask(int root, const struct covers *covers, const char *path, struct trouble *why);
