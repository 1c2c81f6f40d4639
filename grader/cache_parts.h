/* The inside of the step cache: what finding and keeping entries share. */
#pragma once

#include "grader/cache.h"

#define CACHE_PATH 96

void cache_path(const char *key, bool heldout, char out[CACHE_PATH]);
/* A job of this one step, as an entry's result.json speaks of it. */
struct job *cache_job(struct arena *arena, const struct job_step *step, const char *key);
