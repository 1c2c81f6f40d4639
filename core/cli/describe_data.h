/* What is in a table: the part of `describe` that is about data. */
#pragma once

#include "core/cli/command.h"

/* In words, as JSON (--json) or as a schema file (--schema-out) on stdout. Gives the exit code. */
int describe_data(struct call *call, const char *path);
