/* Events about the queue, tries, time and versions, taken over. */
#include "grader/service/follow_parts.h"
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

/* As rule_read, of one team. */
static bool team_rule_read(const struct following *f, struct store_rule *out, struct fault *why)
{
    if (!json_get_text(f->body, "team", "").len)
        return fault_set(why, BLAME_OPEN, "event %lld names no team", (long long)f->event->seq);
    return rule_read(f, out, why);
}

bool follow_quota(const struct following *f, struct fault *why)
{
    struct store_rule rule;
    struct store_quota quota = { json_get_int(f->body, "give", -1),
                                 json_get_int(f->body, "per_day", -1),
                                 json_get_int(f->body, "total", -1) };
    return team_rule_read(f, &rule, why) && store_quota(f->store, &rule, &quota, why);
}

static bool deliverable_read(const struct following *f, struct str *out, struct fault *why)
{
    *out = json_get_text(f->body, "deliverable", "");
    return course_deliverable_find(&f->loaded->course, *out) ||
           fault_set(why, BLAME_OPEN, "event %lld names an unknown deliverable",
                     (long long)f->event->seq);
}

bool follow_extend(const struct following *f, struct fault *why)
{
    struct store_rule rule;
    struct str deliverable;
    if (!team_rule_read(f, &rule, why) || !deliverable_read(f, &deliverable, why))
        return false;
    struct store_extension extension = { deliverable.at, json_get_int(f->body, "until_ms", 0),
                                         json_get_int(f->body, "by_ms", 0) };
    return store_extend(f->store, &rule, &extension, why);
}

bool follow_pin(const struct following *f, struct fault *why)
{
    struct store_rule rule;
    struct str deliverable;
    return team_rule_read(f, &rule, why) && deliverable_read(f, &deliverable, why) &&
           store_pin(f->store, &rule, deliverable.at, json_get_text(f->body, "run", "").at, why);
}
