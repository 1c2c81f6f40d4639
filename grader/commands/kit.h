/* What kit and try share. */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"
#include "grader/course/divide.h"

/* The digest of the public files of a task beneath a kit's or a course's directory. */
bool kit_digest(int dir, const char *task, char hex[SHA256_HEX], struct fault *why);
