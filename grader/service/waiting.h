/* Waiting for the end of a run that was asked for by an inbox event. */
#pragma once

#include "grader/inbox.h"
#include "grader/store/store.h"
#include "grader/view.h"

struct waiting {
    struct inbox *inbox;
    struct store *store;
    struct view *view;
    int64_t request, seq;   /* the request, and the event that answered it (0 not yet) */
    char joined[ULID_TEXT]; /* the run that was on its way, "": it made one */
    char told[48];
};

bool waiting_open(struct waiting *waiting, const char *state_dir, int64_t request,
                  struct fault *why);
void waiting_close(struct waiting *waiting);
/* An exit code once it has ended (said on stdout), else -1; tells changes of state on stderr. */
int waiting_look(struct waiting *waiting);
