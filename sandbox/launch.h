/* A launcher of the command's own: for one job, and without a program of its own. */
#pragma once

#include "sandbox/box.h"

/*
 * The launcher is a fork of this process, which must be small and have one thread: what it holds
 * is closed, its environment wiped. Returns while the launcher still prepares itself: the job can
 * be sent at once. Masks and `ahead` are for others. job: what it will be; another one costs a
 * little more.
 */
struct box_launcher *launcher_fork(const struct box_launcher_options *options,
                                   const struct box_job *job, char *why, size_t why_size);
/* When there was no report: did it say why it could not prepare itself? */
bool launcher_failed(const struct box_launcher *launcher, char *why, size_t why_size);
