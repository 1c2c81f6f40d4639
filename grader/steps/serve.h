/* What other steps need of serving: its results taken over, and the facts that follow. */
#pragma once

#include "grader/steps/work.h"

#define SERVE_PORT 8080

/* A serve step of the job that has ended, its log and measures taken over already. */
bool serve_take(struct run *run, struct run_step *step, const struct job_step_result *result,
                struct fault *why);

/*
 * serve.*: of the public sample exact, with the rows `sample`; of the held-out rows as a team may
 * know them, with the rows `none`: numbers rounded to two significant digits, shares as 1 (all) or
 * 0. Where a deliverable needs a server and there is none, zeros say so. No server, none needed: no
 * facts.
 */
void serve_facts(struct run *run);

/* A sentence behind "the board has the score"; NULL: nothing to say. */
const char *serve_remark(const struct run *run);
