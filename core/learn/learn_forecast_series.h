/*
 * Series out of rows with a time and a group: what all forecasting learners share. Rows are sorted
 * by time within each group; times must be regular: so many seconds apart, or so many calendar
 * months where all are the same day of their month (or its last) at the same hour. Missing steps
 * are filled by straight lines and counted; two rows of one time, or a time between the steps, are
 * faults. Weights are not used.
 */
#pragma once

#include "core/learn/learner.h"

#define FORECAST_STEPS_MOST ((size_t)100000) /* ahead: later times are forecast as this one */

/* Steps of time. */
struct calendar {
    bool months;
    double step; /* seconds, or months; 0: no series has two rows */
};

struct series {
    double first; /* time of its first row: seconds, or months since 1970 */
    size_t at, count;
};

struct history {
    struct calendar calendar;
    size_t series_count;
    struct series *series; /* [series_count]; one, of all rows, where there is no group */
    size_t total;
    double *y;       /* [total] */
    struct matrix x; /* total x columns, where asked for */
    size_t filled;   /* steps that had no row */
    double middle;   /* the mean of all y: for groups that training did not know */
    bool grouped;
};

/* with_x: also order the columns. Faults as above, and where there is no time. */
bool history_make(struct arena *arena, const struct examples *examples, bool with_x,
                  struct history *out, struct fault *why);

/*
 * Which step a row is of its series: 0..count-1 within training, count is one step ahead, at most
 * count - 1 + FORECAST_STEPS_MOST. Times before the first one count as 0, times between two steps
 * as the nearer one, no time at all as one step ahead. NULL for an unknown group, or an empty one.
 */
const struct series *history_place(const struct history *history, const struct inputs *in,
                                   size_t row, size_t *step);

/* ahead[series_count]: the greatest number of steps behind the end that rows ask for. */
void history_ahead(struct arena *arena, const struct history *history, const struct inputs *in,
                   size_t **ahead);

/*
 * The usual season: of half-hours 48, of hours 24, of days 7, of weeks 52, of months 12, of
 * quarters 4; 1 where there is none.
 */
size_t history_season(const struct history *history);

/* Without x. Loading fails where the shape does not fit. */
void history_save(const struct history *history, struct text *out);
bool history_load(struct bytes *in, const struct fitted_shape *shape, struct history *out);

void history_describe(const struct history *history, struct json_out *out);
