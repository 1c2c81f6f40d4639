/* Rescores as `holdout rescore` reads and prints them. */
#pragma once

#include "grader/commands/command.h"
#include "grader/store/rescore.h"

struct rescore_look {
    struct store *store;
    struct store_batch *batches; /* the newest first */
    size_t count;
};
/* Opens the course's store and lists; an exit code. End it in any case. */
int rescore_look(struct arena *arena, const char *dir, struct rescore_look *out);
void rescore_look_end(struct rescore_look *look);
/* By id; "" the newest one that has not ended; NULL when there is none. */
const struct store_batch *rescore_pick(const struct rescore_look *look, const char *id);

int rescore_list(const char *dir, bool as_json);
/* id "": the newest one. */
int rescore_show(const char *dir, const char *id, bool as_json);
/* After a decision: is it in one of `states`? Says so, or why not. */
int rescore_state_check(const char *dir, const char *id, const char *states);
