/* Prediction files: matched to the truth's rows, every fault counted. */
#include "core/eval/prediction_parts.h"
#include "core/data/number.h"
#include <math.h>

#define COLUMNS_MOST (TRUTH_CLASSES_MOST + 8)
#define BOX_ROW_BYTES_LEAST 14 /* "1,a,1,0,0,1,1\n" */

void matching_fault(struct matching *m, enum prediction_rule rule, struct str id)
{
    if (m->faults->rules[rule].count++ == 0) {
        char text[60];
        struct str shown = str_until(id, sizeof text);
        for (size_t i = 0; i < shown.len; i++) /* of a ranking: query,item */
            text[i] = shown.at[i] ? shown.at[i] : ',';
        m->faults->rules[rule].line = rule == PREDICTION_MISSING ? 0 : m->scan.record_line;
        m->faults->rules[rule].id = str_keep(m->arena, (struct str){ text, shown.len });
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

size_t matching_class(const struct matching *m, struct str name)
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

/* The text of a cell; a copy where quotes are doubled. */
static struct str role_text(struct matching *m, enum role role, struct csv_cell cell)
{
    if (!cell.quoted || !cell.raw.len || !memchr(cell.raw.at, '"', cell.raw.len))
        return cell.raw;
    size_t room = m->copies[role].room;
    while (room < cell.raw.len)
        room = room ? room * 2 : 256;
    if (room != m->copies[role].room)
        m->copies[role].at = arena_take(m->arena, room);
    m->copies[role].room = room;
    char *at = m->copies[role].at;
    return (struct str){ at, csv_cell_copy(cell, at) };
}

static bool row_read(struct matching *m, struct fault *why)
{
    struct csv_cell cell;
    enum prediction_rule worst = PREDICTION_RULES;
    size_t count = 0;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; count++) {
        step = csv_cell(&m->scan, &cell, why);
        if (step == CSV_BROKEN)
            return false;
        if (count >= m->header.cell_count)
            continue;
        enum role role = m->columns[count].role;
        if (role == ROLE_VALUE) {
            size_t value = m->columns[count].value;
            m->row[value] = 0;
            enum prediction_rule rule = matching_value(m, value, cell.raw, &m->row[value]);
            worst = rule < worst ? rule : worst;
        } else if (role != ROLE_NONE) {
            m->texts[role] = role_text(m, role, cell);
        } else if (cell.raw.len) {
            return csv_fault(&m->scan, why, "a value in column %zu, which has no name", count + 1);
        }
    }
    if (count != m->header.cell_count)
        return csv_fault(&m->scan, why, "%zu cell%s, header has %zu", count, count == 1 ? "" : "s",
                         m->header.cell_count);
    if (m->boxes && m->box_count == BOXES_MOST)
        return csv_fault(&m->scan, why, "more than %zu boxes", BOXES_MOST);
    matching_row(m, worst);
    return true;
}

/* As many boxes as the file can hold. */
static void boxes_room(struct matching *m, size_t bytes)
{
    size_t most = bytes / BOX_ROW_BYTES_LEAST + 1;
    m->box_room = most < BOXES_MOST ? most : BOXES_MOST;
    m->boxes = arena_array(m->arena, struct box, m->box_room);
}

static bool rows_match(struct matching *m, struct fault *why)
{
    const struct truth *truth = m->truth;
    bool boxes = truth->kind == TRUTH_BOXES;
    m->row = arena_array(m->arena, double, m->width);
    m->pair = (struct text){ .arena = m->arena };
    m->clusters = (struct dictionary){ .arena = m->arena };
    if (boxes) {
        boxes_room(m, (size_t)(m->scan.end - m->scan.at));
    } else {
        m->seen = arena_array(m->arena, uint8_t, truth->row_count);
        m->values = arena_array(m->arena, double, truth->row_count * m->width);
    }
    while (csv_record(&m->scan))
        if (!row_read(m, why))
            return false;
    for (size_t i = 0; !boxes && i < truth->row_count; i++)
        if (!m->seen[i])
            matching_fault(m, PREDICTION_MISSING, truth->ids[i]);
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
    if (matching_columns(m) && !rows_match(m, why))
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
    matching_end(&m, out);
    return true;
}
