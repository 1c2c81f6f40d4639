/* The thread that takes away what is to go. */
#include "grader/tidy/erase.h"

#define IDLE_MS 500

static bool turn(const struct erase_turning *erase)
{
    struct fault why = { 0 };
    bool did = false;
    if (erase_turn(erase, &did, &why))
        return did;
    grader_log(erase->grader, "warning", "event=erase fault=\"%s\"", why.text);
    return false;
}

void *tidy_thread(void *at)
{
    struct grader *grader = at;
    struct erase_memory memory = { 0 };
    struct erase_turning erase = { .grader = grader, .memory = &memory };
    if (!grader_open(grader, &erase.store, &erase.inbox))
        return NULL;
    do {
        while (!grader_stopping(grader) && turn(&erase))
            continue;
    } while (!grader_wait(grader, IDLE_MS));
    inbox_close(erase.inbox);
    store_close(erase.store);
    return NULL;
}
