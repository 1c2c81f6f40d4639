/* The variables that every program in a box has, and those that its environment brings along. */
#pragma once

#include "core/base/str.h"

#define OWN_ENV_COUNT 5

/*
 * theirs[count] ("NAME=value") with ours: PATH, LD_LIBRARY_PATH and PKG_CONFIG_PATH name what
 * holdout brings first and theirs behind it, HOME is /tmp, LANG theirs, else C.UTF-8.
 *   out  room for count + OWN_ENV_COUNT + 1; NULL-ended
 */
void own_env(struct arena *arena, const char *const *theirs, size_t count, const char **out);
