/* The host environment: which parts of this machine a box sees. */
#pragma once

#include "sandbox/inside/ground.h"

/* Build it beneath top, an attached empty file system; masks: more paths to hide, or NULL. */
bool host_show(int top, char *const *masks, struct trouble *why);
/* Has its root this name? */
bool host_has(int top, const char *name);
/* Show path beneath root as empty; what is not there is fine. top: the host environment. */
bool host_mask(int root, int top, const char *path, struct trouble *why);
