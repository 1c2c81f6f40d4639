/* from: reproducible: trained twice with one seed, equal predictions earn all points. */
#include "rubrics/kinds.h"

void from_reproducible_judge(const struct rubric_judging *at,
                             const struct rubric_question *question, struct rubric_points *out)
{
    const struct fact *fact = NULL;
    for (unsigned rows = ROWS_NONE; !fact && rows <= ROWS_PRIVATE; rows++)
        fact = fact_find(at->of->facts, at->of->fact_count, S("reproducible.same_seed"),
                         (enum fact_rows)rows);
    if (!fact) {
        out->state = RUBRIC_NOT_MEASURED;
        out->audience = AUDIENCE_TEAM;
        out->reason = "training was not repeated with the same seed";
        return;
    }
    bool equal = fact->value >= 1;
    out->state = RUBRIC_SUGGESTED;
    out->suggested = equal ? question->points : 0;
    out->audience = fact_audience(fact);
    struct text reason = { .arena = at->arena };
    text_print(&reason, "trained twice with the same seed, the predictions %s",
               equal ? "were equal" : "differed");
    if (!equal && fact->value > 0)
        text_print(&reason, " (%.4g %% were equal)", fact->value * 100);
    if (fact->n > 0)
        text_print(&reason, ", n = %lld", (long long)fact->n);
    text_print(&reason, "; equal earns all, anything else nothing: %.4g of %.4g points",
               out->suggested, question->points);
    out->reason = reason.at;
}
