/*
 * Environments: what a box has for its root, and the digests of what a step can see beside its own
 * files.
 */
#pragma once

#include "core/base/digest.h"
#include "grader/grader.h"

/* Of holdout itself: the program, and what every box has in /opt/holdout. */
bool environment_build_digest(const struct grader *grader, char hex[SHA256_HEX], struct fault *why);
/* Of the host's tree as a box shows it: its packages. */
bool environment_host_digest(const struct grader *grader, char hex[SHA256_HEX], struct fault *why);
