/* Predicted boxes matched to true ones. */
#include "core/eval/detections.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RECALLS 101

static const double areas[][2] = { [AREA_ALL] = { 0, INFINITY },
                                   [AREA_SMALL] = { 0, 32 * 32 },
                                   [AREA_MEDIUM] = { 32 * 32, 96 * 96 },
                                   [AREA_LARGE] = { 96 * 96, INFINITY } };

static double threshold_at(size_t t)
{
    return t + 1 < OVERLAPS ? 0.5 + (double)t * ((0.95 - 0.5) / (OVERLAPS - 1)) : 0.95;
}

static double area_of(const struct box *box)
{
    return (box->x2 - box->x1) * (box->y2 - box->y1);
}

static double overlap_of(const struct box *predicted, const struct box *truth)
{
    double width = fmin(predicted->x2, truth->x2) - fmax(predicted->x1, truth->x1);
    double height = fmin(predicted->y2, truth->y2) - fmax(predicted->y1, truth->y1);
    if (width <= 0 || height <= 0)
        return 0;
    double both = width * height, own = area_of(predicted);
    return both / (truth->is_crowd ? own : own + area_of(truth) - both);
}

/* Boxes in the order that they are matched in. */
struct sorted {
    const struct box *box;
    bool ignored;
};

static int place_order(const struct box *x, const struct box *y)
{
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return (x->image > y->image) - (x->image < y->image);
}

static int row_order(const struct box *x, const struct box *y)
{
    return (x > y) - (x < y);
}

static int predicted_order(const void *a, const void *b)
{
    const struct box *x = ((const struct sorted *)a)->box, *y = ((const struct sorted *)b)->box;
    int place = place_order(x, y);
    if (place)
        return place;
    return x->score != y->score ? (x->score > y->score ? -1 : 1) : row_order(x, y);
}

/* Those that are ignored come last. */
static int true_order(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    int place = place_order(x->box, y->box);
    if (place)
        return place;
    return x->ignored != y->ignored ? x->ignored - y->ignored : row_order(x->box, y->box);
}

struct matcher {
    const double *area;
    struct sorted *predicted, *truth;
    size_t predicted_count, true_count;
    double *overlap; /* [most true boxes of a class in an image] */
    uint16_t *taken; /* likewise; bit t: by a prediction at threshold t */
    struct found {
        const struct box *box;
        struct detection detection;
    } * found; /* image by image */
    size_t found_count;
};

static bool is_outside(const struct matcher *m, const struct box *box)
{
    double area = area_of(box);
    return area < m->area[0] || area > m->area[1];
}

static void boxes_sort(struct arena *arena, const struct scored *rows, struct matcher *m)
{
    m->predicted = arena_array(arena, struct sorted, rows->predicted_count);
    m->truth = arena_array(arena, struct sorted, rows->true_count);
    m->true_count = rows->true_count;
    for (size_t i = 0; i < rows->true_count; i++) {
        const struct box *box = &rows->true_boxes[i];
        m->truth[i] = (struct sorted){ box, box->is_crowd || is_outside(m, box) };
    }
    for (size_t i = 0; i < rows->predicted_count; i++)
        if (rows->predicted_boxes[i].class < rows->class_count)
            m->predicted[m->predicted_count++].box = &rows->predicted_boxes[i];
    if (m->predicted_count)
        qsort(m->predicted, m->predicted_count, sizeof *m->predicted, predicted_order);
    if (m->true_count)
        qsort(m->truth, m->true_count, sizeof *m->truth, true_order);
}

/* The true box that a prediction takes at a threshold; SIZE_MAX for none. */
static size_t take(const struct matcher *m, const struct sorted *truth, size_t count, size_t t)
{
    double least = threshold_at(t);
    size_t best = SIZE_MAX;
    for (size_t g = 0; g < count; g++) {
        if ((m->taken[g] >> t & 1) && !truth[g].box->is_crowd)
            continue;
        if (best != SIZE_MAX && !truth[best].ignored && truth[g].ignored)
            break;
        if (m->overlap[g] < least)
            continue;
        least = m->overlap[g];
        best = g;
    }
    return best;
}

/* One prediction against the true boxes of its class in its image. */
static struct detection match_one(struct matcher *m, const struct box *box,
                                  const struct sorted *truth, size_t count)
{
    struct detection out = { .image = box->image };
    bool outside = is_outside(m, box), any = false;
    for (size_t g = 0; g < count; g++) {
        m->overlap[g] = overlap_of(box, truth[g].box);
        any |= m->overlap[g] >= 0.5;
    }
    for (size_t t = 0; t < OVERLAPS; t++) {
        size_t best = any ? take(m, truth, count, t) : SIZE_MAX;
        uint16_t bit = (uint16_t)(1u << t);
        if (best == SIZE_MAX) {
            out.ignored |= outside ? bit : 0;
            continue;
        }
        m->taken[best] |= bit;
        out.matched |= bit;
        out.ignored |= truth[best].ignored ? bit : 0;
    }
    return out;
}

/* All predictions; both sides are in the order of classes and images. */
static void match_all(struct arena *arena, struct matcher *m)
{
    size_t longest = 0, run = 0, g = 0;
    for (size_t i = 0; i < m->true_count; i++) {
        run = i && place_order(m->truth[i].box, m->truth[i - 1].box) == 0 ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    m->overlap = arena_array(arena, double, longest);
    m->taken = arena_array(arena, uint16_t, longest);
    m->found = arena_array(arena, struct found, m->predicted_count);
    for (size_t i = 0, place = 0, count = 0; i < m->predicted_count; i++, place++) {
        const struct box *box = m->predicted[i].box;
        if (i == 0 || place_order(box, m->predicted[i - 1].box) != 0) {
            place = count = 0;
            while (g < m->true_count && place_order(m->truth[g].box, box) < 0)
                g++;
            while (g + count < m->true_count && place_order(m->truth[g + count].box, box) == 0)
                m->taken[count++] = 0;
        }
        if (place >= DETECTIONS_MOST)
            continue;
        struct found *found = &m->found[m->found_count++];
        *found = (struct found){ box, match_one(m, box, m->truth + g, count) };
        found->detection.place = (uint8_t)place;
    }
}

/* Class by class, by falling score; equal ones in the order of images, in each as matched. */
static int found_order(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->box->class != y->box->class)
        return x->box->class < y->box->class ? -1 : 1;
    if (x->box->score != y->box->score)
        return x->box->score > y->box->score ? -1 : 1;
    if (x->box->image != y->box->image)
        return x->box->image < y->box->image ? -1 : 1;
    return (x->detection.place > y->detection.place) - (x->detection.place < y->detection.place);
}

void detections_match(struct arena *arena, const struct scored *rows, enum detection_area area,
                      struct detections *out)
{
    struct matcher m = { .area = areas[area] };
    size_t kept = 0;
    boxes_sort(arena, rows, &m);
    match_all(arena, &m);
    if (m.found_count)
        qsort(m.found, m.found_count, sizeof *m.found, found_order);
    *out = (struct detections){
        .image_count = rows->n,
        .class_count = rows->class_count,
        .from = arena_array(arena, size_t, rows->class_count + 1),
        .at = arena_array(arena, struct detection, m.found_count),
        .true_from = arena_array(arena, size_t, rows->class_count + 1),
        .true_image = arena_array(arena, uint32_t, m.true_count),
        .recall = arena_array(arena, double, m.found_count),
        .precision = arena_array(arena, double, m.found_count),
        .unknown_count = rows->predicted_count - m.predicted_count,
    };
    for (size_t i = 0; i < m.found_count; i++) {
        out->from[m.found[i].box->class + 1]++;
        out->at[i] = m.found[i].detection;
    }
    for (size_t i = 0; i < m.true_count; i++)
        if (!m.truth[i].ignored) {
            out->true_from[m.truth[i].box->class + 1]++;
            out->true_image[kept++] = m.truth[i].box->image;
        }
    for (size_t c = 0; c < out->class_count; c++) {
        out->from[c + 1] += out->from[c];
        out->true_from[c + 1] += out->true_from[c];
    }
}

static double weight_of(const uint32_t *weight, uint32_t image)
{
    return weight ? weight[image] : 1;
}

static double true_boxes(const struct detections *of, const uint32_t *weight, size_t class)
{
    double count = 0;
    for (size_t i = of->true_from[class]; i < of->true_from[class + 1]; i++)
        count += weight_of(weight, of->true_image[i]);
    return count;
}

/* Recall and precision after each prediction that is right; gives how many these are. */
static size_t curve(struct detections *of, const uint32_t *weight, size_t class, size_t t,
                    double count)
{
    double right = 0, wrong = 0;
    size_t kept = 0;
    for (size_t i = of->from[class]; i < of->from[class + 1]; i++) {
        const struct detection *at = &of->at[i];
        double times = weight_of(weight, at->image);
        if ((at->ignored >> t & 1) || times == 0)
            continue;
        if (!(at->matched >> t & 1)) {
            wrong += times;
            continue;
        }
        right += times;
        of->recall[kept] = right / count;
        of->precision[kept++] = right / (right + wrong);
    }
    return kept;
}

/* The mean over recalls of the best precision from there on; recalls that are not reached are 0. */
static double under_curve(const double *recall, double *precision, size_t n)
{
    struct sum sum = { 0 };
    size_t at = 0;
    for (size_t i = n; i-- > 1;)
        precision[i - 1] = fmax(precision[i - 1], precision[i]);
    for (size_t r = 0; r < RECALLS; r++) {
        double wanted = r == RECALLS - 1 ? 1 : (double)r * 0.01;
        while (at < n && recall[at] < wanted)
            at++;
        if (at < n)
            sum_add(&sum, precision[at]);
    }
    return sum_value(&sum) / RECALLS;
}

double detections_precision(struct detections *of, const uint32_t *weight, size_t first,
                            size_t count)
{
    struct sum sum = { 0 };
    double kept = 0;
    for (size_t c = 0; c < of->class_count; c++) {
        double boxes = true_boxes(of, weight, c);
        for (size_t t = first; boxes > 0 && t < first + count; t++) {
            size_t n = curve(of, weight, c, t, boxes);
            sum_add(&sum, under_curve(of->recall, of->precision, n));
            kept++;
        }
    }
    return sum_value(&sum) / kept;
}

double detections_recall(struct detections *of, const uint32_t *weight, size_t most)
{
    struct sum sum = { 0 };
    double kept = 0;
    for (size_t c = 0; c < of->class_count; c++) {
        double boxes = true_boxes(of, weight, c), right[OVERLAPS] = { 0 };
        for (size_t i = of->from[c]; boxes > 0 && i < of->from[c + 1]; i++) {
            const struct detection *at = &of->at[i];
            double times = at->place < most ? weight_of(weight, at->image) : 0;
            for (size_t t = 0; t < OVERLAPS; t++)
                right[t] += (at->matched & ~at->ignored) >> t & 1 ? times : 0;
        }
        for (size_t t = 0; boxes > 0 && t < OVERLAPS; t++) {
            sum_add(&sum, right[t] / boxes);
            kept++;
        }
    }
    return sum_value(&sum) / kept;
}
