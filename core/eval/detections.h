/*
 * Predicted boxes matched to true ones by the rules of the COCO evaluation: image by image and
 * class by class, the predictions from the highest score down (equal ones in the order of rows)
 * each take the free true box with the largest overlap (intersection / union) that reaches the
 * threshold. Ten thresholds: 0.5, 0.55 .. 0.95. At most DETECTIONS_MOST predictions of an image and
 * class count.
 * True boxes that are crowds or outside a range of areas are ignored, and so are predictions that
 * are matched to these, or are matched to none and are outside it themselves. A crowd can be taken
 * again and again, and its overlap is intersection / area of the prediction.
 */
#pragma once

#include "core/base/arena.h"
#include "core/eval/scored.h"

#define DETECTIONS_MOST 100
#define OVERLAPS 10

enum detection_area { AREA_ALL, AREA_SMALL, AREA_MEDIUM, AREA_LARGE }; /* split at 32^2 and 96^2 */

struct detections {
    size_t image_count, class_count;
    /* Predictions that count, class by class, in each by falling score. */
    size_t *from; /* [class_count + 1] */
    struct detection {
        uint32_t image;
        uint16_t matched, ignored; /* bit t: at threshold t */
        uint8_t place;             /* in its image and class, from 0 */
    } * at;
    /* The images of the true boxes that are not ignored, class by class. */
    size_t *true_from; /* [class_count + 1] */
    uint32_t *true_image;
    double *recall, *precision; /* scratch */
    size_t unknown_count;       /* predictions of classes that the truth has not */
};

/* O(boxes log boxes + pairs of a prediction and a true box of the same image and class). */
void detections_match(struct arena *arena, const struct scored *rows, enum detection_area area,
                      struct detections *out);

/*
 * Means over classes that have true boxes and the thresholds [first, first + count), when image i
 * counts weight[i] times (NULL: once). NAN without such classes.
 *   precision: mean over recalls 0, 0.01 .. 1 of the best precision from that recall on
 *   recall: at the end, of the first `most` predictions of each image and class
 */
double detections_precision(struct detections *of, const uint32_t *weight, size_t first,
                            size_t count);
double detections_recall(struct detections *of, const uint32_t *weight, size_t most);
