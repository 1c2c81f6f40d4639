/* Events of repeating: replays, rescores and what is decided about them. */
#include "core/base/digest.h"
#include "grader/follow_parts.h"
#include "grader/store/batch.h"

bool take_replay(const struct following *f, struct fault *why)
{
    struct str of = json_get_text(f->body, "run", "");
    char run[ULID_TEXT];
    bool found;
    if (!ulid_check(of))
        return fault_set(why, BLAME_OPEN, "event %lld is no replay", (long long)f->event->seq);
    ulid_from(f->event->at_ms, f->event->id, run);
    struct store_again again = { .run = run,
                                 .of_run = of.at,
                                 .purpose = "replay",
                                 .batch = "",
                                 .at_ms = f->event->at_ms,
                                 .seq = f->event->seq };
    return store_again_add(f->store, &again, f->event->actor.at, &found, why) &&
           (found || fault_set(why, BLAME_OPEN, "event %lld: run %s cannot be replayed",
                               (long long)f->event->seq, of.at));
}
