/* Any bytes as truth, and as predictions for four truths: matched or refused with a reason. */
#include "core/eval/metrics.h"
#include "core/eval/predictions.h"
#include <math.h>
#include <stdlib.h>

static const char *const truths[] = {
    "id,y,Usage\na,0,Public\nb,1,Private\nc,1,Public\n",
    "id,y\na,0.5\nb,-2\nc,3e5\n",
    "id,y\na,cat\nb,dog\nc,cow\nd,cat\n",
    "id,y\na,no\nb,yes\n",
};

static void measure_all(struct arena *arena, const struct scored *rows, bool in_unit)
{
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++) {
        if (metric->in_unit && !in_unit)
            continue;
        struct metric_value got = metric_measure(arena, metric, rows, NULL);
        if (isnan(got.value) && !*got.note)
            abort();
        if (got.low > got.value || got.high < got.value) /* both false for NAN */
            abort();
    }
}

static void match(struct str bytes, const struct truth *truth, struct prediction_form form)
{
    scoped_arena arena = arena_open(NULL);
    struct predictions predictions;
    struct prediction_faults faults;
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
    scored_rows(arena, truth, &predictions, USAGE_PUBLIC, &rows);
    measure_all(arena, &rows, form.in_unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = { (const char *)data, size };
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct truth truth;
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        if (!truth_parse(arena, str_of(truths[i]), &(struct truth_form){ 0 }, &truth, &why))
            abort();
        match(bytes, &truth, (struct prediction_form){ .in_unit = size & 1 });
        match(bytes, &truth, (struct prediction_form){ .discreet = true, .each_class = true });
    }
    if (truth_parse(arena, bytes, &(struct truth_form){ .kinds = (unsigned)size % 8 }, &truth,
                    &why)) {
        if (truth.public_count + truth.private_count != truth.row_count || truth.row_count == 0)
            abort();
    } else if (!why.text[0]) {
        abort();
    }
    return 0;
}
