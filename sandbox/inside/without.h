/*
 * Walls that a test build (-DBOX_WITHOUT) can leave out, each by its name, to show that it is what
 * stops an attack: tests/sandbox/without.c. In every other build all of them stand, by a constant.
 */
#pragma once

#include <stdbool.h>

#ifdef BOX_WITHOUT
bool without(const char *wall);
bool without_capabilities(void); /* what pid 1 may do, the command may do too */
char **without_environment(char **envp);
#define STANDS(wall) (!without(wall))
#else
#define STANDS(wall) true
#define without_capabilities() true
#define without_environment(envp) (envp)
#endif
