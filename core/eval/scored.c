/* Truth and predictions side by side: all rows, or those of a usage. */
#include "core/eval/predictions.h"

/* The rows that are taken: count of them at[], in order. */
struct taken {
    struct arena *arena;
    const size_t *at;
    size_t count;
};

static const double *cut(const struct taken *taken, const double *values, size_t width)
{
    if (!values)
        return NULL;
    double *out = arena_array(taken->arena, double, taken->count *width);
    for (size_t i = 0; i < taken->count; i++)
        memcpy(out + i * width, values + taken->at[i] * width, width * sizeof *out);
    return out;
}

static const uint32_t *cut_groups(const struct taken *taken, const uint32_t *group)
{
    if (!group)
        return NULL;
    uint32_t *out = arena_array(taken->arena, uint32_t, taken->count);
    for (size_t i = 0; i < taken->count; i++)
        out[i] = group[taken->at[i]];
    return out;
}

/* The boxes of the images that are taken; place[image]: its number among these, or UINT32_MAX. */
static const struct box *cut_boxes(const struct taken *taken, const uint32_t *place,
                                   const struct box *boxes, size_t count, size_t *kept)
{
    struct box *out = arena_array(taken->arena, struct box, count);
    *kept = 0;
    for (size_t i = 0; i < count; i++)
        if (place[boxes[i].image] != UINT32_MAX) {
            out[*kept] = boxes[i];
            out[(*kept)++].image = place[boxes[i].image];
        }
    return out;
}

static void boxes_cut(const struct taken *taken, size_t images, struct scored *out)
{
    uint32_t *place = arena_array(taken->arena, uint32_t, images);
    memset(place, 0xff, images * sizeof *place);
    for (size_t i = 0; i < taken->count; i++)
        place[taken->at[i]] = (uint32_t)i;
    out->true_boxes = cut_boxes(taken, place, out->true_boxes, out->true_count, &out->true_count);
    out->predicted_boxes =
        cut_boxes(taken, place, out->predicted_boxes, out->predicted_count, &out->predicted_count);
}

static void history_cut(const struct taken *taken, struct scored *out)
{
    struct history *history = arena_new(taken->arena, struct history);
    *history = *out->history;
    history->naive = cut(taken, history->naive, 1);
    out->history = history;
}

/* Clusters without rows are left out: the others are numbered anew, in the order of rows. */
static void clusters_cut(const struct taken *taken, struct scored *out)
{
    double *number = arena_array(taken->arena, double, out->cluster_count); /* + 1 */
    double *cluster = arena_array(taken->arena, double, out->n);
    size_t count = 0;
    for (size_t i = 0; i < out->n; i++) {
        double *at = &number[(size_t)out->prediction[i]];
        if (*at == 0)
            *at = (double)++count;
        cluster[i] = *at - 1;
    }
    out->prediction = cluster;
    out->cluster_count = count;
}

/* Everything that has a place for each row. */
static void rows_cut(const struct taken *taken, size_t target_width, struct scored *out)
{
    out->n = taken->count;
    out->truth = cut(taken, out->truth, target_width);
    out->prediction = cut(taken, out->prediction, out->width);
    out->group = cut_groups(taken, out->group);
    out->attribute = cut_groups(taken, out->attribute);
    out->time = cut(taken, out->time, 1);
    out->quantiles = cut(taken, out->quantiles, out->quantile_count);
    out->features = cut(taken, out->features, out->feature_count);
    if (out->history)
        history_cut(taken, out);
}

void scored_take(struct arena *arena, const struct scored *rows, const size_t *at, size_t count,
                 struct scored *out)
{
    struct taken taken = { arena, at, count };
    *out = *rows;
    rows_cut(&taken, rows->kind == TRUTH_LABELS ? rows->class_count : 1, out);
    if (rows->kind == TRUTH_CLUSTERS && rows->cluster_count)
        clusters_cut(&taken, out);
    if (rows->kind == TRUTH_BOXES)
        boxes_cut(&taken, rows->n, out);
}

void scored_rows(struct arena *arena, const struct truth *truth,
                 const struct predictions *predictions, enum usage usage, struct scored *out)
{
    size_t n = 0;
    *out = (struct scored){ .kind = truth->kind,
                            .class_count = truth->class_count,
                            .width = predictions->width,
                            .n = truth->row_count,
                            .truth = truth->target,
                            .prediction = predictions->values,
                            .group = truth->group,
                            .group_count = truth->group_count,
                            .time = truth->time,
                            .attribute = truth->attribute,
                            .attribute_count = truth->attribute_count,
                            .quantile_count = predictions->quantile_count,
                            .quantile_levels = predictions->quantile_levels,
                            .quantiles = predictions->quantiles,
                            .history = truth->history,
                            .cluster_count = predictions->cluster_count,
                            .feature_count = truth->feature_count,
                            .features = truth->features,
                            .true_count = truth->box_count,
                            .predicted_count = predictions->box_count,
                            .true_boxes = truth->boxes,
                            .predicted_boxes = predictions->boxes };
    if (usage == USAGE_ALL || (usage == USAGE_PUBLIC && truth->private_count == 0))
        return;
    size_t count = usage == USAGE_PUBLIC ? truth->public_count : truth->private_count;
    size_t *at = arena_array(arena, size_t, count);
    for (size_t row = 0; row < truth->row_count; row++)
        if (truth->usage[row] == usage)
            at[n++] = row;
    struct scored all = *out;
    scored_take(arena, &all, at, n, out);
}
