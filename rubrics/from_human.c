/* from: human: no program can answer; the guidance says what to look for. */
#include "rubrics/kinds.h"

void from_human_judge(const struct rubric_judging *at, const struct rubric_question *question,
                      struct rubric_points *out)
{
    (void)at;
    out->state = RUBRIC_HUMAN_NEEDED;
    out->audience = AUDIENCE_STAFF;
    out->reason = question->guidance.len ? question->guidance.at : "to be read by a human";
}
