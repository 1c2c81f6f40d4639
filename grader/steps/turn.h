/* May a version be graded now? Asked as soon as its task is known. */
#pragma once

#include "grader/run.h"

/*
 * False: its task is paused or the day's tries are used, and it goes back to the queue; or all
 * tries are used, and it is kept but not graded. What staff asked for, baselines and what is done
 * again cost no try and need none.
 */
bool turn_check(struct run *run, struct fault *why);
