/* The rows of a prediction file: numbers, classes, clusters and boxes, matched to the truth. */
#include "core/data/number.h"
#include "core/eval/prediction_parts.h"

enum { BOX_SCORE, BOX_X1, BOX_Y1, BOX_X2, BOX_Y2, BOX_NUMBERS }; /* the row of a box */

/* A class by its name, where that is no number or where classes are predicted. */
static bool class_read(const struct matching *m, struct str text, double *out)
{
    size_t class = m->width == 1 ? matching_class(m, text) : SIZE_MAX;
    *out = (double)class;
    return class != SIZE_MAX;
}

/* Must the value be a probability? Columns a class always are. */
static bool is_share(const struct matching *m, size_t value)
{
    switch (m->truth->kind) {
    case TRUTH_BOXES:
        return m->form->in_unit && value == BOX_SCORE;
    case TRUTH_BINARY:
    case TRUTH_CLASSES:
        return m->form->in_unit || m->width > 1;
    default:
        return m->form->in_unit;
    }
}

enum prediction_rule matching_value(const struct matching *m, size_t value, struct str text,
                                    double *out)
{
    enum truth_kind kind = m->truth->kind;
    if (kind == TRUTH_CLASSES && m->width == 1)
        return class_read(m, text, out) ? PREDICTION_RULES : PREDICTION_NOTHING;
    switch (number_parse(text, out)) {
    case NUMBER_INFINITE:
        return PREDICTION_INFINITE;
    case NUMBER_NONE:
        if (str_is(text, "NaN") || str_is(text, "nan") || str_is(text, "NAN"))
            return PREDICTION_INFINITE;
        return kind == TRUTH_BINARY && class_read(m, text, out) ? PREDICTION_RULES
                                                                : PREDICTION_NOTHING;
    default:
        return is_share(m, value) && !(*out >= 0 && *out <= 1) ? PREDICTION_RANGE
                                                               : PREDICTION_RULES;
    }
}

/* Columns a class: divided by their sum, so that they are a distribution. */
static bool distribution_make(struct matching *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->width; i++)
        sum += m->row[i];
    for (size_t i = 0; i < m->width; i++)
        m->row[i] /= sum;
    return sum > 0;
}

/* Names of clusters are kept only of rows that are matched: as many as rows at most. */
static enum prediction_rule cluster_take(struct matching *m)
{
    struct str name = m->texts[ROLE_CLUSTER];
    if (name.len == 0 || name.len > CLUSTER_BYTES_MOST)
        return PREDICTION_NOTHING;
    m->row[0] = (double)dictionary_add(&m->clusters, name);
    return PREDICTION_RULES;
}

static void value_row(struct matching *m, struct str id, enum prediction_rule worst)
{
    enum truth_kind kind = m->truth->kind;
    int32_t row = dictionary_find(&m->truth->index, id);
    if (row < 0) {
        matching_fault(m, PREDICTION_UNKNOWN, id);
        return;
    }
    if (m->seen[row]++) {
        m->seen[row] = 1;
        matching_fault(m, PREDICTION_DOUBLED, id);
        return;
    }
    if (kind == TRUTH_CLUSTERS)
        worst = cluster_take(m);
    bool classes = kind == TRUTH_BINARY || kind == TRUTH_CLASSES;
    if (worst == PREDICTION_RULES && classes && m->width > 1 && !distribution_make(m))
        worst = PREDICTION_RANGE;
    if (worst != PREDICTION_RULES) {
        matching_fault(m, worst, id);
        return;
    }
    bool pair = kind == TRUTH_BINARY && m->width == 2;
    size_t kept = pair ? 1 : m->width;
    memcpy(m->values + (size_t)row * kept, m->row + pair, kept * sizeof *m->row);
}

/* A row that names an image and nothing else: no box was found in it. */
static bool is_empty_image(const struct matching *m)
{
    size_t len = m->texts[ROLE_CLASS].len;
    for (size_t i = 0; i < BOX_NUMBERS; i++)
        len += m->row[i] != 0;
    return len == 0;
}

static void box_row(struct matching *m, struct str id, enum prediction_rule worst)
{
    int32_t image = dictionary_find(&m->truth->index, id);
    const double *at = m->row;
    if (image < 0)
        worst = PREDICTION_UNKNOWN;
    else if (worst == PREDICTION_NOTHING && is_empty_image(m))
        return;
    else if (worst == PREDICTION_RULES && m->texts[ROLE_CLASS].len == 0)
        worst = PREDICTION_NOTHING;
    else if (worst == PREDICTION_RULES && !(at[BOX_X1] <= at[BOX_X2] && at[BOX_Y1] <= at[BOX_Y2]))
        worst = PREDICTION_BOX;
    if (worst != PREDICTION_RULES || m->box_count == m->box_room) {
        matching_fault(m, worst, id);
        return;
    }
    size_t class = matching_class(m, m->texts[ROLE_CLASS]);
    m->boxes[m->box_count++] = (struct box){
        .x1 = at[BOX_X1],
        .y1 = at[BOX_Y1],
        .x2 = at[BOX_X2],
        .y2 = at[BOX_Y2],
        .score = at[BOX_SCORE],
        .image = (uint32_t)image,
        .class = (uint32_t)(class == SIZE_MAX ? m->truth->class_count : class),
    };
}

void matching_row(struct matching *m, enum prediction_rule worst)
{
    struct str id = m->texts[ROLE_ID];
    if (m->truth->kind == TRUTH_RANKING) {
        m->pair.len = 0;
        text_add(&m->pair, id);
        text_char(&m->pair, '\0');
        text_add(&m->pair, m->texts[ROLE_ITEM]);
        id = text_str(&m->pair);
    }
    if (m->truth->kind == TRUTH_BOXES)
        box_row(m, id, worst);
    else
        value_row(m, id, worst);
}

/* Numbered by the truth's rows, so that the order of the file does not matter. */
static void clusters_end(struct matching *m, struct predictions *out)
{
    size_t count = m->clusters.count, next = 0;
    uint32_t *place = arena_array(m->arena, uint32_t, count); /* + 1; 0 is not yet met */
    struct str *names = arena_array(m->arena, struct str, count);
    for (size_t i = 0; i < m->truth->row_count; i++) {
        size_t code = (size_t)m->values[i];
        if (!place[code]) {
            names[next++] = m->clusters.texts[code];
            place[code] = (uint32_t)next;
        }
        m->values[i] = place[code] - 1;
    }
    out->clusters = names;
    out->cluster_count = next;
}

/* The prediction apart from the quantiles; without a column of its own it is the median. */
static void quantiles_end(struct matching *m, struct predictions *out)
{
    size_t n = m->truth->row_count, count = m->quantile_count, median = SIZE_MAX;
    double *values = arena_array(m->arena, double, n);
    double *quantiles = arena_array(m->arena, double, n *count);
    for (size_t i = 0; i < m->header.count; i++)
        if (m->columns[i].role == ROLE_VALUE && m->columns[i].value == 0)
            median = 0;
    for (size_t i = 0; i < count && median; i++)
        if (m->quantile_levels[i] == 0.5)
            median = i + 1;
    for (size_t i = 0; i < n; i++) {
        values[i] = m->values[i * m->width + (median == SIZE_MAX ? 0 : median)];
        memcpy(quantiles + i * count, m->values + i * m->width + 1, count * sizeof *quantiles);
    }
    out->width = 1;
    out->values = values;
    out->quantile_count = count;
    out->quantile_levels = m->quantile_levels;
    out->quantiles = quantiles;
}

/* Image by image. */
static void boxes_end(struct matching *m, struct predictions *out)
{
    size_t images = m->truth->row_count;
    size_t *from = arena_array(m->arena, size_t, images + 1);
    struct box *boxes = arena_array(m->arena, struct box, m->box_count);
    for (size_t i = 0; i < m->box_count; i++)
        from[m->boxes[i].image + 1]++;
    for (size_t i = 0; i < images; i++)
        from[i + 1] += from[i];
    for (size_t i = 0; i < m->box_count; i++)
        boxes[from[m->boxes[i].image]++] = m->boxes[i];
    out->width = 0;
    out->boxes = boxes;
    out->box_count = m->box_count;
}

void matching_end(struct matching *m, struct predictions *out)
{
    *out = (struct predictions){ .row_count = m->truth->row_count,
                                 .width = m->truth->kind == TRUTH_BINARY ? 1 : m->width,
                                 .values = m->values };
    if (m->truth->kind == TRUTH_CLUSTERS)
        clusters_end(m, out);
    if (m->truth->kind == TRUTH_BOXES)
        boxes_end(m, out);
    if (m->quantile_count)
        quantiles_end(m, out);
}
