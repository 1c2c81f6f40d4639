/* Events of announcing: what could not be delivered is to be tried again. */
#include "grader/service/follow_parts.h"
#include "grader/store/outbox.h"

bool take_outbox(const struct following *f, struct fault *why)
{
    struct str id = json_get_text(f->body, "retry", "");
    if (!id.len)
        return fault_set(why, BLAME_OPEN, "event %lld names nothing to send",
                         (long long)f->event->seq);
    return outbox_retry(f->store, f->event->seq, id.at, why);
}
