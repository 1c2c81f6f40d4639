/* Predictions of each kind: printed, compared, made without an error. */
#include "core/data/csv.h"
#include "core/data/number.h"
#include "core/eval/predictions.h"
#include <math.h>

#define SAME 1e-9
#define COLUMNS_MOST (TRUTH_CLASSES_MOST + QUANTILES_MOST + 8)

/* A table while it is made. */
struct printing {
    struct arena *arena;
    size_t rows, count;
    struct column *columns; /* [COLUMNS_MOST] */
};

static void add_texts(struct printing *p, struct str name, const struct str *texts)
{
    column_of_texts(p->arena, name, texts, p->rows, &p->columns[p->count++]);
}

/* Every stride-th of the values. */
static void add_numbers(struct printing *p, struct str name, const double *values, size_t stride)
{
    struct fault ignored; /* they are finite */
    double *cells = arena_array(p->arena, double, p->rows);
    for (size_t i = 0; i < p->rows; i++)
        cells[i] = values[i * stride];
    column_of_numbers(p->arena, name, cells, p->rows, &p->columns[p->count++], &ignored);
}

/* names[values[i]] for each row. */
static void add_names(struct printing *p, struct str name, const double *values,
                      const struct str *names)
{
    struct str *texts = arena_array(p->arena, struct str, p->rows);
    for (size_t i = 0; i < p->rows; i++)
        texts[i] = names[(size_t)values[i]];
    add_texts(p, name, texts);
}

static void add_queries(struct printing *p, const struct truth *truth)
{
    struct str *queries = arena_array(p->arena, struct str, p->rows);
    struct str *items = arena_array(p->arena, struct str, p->rows);
    for (size_t i = 0; i < p->rows; i++) {
        struct str rest = truth->ids[i];
        str_cut(&rest, '\0', &queries[i]);
        items[i] = rest;
    }
    add_texts(p, S("query"), queries);
    add_texts(p, S("item"), items);
}

static void add_rows(struct printing *p, const struct truth *truth,
                     const struct predictions *predictions)
{
    const double *values = predictions->values;
    size_t width = predictions->width;
    bool names = truth->kind == TRUTH_LABELS || (truth->kind == TRUTH_CLASSES && width > 1);
    if (truth->kind == TRUTH_RANKING)
        add_queries(p, truth);
    else
        add_texts(p, S("id"), truth->ids);
    if (truth->kind == TRUTH_CLUSTERS)
        add_names(p, S("cluster"), values, predictions->clusters);
    else if (truth->kind == TRUTH_CLASSES && width == 1)
        add_names(p, S("prediction"), values, truth->classes);
    else if (!names)
        add_numbers(p, truth->kind == TRUTH_RANKING ? S("score") : S("prediction"), values, 1);
    for (size_t k = 0; names && k < width; k++)
        add_numbers(p, truth->classes[k], values + k, width);
    for (size_t k = 0; k < predictions->quantile_count; k++) {
        char level[NUMBER_BYTES];
        number_print(predictions->quantile_levels[k], level);
        add_numbers(p, str_of(arena_print(p->arena, "q%s", level)), predictions->quantiles + k,
                    predictions->quantile_count);
    }
}

static void add_boxes(struct printing *p, const struct truth *truth, const struct box *boxes,
                      size_t count)
{
    static const char *const names[] = { "score", "x1", "y1", "x2", "y2" };
    struct str *ids = arena_array(p->arena, struct str, count);
    struct str *classes = arena_array(p->arena, struct str, count);
    double *numbers = arena_array(p->arena, double, count * 5);
    for (size_t i = 0; i < count; i++) {
        const struct box *at = &boxes[i];
        if (at->class >= truth->class_count)
            continue;
        double own[5] = { at->score, at->x1, at->y1, at->x2, at->y2 };
        memcpy(numbers + 5 * p->rows, own, sizeof own);
        ids[p->rows] = truth->ids[at->image];
        classes[p->rows++] = truth->classes[at->class];
    }
    add_texts(p, S("id"), ids);
    add_texts(p, S("class"), classes);
    for (size_t k = 0; k < 5; k++)
        add_numbers(p, str_of(names[k]), numbers + k, 5);
}

void predictions_print_csv(struct text *out, const struct truth *truth,
                           const struct predictions *predictions)
{
    struct printing p = { .arena = out->arena };
    p.columns = arena_array(out->arena, struct column, COLUMNS_MOST);
    if (truth->kind == TRUTH_BOXES) {
        add_boxes(&p, truth, predictions->boxes, predictions->box_count);
    } else {
        p.rows = truth->row_count;
        add_rows(&p, truth, predictions);
    }
    csv_print(out,
              &(struct table){ .rows = p.rows, .column_count = p.count, .columns = p.columns });
}

static bool same(const double *a, const double *b, size_t width)
{
    for (size_t i = 0; i < width; i++)
        if (!(fabs(a[i] - b[i]) <= SAME * fmax(1, fabs(a[i]))))
            return false;
    return true;
}

static bool same_box(const struct box *a, const struct box *b)
{
    double x[] = { a->score, a->x1, a->y1, a->x2, a->y2 };
    double y[] = { b->score, b->x1, b->y1, b->x2, b->y2 };
    return a->image == b->image && a->class == b->class && same(x, y, 5);
}

/* Images whose boxes are the same, in the same order. */
static size_t images_equal(const struct predictions *a, const struct predictions *b)
{
    size_t equal = 0, i = 0, k = 0;
    for (size_t image = 0; image < a->row_count; image++) {
        bool all = true;
        while (i < a->box_count && a->boxes[i].image == image && k < b->box_count &&
               b->boxes[k].image == image)
            all &= same_box(&a->boxes[i++], &b->boxes[k++]);
        for (; i < a->box_count && a->boxes[i].image == image; i++)
            all = false;
        for (; k < b->box_count && b->boxes[k].image == image; k++)
            all = false;
        equal += all;
    }
    return equal;
}

double predictions_share_equal(const struct predictions *a, const struct predictions *b)
{
    size_t equal = 0, w = a->width, q = a->quantile_count;
    if (a->row_count != b->row_count || w != b->width || q != b->quantile_count)
        return 0;
    for (size_t row = 0; w > 0 && row < a->row_count; row++)
        equal += same(a->values + row * w, b->values + row * w, w) &&
                 (q == 0 || same(a->quantiles + row * q, b->quantiles + row * q, q));
    if (w == 0)
        equal = images_equal(a, b);
    return a->row_count ? (double)equal / (double)a->row_count : 1;
}

static void perfect_boxes(struct arena *arena, const struct truth *truth, struct predictions *out)
{
    struct box *boxes = arena_array(arena, struct box, truth->box_count);
    for (size_t i = 0; i < truth->box_count; i++) {
        if (truth->boxes[i].is_crowd)
            continue;
        boxes[out->box_count] = truth->boxes[i];
        boxes[out->box_count++].score = 1;
    }
    out->boxes = boxes;
    out->width = 0;
}

static void perfect_quantiles(struct arena *arena, const struct truth *truth,
                              struct predictions *out)
{
    static const double levels[] = { 0.1, 0.5, 0.9 };
    double *quantiles = arena_array(arena, double, truth->row_count * 3);
    for (size_t i = 0; i < truth->row_count * 3; i++)
        quantiles[i] = truth->target[i / 3];
    out->quantile_count = 3;
    out->quantile_levels = levels;
    out->quantiles = quantiles;
}

void predictions_perfect(struct arena *arena, const struct truth *truth,
                         const struct prediction_form *form, struct predictions *out)
{
    bool each = truth->kind == TRUTH_CLASSES && form->each_class;
    *out =
        (struct predictions){ .row_count = truth->row_count,
                              .width = each || truth->kind == TRUTH_LABELS ? truth->class_count : 1,
                              .values = truth->target };
    if (truth->kind == TRUTH_BOXES)
        perfect_boxes(arena, truth, out);
    if (truth->kind == TRUTH_CLUSTERS) {
        out->clusters = truth->classes;
        out->cluster_count = truth->class_count;
    }
    if (truth->kind == TRUTH_NUMBER && form->quantiles)
        perfect_quantiles(arena, truth, out);
    if (!each)
        return;
    double *values = arena_array(arena, double, truth->row_count * out->width);
    for (size_t i = 0; i < truth->row_count; i++)
        values[i * out->width + (size_t)truth->target[i]] = 1;
    out->values = values;
}
