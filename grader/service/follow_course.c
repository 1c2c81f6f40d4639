/* The course's files changed while the grader runs: the new version takes the old one's place. */
#include "grader/course/baseline.h"
#include "grader/board.h"
#include "grader/course/course_begin.h"
#include "grader/service/follow_parts.h"

bool course_take(struct grader *grader, const struct json *files, struct loaded **out,
                 struct fault *why)
{
    struct loaded_from from = { &grader->artifacts, &grader->sealed, grader->scratch };
    return loaded_read(&from, files, out, why);
}

static bool change(const struct following *f, struct loaded *newer, struct fault *why)
{
    if (!course_begin(f->grader, newer, f->store, f->event->at_ms, why) ||
        !store_version_noted(f->store, newer->version.digest, f->event->at_ms, why) ||
        !store_course_fault(f->store, f->event->seq, "", why)) {
        loaded_free(newer);
        return false;
    }
    grader_log(f->grader, "info", "event=course version=%.12s teams=%zu", newer->version.digest,
               newer->course.team_count);
    loaded_change(f->grader->loaded, newer);
    return true;
}

bool take_course(const struct following *f, struct fault *why)
{
    struct loaded *newer;
    struct str version = json_get_text(f->body, "version", "");
    if (str_is(version, f->loaded->version.digest)) /* as at the start */
        return store_version_noted(f->store, version.at, f->event->at_ms, why) &&
               store_course_fault(f->store, f->event->seq, "", why);
    return course_take(f->grader, json_get(f->body, "files"), &newer, why) && change(f, newer, why);
}

bool take_course_fault(const struct following *f, struct fault *why)
{
    struct str text = json_get_text(f->body, "text", "");
    grader_log(f->grader, "error", "event=course fault=\"%.*s\"",
               text.len < 900 ? (int)text.len : 900, text.at);
    return store_course_fault(f->store, f->event->seq, text.at, why);
}
