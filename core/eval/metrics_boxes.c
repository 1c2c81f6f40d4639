/* Metrics of boxes in images: the twelve numbers of the COCO evaluation. */
#include "core/eval/detections.h"
#include "core/eval/metric_parts.h"
#include "core/eval/normal.h"
#include "core/math/sum.h"
#include <math.h>

#define WORK_MOST 50000 /* predictions up to which resamples are drawn: some seconds */
#define BATCHES 100

typedef double of_detections(struct detections *of, const uint32_t *weight);

static double ap(struct detections *of, const uint32_t *weight)
{
    return detections_precision(of, weight, 0, OVERLAPS);
}

static double ap50(struct detections *of, const uint32_t *weight)
{
    return detections_precision(of, weight, 0, 1);
}

static double ap75(struct detections *of, const uint32_t *weight)
{
    return detections_precision(of, weight, 5, 1);
}

static double ar1(struct detections *of, const uint32_t *weight)
{
    return detections_recall(of, weight, 1);
}

static double ar10(struct detections *of, const uint32_t *weight)
{
    return detections_recall(of, weight, 10);
}

static double ar(struct detections *of, const uint32_t *weight)
{
    return detections_recall(of, weight, DETECTIONS_MOST);
}

/* Values without every count-th image. */
static void without_batches(struct arena *arena, struct detections *of, of_detections *what,
                            double *out, size_t count)
{
    uint32_t *weight = arena_array(arena, uint32_t, of->image_count);
    for (size_t b = 0; b < count; b++) {
        for (size_t i = 0; i < of->image_count; i++)
            weight[i] = i % count != b;
        out[b] = what(of, weight);
    }
}

/* Values of resampled images; gives how many are defined. */
static size_t resampled(struct arena *arena, struct detections *of, of_detections *what,
                        uint64_t seed, double *out, size_t count)
{
    struct resampling how = resample_rows(of->image_count, seed);
    uint32_t *weight = arena_array(arena, uint32_t, of->image_count);
    size_t kept = 0;
    for (size_t b = 0; b < count; b++) {
        resample_weights(&how, b, weight);
        out[kept] = what(of, weight);
        kept += isnan(out[kept]) ? 0 : 1;
    }
    return kept;
}

static struct interval interval(struct arena *arena, struct detections *of, of_detections *what,
                                double value, const struct metric_options *options)
{
    double without[BATCHES];
    size_t batches = of->image_count < BATCHES ? of->image_count : BATCHES, kept = 0;
    if (of->image_count < 3)
        return (struct interval){ NAN, NAN };
    without_batches(arena, of, what, without, batches);
    for (size_t b = 0; b < batches; b++)
        if (!isnan(without[b]))
            without[kept++] = -without[b];
    if (of->from[of->class_count] > WORK_MOST) {
        double spread = (double)(kept - 1) * variance_of(without, kept, mean_of(without, kept));
        double half = NORMAL_975 * sqrt(spread);
        return (struct interval){ value - half, value + half };
    }
    size_t count = options->bootstrap_count ? options->bootstrap_count : BOOTSTRAP_LEAST;
    double *replicates = arena_array(arena, double, count);
    count = resampled(arena, of, what, options->seed, replicates, count);
    return interval_bca(value, replicates, count, acceleration_of(without, kept));
}

static void measure(METRIC_PARTS, of_detections *what, enum detection_area area)
{
    struct detections of;
    detections_match(arena, rows, area, &of);
    out->value = what(&of, NULL);
    if (isnan(out->value)) {
        out->note = area == AREA_ALL ? "there are no true boxes" : "no true box is of this size";
        return;
    }
    if (of.unknown_count)
        out->note = arena_print(arena, "%zu boxes are of classes that the truth does not have",
                                of.unknown_count);
    if (!options->without_interval)
        interval_set(out, interval(arena, &of, what, out->value, options), 0, 1);
}

static void resample(RESAMPLE_PARTS, of_detections *what, enum detection_area area)
{
    struct detections of;
    detections_match(arena, rows, area, &of);
    size_t kept = resampled(arena, &of, what, options->seed, out, count);
    for (size_t b = kept; b < count; b++)
        out[b] = NAN;
}

#define OF_BOXES(name, what, area)                                                                 \
    static void measure_##name(METRIC_PARTS)                                                       \
    {                                                                                              \
        measure(arena, rows, options, out, what, area);                                            \
    }                                                                                              \
    static void resample_##name(RESAMPLE_PARTS)                                                    \
    {                                                                                              \
        resample(arena, rows, options, out, count, what, area);                                    \
    }

OF_BOXES(ap, ap, AREA_ALL)
OF_BOXES(ap50, ap50, AREA_ALL)
OF_BOXES(ap75, ap75, AREA_ALL)
OF_BOXES(ap_small, ap, AREA_SMALL)
OF_BOXES(ap_medium, ap, AREA_MEDIUM)
OF_BOXES(ap_large, ap, AREA_LARGE)
OF_BOXES(ar1, ar1, AREA_ALL)
OF_BOXES(ar10, ar10, AREA_ALL)
OF_BOXES(ar100, ar, AREA_ALL)
OF_BOXES(ar_small, ar, AREA_SMALL)
OF_BOXES(ar_medium, ar, AREA_MEDIUM)
OF_BOXES(ar_large, ar, AREA_LARGE)

/* Precision that is made non-increasing is too high in small samples: not the interval alone. */
#define EDGES                                                                                      \
    "classes without true boxes are left out, of all classes not defined; with few boxes a class " \
    "precision comes out too high, and its interval with it"

#define ROW(word, of)                                                                              \
    .name = (word), .kinds = TRUTH_BOXES, .higher_is_better = true, .least = 0, .most = 1,         \
    .interval = "BCa bootstrap of images; beyond 50000 boxes jackknife of 100 batches, normal",    \
    .edges = EDGES, .measure = measure_##of, .resample = resample_##of

#define PRECISION "mean over classes and recalls 0, 0.01 .. 1 of the best precision from there on, "
#define RECALL "mean over classes and overlaps 0.5, 0.55 .. 0.95 of the share of boxes found, "

static const struct metric boxes[] = {
    { ROW("coco_ap", ap), .title = "COCO AP",
      .definition = PRECISION "and over overlaps 0.5, 0.55 .. 0.95" },
    { ROW("coco_ap50", ap50), .title = "COCO AP at overlap 0.5",
      .definition = PRECISION "at overlap 0.5" },
    { ROW("coco_ap75", ap75), .title = "COCO AP at overlap 0.75",
      .definition = PRECISION "at overlap 0.75" },
    { ROW("coco_ap_small", ap_small), .title = "COCO AP of small boxes",
      .definition = PRECISION "over overlaps, of areas up to 32^2" },
    { ROW("coco_ap_medium", ap_medium), .title = "COCO AP of medium boxes",
      .definition = PRECISION "over overlaps, of areas from 32^2 to 96^2" },
    { ROW("coco_ap_large", ap_large), .title = "COCO AP of large boxes",
      .definition = PRECISION "over overlaps, of areas from 96^2 on" },
    { ROW("coco_ar1", ar1), .title = "COCO AR with 1 box",
      .definition = RECALL "with 1 box an image and class" },
    { ROW("coco_ar10", ar10), .title = "COCO AR with 10 boxes",
      .definition = RECALL "with 10 boxes an image and class" },
    { ROW("coco_ar100", ar100), .title = "COCO AR with 100 boxes",
      .definition = RECALL "with 100 boxes an image and class" },
    { ROW("coco_ar_small", ar_small), .title = "COCO AR of small boxes",
      .definition = RECALL "of areas up to 32^2" },
    { ROW("coco_ar_medium", ar_medium), .title = "COCO AR of medium boxes",
      .definition = RECALL "of areas from 32^2 to 96^2" },
    { ROW("coco_ar_large", ar_large), .title = "COCO AR of large boxes",
      .definition = RECALL "of areas from 96^2 on" },
};
const struct metric_family metrics_boxes = METRIC_FAMILY("detection", boxes);
