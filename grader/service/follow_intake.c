/* What forges told and what was there at due times, taken over into the store. */
#include "grader/service/follow_parts.h"
#include "grader/service/poll.h"
#include "grader/source/git.h"

bool take_webhook(const struct following *f, struct fault *why)
{
    struct str ref = json_get_text(f->body, "ref", "");
    struct str commit = json_get_text(f->body, "commit", "");
    const struct course_team *team =
        course_team_find(&f->loaded->course, json_get_text(f->body, "team", ""));
    if (!team || !git_id_check(commit) || !ref.len)
        return fault_set(why, BLAME_OPEN, "event %lld names no known team, ref or commit",
                         (long long)f->event->seq);
    struct store_hook hook = {
        .seq = f->event->seq,
        .at_ms = f->event->at_ms,
        .pushed_ms = json_get_int(f->body, "pushed_ms", 0),
        .team = team->id.at,
        .forge = json_get_text(f->body, "forge", "").at,
        .ref = ref.at,
        .commit = commit.at,
    };
    bool known;
    if (!store_hook(f->store, &hook, &known, why))
        return false;
    if (!known && f->grader->schedule) /* a rebuild looks at no repositories */
        schedule_wake(f->grader->schedule, team->id);
    return true;
}

static bool counts(void *at, struct str ref)
{
    return look_triggers(at, ref);
}

bool take_sweep(const struct following *f, struct fault *why)
{
    const struct course_team *team =
        course_team_find(&f->loaded->course, json_get_text(f->body, "team", ""));
    int64_t due_ms = json_get_int(f->body, "due_ms", 0);
    if (!team || due_ms <= 0)
        return fault_set(why, BLAME_OPEN, "event %lld names no known team or due time",
                         (long long)f->event->seq);
    struct store_deadline deadline = {
        .seq = f->event->seq,
        .due_ms = due_ms,
        .looked_ms = json_get_int(f->body, "looked_ms", f->event->at_ms),
        .team = team->id.at,
        .counts = counts,
        .at = (void *)(uintptr_t)&f->loaded->course,
    };
    return store_deadline(f->store, &deadline, why);
}
