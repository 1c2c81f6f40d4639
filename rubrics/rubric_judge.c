/* Judging: every question of a task asks its kind; a human mark goes before the suggestion. */
#include "rubrics/kinds.h"
#include <math.h>

const char *rubric_state_name(enum rubric_state state)
{
    static const char *const words[] = { "suggested", "human_needed", "not_measured", "marked" };
    return words[state];
}

/* The last mark counts: corrections are appended. */
static const struct rubric_mark *mark_find(const struct rubric_case *of, struct str question)
{
    for (size_t i = of->mark_count; i-- > 0;)
        if (str_is(question, of->marks[i].question))
            return &of->marks[i];
    return NULL;
}

/* Points made from held-out rows stay with the staff under a mark too: it may confirm them. */
static void mark_apply(struct arena *arena, const struct rubric_mark *mark,
                       const struct rubric_question *question, struct rubric_points *out)
{
    bool heldout = out->state == RUBRIC_SUGGESTED && out->audience == AUDIENCE_STAFF;
    bool said = mark->reason && mark->reason[0];
    out->points = mark->points;
    out->state = RUBRIC_MARKED;
    out->audience = heldout ? AUDIENCE_STAFF : AUDIENCE_TEAM;
    out->reason =
        arena_print(arena, "%s gave %.4g of %.4g points%s%s", mark->by ? mark->by : "staff",
                    mark->points, question->points, said ? ": " : "", said ? mark->reason : "");
}

struct rubric_points *rubric_judge(struct arena *arena, const struct rubric *rubric,
                                   const struct rubric_case *of, size_t *count)
{
    struct rubric_points *all = arena_array(arena, struct rubric_points, rubric->count);
    struct rubric_judging at = { arena, of };
    *count = 0;
    for (size_t i = 0; i < rubric->count; i++) {
        const struct rubric_question *question = &rubric->questions[i];
        if (question->task.len && !str_is(question->task, of->task))
            continue;
        struct rubric_points *out = &all[(*count)++];
        *out = (struct rubric_points){ .id = question->id.at,
                                       .title = question->title.at,
                                       .suggested = NAN,
                                       .max = question->points };
        question->kind->judge(&at, question, out);
        out->points = out->suggested;
        const struct rubric_mark *mark = mark_find(of, question->id);
        if (mark)
            mark_apply(arena, mark, question, out);
    }
    return all;
}
