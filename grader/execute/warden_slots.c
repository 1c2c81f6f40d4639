/* Slots: one box launcher each, started while root, started anew when it is dead. */
#include "grader/execute/warden_parts.h"
#include "sandbox/box.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct slots {
    const struct house *house;
    size_t count;
    struct box_launcher *launchers[HOUSE_SLOTS_MOST]; /* NULL: none runs */
};

/* The launcher and all beneath it start with nothing blocked. */
static struct box_launcher *launch(const struct box_launcher_options *options, char *why,
                                   size_t why_size)
{
    sigset_t none, before;
    sigemptyset(&none);
    fflush(NULL);
    sigprocmask(SIG_SETMASK, &none, &before);
    struct box_launcher *launcher = box_launcher_start(options, why, why_size);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return launcher;
}

static bool slot_start(struct slots *slots, size_t slot, struct fault *why)
{
    char text[200] = "", name[48];
    snprintf(name, sizeof name, "holdout-%d-%zu", (int)getpid(), slot);
    const struct box_launcher_options options = {
        .uid = slots->house->slot_first + (uid_t)slot,
        .gid = slots->house->slot_first + (gid_t)slot,
        .name = name,
        .ahead = true,
    };
    slots->launchers[slot] = launch(&options, text, sizeof text);
    return slots->launchers[slot] ||
           fault_set(why, BLAME_SYSTEM, "box launcher %zu could not be started: %s", slot, text);
}

struct slots *slots_open(const struct house *house, size_t count, struct fault *why)
{
    if (count > HOUSE_SLOTS_MOST) {
        fault_set(why, BLAME_COURSE, "at most %d slots are possible", HOUSE_SLOTS_MOST);
        return NULL;
    }
    struct slots *slots = calloc(1, sizeof *slots);
    if (!slots)
        abort();
    slots->house = house;
    slots->count = count;
    for (size_t i = 0; i < count; i++)
        if (!slot_start(slots, i, why)) {
            slots_close(slots);
            return NULL;
        }
    return slots;
}

void slots_close(struct slots *slots)
{
    for (size_t i = 0; i < slots->count; i++)
        if (slots->launchers[i])
            box_launcher_close(slots->launchers[i]);
    free(slots);
}

void slots_forget(struct slots *slots)
{
    for (size_t i = 0; i < slots->count; i++)
        if (slots->launchers[i])
            box_launcher_forget(slots->launchers[i]);
}

int slot_socket(struct slots *slots, size_t slot, struct fault *why)
{
    if (slot >= slots->count) {
        fault_set(why, BLAME_SYSTEM, "slot %zu is none of %zu", slot, slots->count);
        return -1;
    }
    if (!slots->launchers[slot] && !slot_start(slots, slot, why))
        return -1;
    return box_launcher_socket(slots->launchers[slot]);
}

bool slot_reaped(struct slots *slots, pid_t pid)
{
    for (size_t i = 0; i < slots->count; i++) {
        struct box_launcher *launcher = slots->launchers[i];
        if (!launcher || box_launcher_pid(launcher) != pid)
            continue;
        slots->launchers[i] = NULL;
        box_launcher_forget(launcher);
        return true;
    }
    return false;
}
