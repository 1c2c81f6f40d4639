/* The digest of all that a step of a job can see: see work_cache.h. */
#pragma once

#include "grader/steps/work.h"

/* What the steps of a run share. Reads files of holdout when they changed. */
bool work_key_base(struct run *run, char hex[SHA256_HEX], struct fault *why);
/* `again`: it belongs to the repeated training. All inputs have digests ("from" is resolved). */
void work_key_make(const char base[SHA256_HEX], const struct job_step *step, bool again,
                   char hex[SHA256_HEX]);
/* Can steps of this kind be reused? */
bool work_key_is_for(const char *kind);
