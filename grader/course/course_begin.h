/* A loaded course put in force: what the store holds of it, its boards, its baselines. */
#pragma once

#include "grader/grader.h"
#include "grader/store/store.h"

/* It came into force at at_ms (INT64_MAX: after all that is in the store). Idempotent. */
bool course_begin(const struct grader *grader, const struct loaded *loaded, struct store *store,
                  int64_t at_ms, struct fault *why);

/*
 * At the start of a grader: the course that the inbox names last, when that is not the one of
 * `first` and came after it (seq); NULL when it is. `first` is noted in the inbox when it is new.
 */
bool course_newest(struct grader *grader, const struct loaded *first, int64_t first_seq,
                   struct loaded **out, struct fault *why);

/* The version of these files (version_json's list). */
bool course_take(struct grader *grader, const struct json *files, struct loaded **out,
                 struct fault *why);
/* An event of kind `course`. */
struct str course_event_body(struct arena *arena, const struct version *version);
