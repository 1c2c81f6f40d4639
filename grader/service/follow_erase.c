/* A team is to be forgotten: its runs end, and the tidying thread knows of it. */
#include "grader/service/follow_parts.h"
#include "grader/store/erase.h"

bool take_erase(const struct following *f, struct fault *why)
{
    struct str team = json_get_text(f->body, "team", "");
    if (!team.len)
        return fault_set(why, BLAME_OPEN, "event %lld names no team", (long long)f->event->seq);
    struct store_erase_asked asked = { f->event->seq, f->event->at_ms, team.at,
                                       f->event->actor.at };
    return store_erase_add(f->store, &asked, why);
}
