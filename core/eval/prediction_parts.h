/* The parts of predictions_parse: a prediction file while it is matched to the truth. */
#pragma once

#include "core/data/csv_scan.h"
#include "core/eval/predictions.h"

/* What a column is. */
enum role { ROLE_NONE, ROLE_ID, ROLE_ITEM, ROLE_VALUE, ROLE_CLUSTER, ROLE_CLASS, ROLES };

struct matching {
    struct arena *arena;
    const struct truth *truth;
    const struct prediction_form *form;
    struct csv_scan scan;
    struct csv_header header;
    struct {
        enum role role;
        size_t value;        /* of ROLE_VALUE: its place in row */
    } * columns;             /* [header.cell_count] */
    size_t width;            /* numbers a row */
    double *row;             /* [width] */
    struct str texts[ROLES]; /* of the row: id, item, cluster, class */
    struct {
        char *at;
        size_t room;
    } copies[ROLES];  /* of texts with doubled quotes; used again and again */
    struct text pair; /* query and item; likewise */
    struct dictionary classes;
    double *class_numbers; /* [class_count] NAN where the name is no number */
    uint8_t *seen;         /* [row_count] */
    double *values;        /* [row_count * width] */
    struct dictionary clusters;
    size_t quantile_count; /* the last ones of each row */
    double *quantile_levels;
    struct box *boxes;
    size_t box_count, box_room;
    struct prediction_faults *faults;
};

void matching_fault(struct matching *m, enum prediction_rule rule, struct str id);

/* The class of this name; where both are numbers, as numbers ("1.0" is 1). SIZE_MAX when none. */
size_t matching_class(const struct matching *m, struct str name);

/* prediction_columns.c: give each column its role and set width; false after counting COLUMNS. */
bool matching_columns(struct matching *m);

/* prediction_values.c: the cell of a ROLE_VALUE. PREDICTION_RULES when nothing is wrong. */
enum prediction_rule matching_value(const struct matching *m, size_t value, struct str text,
                                    double *out);
/* A row with everything in it: matched to the truth, or a fault. worst: of its values. */
void matching_row(struct matching *m, enum prediction_rule worst);
/* All rows were read: what is given to the caller. */
void matching_end(struct matching *m, struct predictions *out);
