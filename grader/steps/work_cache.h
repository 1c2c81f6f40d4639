/*
 * Steps of a planned job that need not be run, since the team's same step was run before and ended
 * well: what it left, its log, its times and memory are taken over, and the step's row says so.
 *
 * A step's key is the digest of all that it can see: team, holdout's own build and what
 * /opt/holdout has, the environment, machine (BLAS core type, processors), whether a degraded box
 * is allowed, kind, command, variables (the seed is one), limits, writable and kept paths, each
 * input by path, mode and digest, and how a server is asked. The training that is repeated to see
 * whether the same seed gives the same result has a key of its own, and what follows from it too:
 * it was run a second time once, or it is run now. A replay reuses nothing.
 */
#pragma once

#include "grader/steps/work.h"

/*
 * Take steps out of run->work.job that are in the cache; run->work.row_of then says which row each
 * remaining step has. What later steps wanted "from" them becomes inputs by digest.
 */
bool work_cache_take(struct run *run, struct fault *why);
/* After the results were taken: keep what ended well. Never fails a run. */
void work_cache_keep(struct run *run, int rundir);
/* Lay an input that a reused step left; *found false: none of them has it. */
bool work_cache_lay(const struct run *run, const char *sha256, int inputs, bool *found,
                    struct fault *why);
