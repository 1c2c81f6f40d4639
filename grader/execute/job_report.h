/* What result.json and progress share: a step's report. */
#pragma once

#include "grader/execute/job.h"

void job_report_print(struct json_out *out, const struct job_report *report);
bool job_report_read(const struct json *map, struct job_report *out, struct fault *why);
