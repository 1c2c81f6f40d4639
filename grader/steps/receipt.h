/*
 * A run's receipt: JSON with all that its result depends on and all that came of it, so that a
 * replay can do it again and a rebuild needs nothing else. Each holds the digest of the one before
 * it (`previous`, "" in the first), and store.db the digest of the newest: a chain that cannot be
 * changed in its middle. `kind` says what it is of:
 *   run      a submission's grading
 *   rescore  a run done again for a batch (`of`, `batch`); its result counts when the batch is
 *            applied
 *   replay   a run done again to be compared (`of`), with what differed
 *   batch    a rescore that was applied: for each run the digest of its new result (grader/rescore)
 * Seeds appear as digests of the keys that they are drawn from. Nothing row-level.
 */
#pragma once

#include "grader/run.h"

/* Keys, beyond what is said above: see receipt.c from top to bottom. */
/* Members of it, which an applied rescore has anew: facts and points; released and ladder. */
struct json_out;
void receipt_findings_print(struct json_out *out, const struct run *run);
void receipt_released_print(struct json_out *out, const struct run *run);

bool receipt_print(struct run *run, const char *head, struct str *receipt, struct fault *why);
