/*
 * What the commands read: tables (a file, or a directory with *.csv files), models. All give 0, or
 * an exit code after a complaint: 66 when it cannot be opened, 65 when it is damaged.
 */
#pragma once

#include "core/cli/command.h"
#include "core/learn/model.h"

int input_table(const struct call *call, const char *path, const char *id, struct table *out);
int input_model(const struct call *call, const char *path, struct model *out);
/* Is there a readable file? */
int input_there(const struct call *call, const char *path);
