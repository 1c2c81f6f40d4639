/* The host environment: which parts of this machine a box sees. */
#pragma once

#include "sandbox/inside/ground.h"

/* Build it beneath top, an attached empty file system; masks: more paths to hide, or NULL. */
bool host_show(int top, char *const *masks, struct trouble *why);
/* What a launcher itself keeps, beneath top: /proc, /empty, /blank and places to build on. */
bool host_bare(int top, struct trouble *why);
/* Show path beneath root as empty; what is not there is fine. top: has /empty and /blank. */
bool host_mask(int root, int top, const char *path, struct trouble *why);
/* Its pieces, trees not cloned yet. */
bool host_parts(int top, struct part *parts, size_t *count);
