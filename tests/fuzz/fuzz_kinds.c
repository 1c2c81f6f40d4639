/* Any bytes as truth, predictions, history and features of forecasts, labels, rankings, clusters
   and boxes: matched and measured, or refused with a reason. */
#include "core/eval/metrics.h"
#include "core/eval/predictions.h"
#include <math.h>
#include <stdlib.h>

static const struct {
    struct truth_form form;
    const char *truth;
} kinds_known[] = {
    { { .kinds = TRUTH_NUMBER, .is_forecast = true },
      "id,y,series,time,Usage\na,1,s,2,Public\nb,2,s,1,Private\nc,3,t,1,Public\n" },
    { { .kinds = TRUTH_LABELS }, "id,x,y\na,1,0\nb,0,1\nc,1,1\n" },
    { { .kinds = TRUTH_RANKING }, "query,item,relevance\nq,a,2\nq,b,0\nr,a,1\n" },
    { { .kinds = TRUTH_CLUSTERS }, "id,y\na,u\nb,v\nc,u\nd,v\n" },
    { { .kinds = TRUTH_BOXES }, "id,class,x1,y1,x2,y2\na,c,0,0,9,9\nb,,,,,\nc,d,1,1,2,2\n" },
};

static void kinds_measure(const struct scored *rows, bool in_unit)
{
    scoped_arena arena = arena_open(NULL);
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++) {
        if (metric->in_unit && !in_unit)
            continue;
        struct metric_options options = { .bootstrap_count = 20, .without_interval = rows->n > 50 };
        struct metric_value got = metric_measure(arena, metric, rows, &options);
        if (isnan(got.value) && !*got.note)
            abort();
        if (got.low > got.value || got.high < got.value) /* both false for NAN */
            abort();
    }
}

static void kinds_match(struct arena *arena, struct str bytes, const struct truth *truth)
{
    struct predictions predictions;
    struct prediction_faults faults;
    struct prediction_form form = { .quantiles = true,
                                    .discreet = bytes.len & 1,
                                    .in_unit = bytes.len & 4 };
    struct fault why = { 0 };
    struct scored rows;
    if (!predictions_parse(arena, bytes, truth, &form, &predictions, &faults, &why)) {
        size_t count = 0;
        for (size_t i = 0; i < PREDICTION_RULES; i++)
            count += faults.rules[i].count;
        if (count == 0 || !why.text[0])
            abort();
        return;
    }
    for (size_t i = 0; i < predictions.row_count * predictions.width; i++)
        if (!isfinite(predictions.values[i]))
            abort();
    for (size_t i = 0; i < predictions.box_count; i++)
        if (predictions.boxes[i].image >= truth->row_count ||
            predictions.boxes[i].class > truth->class_count)
            abort();
    scored_rows(arena, truth, &predictions, bytes.len & 2 ? USAGE_ALL : USAGE_PUBLIC, &rows);
    kinds_measure(&rows, form.in_unit);
}

/* The bytes as a truth, and as predictions for it. */
static void kinds_parse(struct arena *arena, struct str bytes, const struct truth_form *form)
{
    struct truth truth;
    struct fault why = { 0 };
    if (!truth_parse(arena, bytes, form, &truth, &why)) {
        if (!why.text[0])
            abort();
        return;
    }
    if (truth.public_count + truth.private_count != truth.row_count || truth.row_count == 0)
        abort();
    for (size_t i = 0; truth.group && i < truth.row_count; i++)
        if (truth.group[i] >= truth.group_count)
            abort();
    for (size_t i = 0; i < truth.box_count; i++)
        if (truth.boxes[i].image >= truth.row_count || truth.boxes[i].class >= truth.class_count)
            abort();
    kinds_match(arena, bytes, &truth);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = { (const char *)data, size };
    for (size_t i = 0; i < sizeof kinds_known / sizeof *kinds_known; i++) {
        scoped_arena arena = arena_open(NULL);
        struct truth truth;
        struct fault why = { 0 };
        const struct truth_form *form = &kinds_known[i].form;
        if (!truth_parse(arena, str_of(kinds_known[i].truth), form, &truth, &why))
            abort();
        kinds_parse(arena, bytes, form);
        if (truth.kind == TRUTH_NUMBER &&
            !truth_add_history(arena, &truth, bytes, S(""), 1 + size % 5, &why) && !why.text[0])
            abort();
        if (truth.kind == TRUTH_CLUSTERS && !truth_add_features(arena, &truth, bytes, form, &why) &&
            !why.text[0])
            abort();
        kinds_match(arena, bytes, &truth);
    }
    return 0;
}
