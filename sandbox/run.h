/* Parts of the caller's side that run.c puts together: kept files. */
#pragma once

#include "sandbox/wire.h"

/* One row more in the report. False: no memory, or a path that is not plain. */
bool kept_add(struct box_report *report, const char *path, int64_t bytes, mode_t mode);
/* Write what fd holds as dir/path, making directories, following no link. */
bool kept_copy(int dir, const char *path, int fd, int64_t bytes, mode_t mode);
