/*
 * Opening what lies in a run directory. Both sides read what the other one may have written, so no
 * link is followed on the way, the path stays inside, and the file is a regular one.
 */
#pragma once

#include "core/base/fault.h"
#include <sys/stat.h>

/* For reading; `info` may be NULL. -1 and a fault; errno is ENOENT when it is not there. */
int rundir_open(int rundir, const char *path, struct stat *info, struct fault *why);
