/* Events about the queue, taken over: pauses. */
#include "grader/follow_parts.h"
#include "grader/store/rules.h"

/* {team, task, reason}: "" or absent stands for every one. */
static bool rule_read(const struct following *f, struct store_rule *out, struct fault *why)
{
    struct str team = json_get_text(f->body, "team", "");
    struct str task = json_get_text(f->body, "task", "");
    if ((team.len && !course_team_find(&f->loaded->course, team)) ||
        (task.len && !course_task_find(&f->loaded->course, task)))
        return fault_set(why, BLAME_OPEN, "event %lld names an unknown team or task",
                         (long long)f->event->seq);
    *out = (struct store_rule){ .seq = f->event->seq,
                                .at_ms = f->event->at_ms,
                                .by = f->event->actor.at,
                                .team = team.at,
                                .task = task.at,
                                .reason = json_get_text(f->body, "reason", "").at };
    return true;
}

bool follow_pause(const struct following *f, struct fault *why)
{
    struct store_rule rule;
    return rule_read(f, &rule, why) && store_pause(f->store, &rule, why);
}

/* A pause of what the course no longer has can still be ended. */
bool follow_resume(const struct following *f, struct fault *why)
{
    struct store_rule rule = { .seq = f->event->seq,
                               .at_ms = f->event->at_ms,
                               .by = f->event->actor.at,
                               .team = json_get_text(f->body, "team", "").at,
                               .task = json_get_text(f->body, "task", "").at,
                               .reason = "" };
    return store_resume(f->store, &rule, why);
}
