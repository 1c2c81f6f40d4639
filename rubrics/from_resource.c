/* from: resource: points by a curve over time, memory or another fact. */
#include "rubrics/kinds.h"

void from_resource_check(const struct rubric_checking *at, const struct rubric_question *question)
{
    if (question->fact.len == 0)
        complain(at->from->to, at->from->file, question->line,
                 "question %s: missing key \"fact\"%s", question->id.at,
                 words_hint(at->from->arena, S(""), fact_words));
    else if (words_find(question->fact, fact_words) < 0)
        complain(at->from->to, at->from->file, question->line, "question %s: unknown fact \"%s\"%s",
                 question->id.at, question->fact.at,
                 words_hint(at->from->arena, question->fact, fact_words));
    curve_check(at, question);
}

/* What a step on held-out rows took is a fact over those rows. */
static const struct fact *fact_of(const struct rubric_case *of, struct str name)
{
    static const enum fact_rows order[] = { ROWS_NONE, ROWS_TRAIN, ROWS_PUBLIC, ROWS_SAMPLE };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct fact *fact = fact_find(of->facts, of->fact_count, name, order[i]);
        if (fact)
            return fact;
    }
    return NULL;
}

void from_resource_judge(const struct rubric_judging *at, const struct rubric_question *question,
                         struct rubric_points *out)
{
    const struct fact_name *known = fact_name_find(question->fact);
    const char *title = known ? known->title : question->fact.at;
    const struct fact *fact = fact_of(at->of, question->fact);
    if (fact) {
        curve_judge(at, question, fact, title, out);
        return;
    }
    out->state = RUBRIC_NOT_MEASURED;
    out->audience = AUDIENCE_TEAM;
    out->reason = arena_print(at->arena, "%s was not measured", title);
}
