/* Options that evaluate and compare share. False after a complaint. */
#pragma once

#include "core/cli/command.h"
#include "core/learn/evaluation.h"

/* --usage all|public|private */
bool measure_usage(const struct call *call, enum usage *out);

/* --set beta=2: options of the metrics. */
bool measure_set(const struct call *call, struct metric_options *out);
