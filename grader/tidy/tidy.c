/* The thread that takes away what is to go. */
#include "grader/tidy/environments.h"
#include "grader/tidy/erase.h"
#include "grader/tidy/retain.h"

#define IDLE_MS 500

struct tidying {
    struct erase_turning erase;
    struct retain_turning retain;
    struct environments_memory environments;
};

static bool turned(struct grader *grader, const char *event, bool ok, const struct fault *why)
{
    if (!ok)
        grader_log(grader, "warning", "event=%s fault=\"%s\"", event, why->text);
    return ok;
}

/* One turn of each; true: there may be more to do at once. */
static bool turn(struct tidying *to, struct grader *grader)
{
    struct fault why = { 0 };
    bool erased = false, dropped = false;
    bool ok = turned(grader, "erase", erase_turn(&to->erase, &erased, &why), &why) &&
              turned(grader, "drop", retain_turn(&to->retain, &dropped, &why), &why) &&
              turned(grader, "environments",
                     environments_turn(grader, to->erase.store, &to->environments, &why), &why);
    return ok && (erased || dropped);
}

void *tidy_thread(void *at)
{
    struct grader *grader = at;
    struct erase_memory erasing = { 0 };
    struct retain_memory retaining = { 0 };
    struct tidying to = { .erase = { .grader = grader, .memory = &erasing },
                          .retain = { .grader = grader, .memory = &retaining } };
    if (!grader_open(grader, &to.erase.store, &to.erase.inbox))
        return NULL;
    to.retain.store = to.erase.store;
    to.retain.inbox = to.erase.inbox;
    do {
        while (!grader_stopping(grader) && turn(&to, grader))
            continue;
    } while (!grader_wait(grader, IDLE_MS));
    inbox_close(to.erase.inbox);
    store_close(to.erase.store);
    return NULL;
}
