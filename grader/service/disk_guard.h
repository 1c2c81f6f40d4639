/*
 * The guard of the disk: with less room than the course wants kept free (disk_guard_mb) no run is
 * begun, so that what is under way, results and the inbox still find room.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct grader;

/*
 * Has the file system that holds `path` less than guard_mb MiB for us? guard_mb 0: never; nor when
 * it cannot be asked. *free_mb as found, untouched when it was not asked.
 */
bool disk_low(const char *path, int64_t guard_mb, int64_t *free_mb);

/*
 * Must the grader wait with its next claim? Asked of the disk at most once a second, and at once
 * when guard_mb is another; told in the log when it begins and when it ends. For all its threads.
 */
bool disk_guard_waits(struct grader *grader, int64_t guard_mb);
