/* Prediction files: matched to the truth's rows, every fault counted. */
#include "core/eval/predictions.h"
#include "core/data/csv_scan.h"
#include "core/data/number.h"
#include <math.h>

#define COLUMNS_MOST (TRUTH_CLASSES_MOST + 8)

struct matching {
    struct arena *arena;
    const struct truth *truth;
    const struct prediction_form *form;
    struct csv_scan scan;
    struct csv_header header;
    size_t id_at;
    size_t *value_at; /* [header.cell_count] which value a column is; SIZE_MAX for the id */
    size_t width;
    double *values;
    uint8_t *seen; /* [row_count] */
    double *row;   /* [width] */
    struct dictionary classes;
    double *class_numbers; /* [class_count] NAN where the name is no number */
    char *id_copy;         /* of an id with doubled quotes; used again and again */
    size_t id_room;
    struct prediction_faults *faults;
};

static void fault_count(struct matching *m, enum prediction_rule rule, struct str id)
{
    if (m->faults->rules[rule].count++ == 0) {
        m->faults->rules[rule].line = rule == PREDICTION_MISSING ? 0 : m->scan.record_line;
        m->faults->rules[rule].id = str_keep(m->arena, str_until(id, 60));
    }
}

static void classes_index(struct matching *m)
{
    m->classes = (struct dictionary){ .arena = m->arena };
    m->class_numbers = arena_array(m->arena, double, m->truth->class_count);
    for (size_t i = 0; i < m->truth->class_count; i++) {
        dictionary_add(&m->classes, m->truth->classes[i]);
        m->class_numbers[i] = NAN;
        number_parse(m->truth->classes[i], &m->class_numbers[i]);
    }
}

/* The class of this name; where both are numbers, as numbers ("1.0" is 1). SIZE_MAX when none. */
static size_t class_find(const struct matching *m, struct str name)
{
    int32_t at = dictionary_find(&m->classes, name);
    double number;
    if (at >= 0)
        return (size_t)at;
    if (m->truth->class_count && number_parse(name, &number) == NUMBER_FINE)
        for (size_t i = 0; i < m->truth->class_count; i++)
            if (m->class_numbers[i] == number)
                return i;
    return SIZE_MAX;
}

static bool columns_refuse(struct matching *m)
{
    const struct truth *truth = m->truth;
    struct text text = { .arena = m->arena };
    struct str id = m->form->id_column.len ? m->form->id_column : S("id");
    text_print(&text, "the header must be %.*s,prediction", STR_ARGS(str_until(id, 40)));
    if (truth->class_count)
        text_print(&text, " or %.*s and a column for each of the %zu classes (%.*s, %.*s%s)",
                   STR_ARGS(str_until(id, 40)), truth->class_count,
                   STR_ARGS(str_until(truth->classes[0], 20)),
                   STR_ARGS(str_until(truth->classes[1], 20)),
                   truth->class_count > 2 ? ", ..." : "");
    if (truth->kind == TRUTH_CLASSES && m->form->each_class)
        text_add(&text, S("; here it must be the latter"));
    m->faults->rules[PREDICTION_COLUMNS].count = 1;
    return fault_set(&m->faults->detail, BLAME_OPEN, "%s", text.at);
}

static bool class_columns(struct matching *m)
{
    const struct truth *truth = m->truth;
    uint8_t *taken = arena_array(m->arena, uint8_t, truth->class_count);
    if (m->header.count != truth->class_count + 1)
        return columns_refuse(m);
    for (size_t i = 0; i < m->header.count; i++) {
        if (i == m->id_at)
            continue;
        size_t class = class_find(m, m->header.names[i]);
        if (class == SIZE_MAX || taken[class]++)
            return columns_refuse(m);
        m->value_at[i] = class;
    }
    m->width = truth->class_count;
    return true;
}

static bool columns_match(struct matching *m)
{
    struct str id = m->form->id_column.len ? m->form->id_column : S("id");
    m->id_at = SIZE_MAX;
    m->value_at = arena_array(m->arena, size_t, m->header.cell_count);
    for (size_t i = 0; i < m->header.cell_count; i++) {
        m->value_at[i] = SIZE_MAX;
        if (i < m->header.count && str_equal(m->header.names[i], id))
            m->id_at = i;
    }
    if (m->id_at == SIZE_MAX)
        return columns_refuse(m);
    if (m->header.count != 2 || !str_is(m->header.names[1 - m->id_at], "prediction"))
        return m->truth->class_count ? class_columns(m) : columns_refuse(m);
    if (m->truth->kind == TRUTH_CLASSES && m->form->each_class)
        return columns_refuse(m);
    m->width = 1;
    m->value_at[1 - m->id_at] = 0;
    return true;
}

/* A class by its name, where that is no number or where classes are predicted. */
static bool class_read(const struct matching *m, struct str text, double *out)
{
    size_t class = m->width == 1 ? class_find(m, text) : SIZE_MAX;
    *out = (double)class;
    return class != SIZE_MAX;
}

static enum prediction_rule value_read(const struct matching *m, struct str text, double *out)
{
    if (m->truth->kind == TRUTH_CLASSES && m->width == 1)
        return class_read(m, text, out) ? PREDICTION_RULES : PREDICTION_NOTHING;
    switch (number_parse(text, out)) {
    case NUMBER_INFINITE:
        return PREDICTION_INFINITE;
    case NUMBER_NONE:
        if (str_is(text, "NaN") || str_is(text, "nan") || str_is(text, "NAN"))
            return PREDICTION_INFINITE;
        return class_read(m, text, out) ? PREDICTION_RULES : PREDICTION_NOTHING;
    default:
        return (m->form->in_unit || m->width > 1) && !(*out >= 0 && *out <= 1) ? PREDICTION_RANGE
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

static void row_match(struct matching *m, struct str id, enum prediction_rule worst)
{
    int32_t row = dictionary_find(&m->truth->index, id);
    if (row < 0) {
        fault_count(m, PREDICTION_UNKNOWN, id);
        return;
    }
    if (m->seen[row]++) {
        m->seen[row] = 1;
        fault_count(m, PREDICTION_DOUBLED, id);
        return;
    }
    if (worst == PREDICTION_RULES && m->width > 1 && !distribution_make(m))
        worst = PREDICTION_RANGE;
    if (worst != PREDICTION_RULES) {
        fault_count(m, worst, id);
        return;
    }
    bool pair = m->truth->kind == TRUTH_BINARY && m->width == 2;
    size_t kept = pair ? 1 : m->width;
    memcpy(m->values + (size_t)row * kept, m->row + pair, kept * sizeof *m->row);
}

static struct str id_text(struct matching *m, struct csv_cell cell)
{
    if (!cell.quoted || !cell.raw.len || !memchr(cell.raw.at, '"', cell.raw.len))
        return cell.raw;
    while (m->id_room < cell.raw.len) {
        m->id_room = m->id_room ? m->id_room * 2 : 256;
        m->id_copy = NULL;
    }
    if (!m->id_copy)
        m->id_copy = arena_take(m->arena, m->id_room);
    return (struct str){ m->id_copy, csv_cell_copy(cell, m->id_copy) };
}

static bool row_read(struct matching *m, struct fault *why)
{
    struct str id = S("");
    struct csv_cell cell;
    enum prediction_rule worst = PREDICTION_RULES;
    size_t count = 0;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; count++) {
        step = csv_cell(&m->scan, &cell, why);
        if (step == CSV_BROKEN)
            return false;
        if (count >= m->header.cell_count)
            continue;
        struct str text = cell.raw;
        if (count == m->id_at) {
            id = id_text(m, cell);
        } else if (m->value_at[count] != SIZE_MAX) {
            enum prediction_rule rule = value_read(m, text, &m->row[m->value_at[count]]);
            worst = rule < worst ? rule : worst;
        } else if (text.len) {
            return csv_fault(&m->scan, why, "a value in column %zu, which has no name", count + 1);
        }
    }
    if (count != m->header.cell_count)
        return csv_fault(&m->scan, why, "%zu cell%s, header has %zu", count, count == 1 ? "" : "s",
                         m->header.cell_count);
    row_match(m, id, worst);
    return true;
}

static bool rows_match(struct matching *m, struct fault *why)
{
    const struct truth *truth = m->truth;
    m->seen = arena_array(m->arena, uint8_t, truth->row_count);
    m->row = arena_array(m->arena, double, m->width);
    m->values = arena_array(m->arena, double, truth->row_count * m->width);
    while (csv_record(&m->scan))
        if (!row_read(m, why))
            return false;
    for (size_t i = 0; i < truth->row_count; i++)
        if (!m->seen[i])
            fault_count(m, PREDICTION_MISSING, truth->ids[i]);
    return true;
}

static bool any_fault(const struct prediction_faults *faults)
{
    for (size_t i = 0; i < PREDICTION_RULES; i++)
        if (faults->rules[i].count)
            return true;
    return false;
}

static bool csv_refuse(struct matching *m)
{
    m->faults->rules[PREDICTION_CSV].count = 1;
    m->faults->rules[PREDICTION_CSV].line = m->scan.record_line;
    return false;
}

static void file_match(struct matching *m, struct str bytes, struct str file)
{
    struct fault *why = &m->faults->detail;
    if (bytes.len > PREDICTION_BYTES_MOST) {
        fault_set(why, BLAME_OPEN, "%.*s: %zu bytes, allowed are %zu",
                  STR_ARGS(str_until(file, 70)), bytes.len, PREDICTION_BYTES_MOST);
        csv_refuse(m);
        return;
    }
    if (!csv_scan_open(&m->scan, bytes, file, 0, why) ||
        !csv_header_read(m->arena, &m->scan, COLUMNS_MOST, &m->header, why)) {
        csv_refuse(m);
        return;
    }
    classes_index(m);
    if (columns_match(m) && !rows_match(m, why))
        csv_refuse(m);
}

bool predictions_parse(struct arena *arena, struct str bytes, const struct truth *truth,
                       const struct prediction_form *form, struct predictions *out,
                       struct prediction_faults *faults, struct fault *why)
{
    struct prediction_faults own;
    struct str file = form->file.len ? form->file : S("predictions");
    struct matching m = {
        .arena = arena, .truth = truth, .form = form, .faults = faults ? faults : &own
    };
    *m.faults = (struct prediction_faults){ 0 };
    file_match(&m, bytes, file);
    if (any_fault(m.faults)) {
        struct str text = prediction_faults_print(arena, m.faults, file, form->discreet);
        return fault_set(why, BLAME_OPEN, "%.*s", STR_ARGS(text));
    }
    *out = (struct predictions){ .row_count = truth->row_count,
                                 .width = truth->kind == TRUTH_BINARY ? 1 : m.width,
                                 .values = m.values };
    return true;
}
