/*
 * What of the machine a score depends on, for receipts: the build of holdout, and the packages that
 * a box on the host's own root sees.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"

#define BUILD_TEXT 64

/* "0.1.0 4f1c…": version and the linker's build id (20 of its digits), when there is one. */
void surroundings_build(char out[BUILD_TEXT]);

/*
 * The digest of an environment. `host`: of the build, which says what is mounted, and of the
 * package status; hashed when it changed, else read from `state`/cache/packages. "" when there is
 * no package status. Other environments have a digest of their own.
 */
bool surroundings_host(int state, char sha256[SHA256_HEX], struct fault *why);
