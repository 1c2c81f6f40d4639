/* from: metric: points by a curve over a metric on one kind of rows. */
#include "rubrics/kinds.h"

void from_metric_check(const struct rubric_checking *at, const struct rubric_question *question)
{
    if (question->metric.len == 0)
        complain(at->from->to, at->from->file, question->line,
                 "question %s: missing key \"metric\"%s", question->id.at,
                 words_hint(at->from->arena, S(""), at->known->metrics));
    else if (words_find(question->metric, at->known->metrics) < 0)
        complain(at->from->to, at->from->file, question->line,
                 "question %s: unknown metric \"%s\"%s", question->id.at, question->metric.at,
                 words_hint(at->from->arena, question->metric, at->known->metrics));
    curve_check(at, question);
}

void from_metric_judge(const struct rubric_judging *at, const struct rubric_question *question,
                       struct rubric_points *out)
{
    enum fact_rows rows = (enum fact_rows)question->rows;
    struct str name = str_of(arena_print(at->arena, "metric.%s", question->metric.at));
    const struct fact *fact = fact_find(at->of->facts, at->of->fact_count, name, rows);
    if (fact) {
        curve_judge(at, question, fact, question->metric.at, out);
        return;
    }
    out->state = RUBRIC_NOT_MEASURED;
    out->audience = AUDIENCE_TEAM;
    out->reason = arena_print(at->arena, "%s on the %s rows was not measured", question->metric.at,
                              fact_rows_name(rows));
}
