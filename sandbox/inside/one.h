/* One job from its socket to its report. */
#pragma once

#include "sandbox/inside/ready.h"

/*
 * Takes the socket over. Runs the job in `next` if that was made and fits, else in a box of its
 * own. Nothing of the job's box is left when it returns; if boxes are made ahead, `next` is there.
 */
void one_run(struct workshop *shop, struct ready *next, int socket);
/* The next box, unless it is there already; what goes wrong is seen by the job that wants one. */
void one_prepare(struct workshop *shop, struct ready *next);
