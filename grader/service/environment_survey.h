/*
 * What teams can use in the environments of a course, for its page: found out in a box, as any
 * run's, by a worker that has nothing else to do. An image or archive is unpacked by that, before
 * the first run needs it.
 */
#pragma once

#include "grader/grader.h"

/*
 * When the service begins, the course changed, or ten minutes passed: looks whether environments
 * are others than those that were tried, and tries these. False: there was nothing to do.
 */
bool environment_survey(struct grader *grader, const struct loaded *loaded, struct store *store);
