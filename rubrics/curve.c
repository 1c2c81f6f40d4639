/* Score curves: from a measured value to a share of the points, and the sentence about it. */
#include "rubrics/kinds.h"
#include <math.h>

const char *const rubric_curve_words[] = { "linear", "log", "points", "steps", NULL };

/* ---- shares ---- */

static double clamped(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static double log_share(const struct rubric_question *question, double value)
{
    if (value <= 0) /* beyond the small end */
        return question->full_at < question->zero_at ? 1 : 0;
    return clamped(log(value / question->zero_at) / log(question->full_at / question->zero_at));
}

/* Straight between the pairs around the value; the outer pairs hold beyond them. */
static double points_share(const struct number_pairs *through, double value)
{
    const struct number_pair *at = through->at;
    if (value <= at[0].x)
        return at[0].y;
    for (size_t i = 1; i < through->count; i++)
        if (value <= at[i].x)
            return at[i - 1].y +
                   (at[i].y - at[i - 1].y) * (value - at[i - 1].x) / (at[i].x - at[i - 1].x);
    return at[through->count - 1].y;
}

static bool is_falling(const struct number_pairs *through)
{
    return through->at[0].y > through->at[through->count - 1].y;
}

/* Rising: the last pair at or below the value. Falling: the first pair at or above it. */
static double steps_share(const struct number_pairs *through, double value)
{
    const struct number_pair *at = through->at;
    double share = 0;
    if (is_falling(through)) {
        for (size_t i = through->count; i-- > 0;)
            if (value <= at[i].x)
                share = at[i].y;
        return share;
    }
    for (size_t i = 0; i < through->count; i++)
        if (value >= at[i].x)
            share = at[i].y;
    return share;
}

double rubric_share(const struct rubric_question *question, double value)
{
    switch (question->curve) {
    case RUBRIC_CURVE_LOG:
        return log_share(question, value);
    case RUBRIC_CURVE_POINTS:
        return points_share(&question->through, value);
    case RUBRIC_CURVE_STEPS:
        return steps_share(&question->through, value);
    default:
        return clamped((value - question->zero_at) / (question->full_at - question->zero_at));
    }
}

/* ---- checks ---- */

#define COMPLAIN(at, question, ...)                                                                \
    complain((at)->from->to, (at)->from->file, (question)->line, __VA_ARGS__)

static void ends_check(const struct rubric_checking *at, const struct rubric_question *question)
{
    const char *id = question->id.at, *curve = rubric_curve_words[question->curve];
    if (question->through.count)
        COMPLAIN(at, question,
                 "question %s: through does not go with curve: %s, but with points or steps", id,
                 curve);
    if (isnan(question->zero_at))
        COMPLAIN(at, question, "question %s: missing key \"zero_at\", the value that earns nothing",
                 id);
    if (isnan(question->full_at))
        COMPLAIN(at, question, "question %s: missing key \"full_at\", the value that earns all",
                 id);
    if (question->zero_at == question->full_at)
        COMPLAIN(at, question,
                 "question %s: zero_at and full_at are both %g, allowed are two values", id,
                 question->zero_at);
    if (question->curve == RUBRIC_CURVE_LOG && (question->zero_at <= 0 || question->full_at <= 0))
        COMPLAIN(at, question,
                 "question %s: zero_at was %g and full_at %g, allowed for curve: log are "
                 "values above 0",
                 id, question->zero_at, question->full_at);
}

static void through_check(const struct rubric_checking *at, const struct rubric_question *question)
{
    const struct number_pairs *through = &question->through;
    const char *id = question->id.at;
    if (!isnan(question->zero_at) || !isnan(question->full_at))
        COMPLAIN(at, question,
                 "question %s: zero_at and full_at do not go with curve: %s, which takes "
                 "through",
                 id, rubric_curve_words[question->curve]);
    if (through->count == 0)
        COMPLAIN(at, question,
                 "question %s: missing key \"through\", a list of pairs [value, share]", id);
    bool falling = through->count && is_falling(through);
    for (size_t i = 0; i < through->count; i++) {
        if (through->at[i].y < 0 || through->at[i].y > 1)
            COMPLAIN(at, question, "question %s: the share at %g was %g, allowed is 0 to 1", id,
                     through->at[i].x, through->at[i].y);
        if (i && through->at[i].x <= through->at[i - 1].x)
            COMPLAIN(at, question,
                     "question %s: %g comes after %g in through, allowed are rising "
                     "values",
                     id, through->at[i].x, through->at[i - 1].x);
        if (i && (falling ? through->at[i].y > through->at[i - 1].y
                          : through->at[i].y < through->at[i - 1].y))
            COMPLAIN(at, question, "question %s: the shares in through rise and fall", id);
    }
}

void curve_check(const struct rubric_checking *at, const struct rubric_question *question)
{
    bool by_ends = question->curve == RUBRIC_CURVE_LINEAR || question->curve == RUBRIC_CURVE_LOG;
    if (by_ends)
        ends_check(at, question);
    else
        through_check(at, question);
}

/* ---- words ---- */

const char *curve_words(struct arena *arena, const struct rubric_question *question,
                        const char *unit)
{
    struct text out = { .arena = arena };
    const char *blank = unit && unit[0] ? " " : "";
    unit = unit ? unit : "";
    if (question->curve == RUBRIC_CURVE_LINEAR || question->curve == RUBRIC_CURVE_LOG) {
        text_print(&out, "no points at %s%s%s, all at %s%s%s, %s between",
                   fact_number(arena, question->zero_at), blank, unit,
                   fact_number(arena, question->full_at), blank, unit,
                   question->curve == RUBRIC_CURVE_LOG ? "by the logarithm" : "in a straight line");
        return out.at;
    }
    for (size_t i = 0; i < question->through.count; i++)
        text_print(&out, "%s%.4g %% at %s%s%s", i ? ", " : "", question->through.at[i].y * 100,
                   fact_number(arena, question->through.at[i].x), blank, unit);
    text_print(&out, question->curve == RUBRIC_CURVE_STEPS ? ", in steps" : ", straight between");
    return out.at;
}

void curve_judge(const struct rubric_judging *at, const struct rubric_question *question,
                 const struct fact *fact, const char *name, struct rubric_points *out)
{
    double share = rubric_share(question, fact->value);
    out->state = RUBRIC_SUGGESTED;
    out->suggested = round(share * question->points * 100) / 100;
    out->audience = fact_audience(fact);
    out->reason = arena_print(
        at->arena, "%s was %s; %s: %.4g of %.4g points", name, fact_print(at->arena, fact),
        curve_words(at->arena, question, fact->unit), out->suggested, question->points);
}
