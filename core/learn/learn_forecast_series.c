/* Series: sorted, checked for regular steps, gaps filled. */
#include "core/learn/learn_forecast_series.h"
#include "core/data/time.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

#define DAY 86400.0
#define NEAR 1e-4                /* of a step: how exact times must be */
#define FILLED_MOST ((size_t)10) /* times the rows, so much may be filled at most */
#define SERIES_STEPS_MOST ((double)(1 << 28))

struct row {
    uint32_t group, at;
    double time;
};

static int row_order(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* A time as months since 1970, and what of it is within the month. */
struct month {
    double months;
    unsigned day, last; /* of the month */
    double seconds;     /* of the day */
};

static struct month month_of(double time)
{
    int64_t days = (int64_t)floor(time / DAY), year, next_year;
    unsigned month, day, next_month, next_day;
    time_date(days, &year, &month, &day);
    time_date(time_days(year + month / 12, month % 12 + 1, 1) - 1, &next_year, &next_month,
              &next_day);
    return (struct month){ (double)(year - 1970) * 12 + (double)(month - 1), day, next_day,
                           time - (double)days * DAY };
}

static bool in_calendar(double time)
{
    return time > -60000000000.0 && time < 250000000000.0; /* years 69 to 9892 */
}

/* Are all times the same day, or the last one, of their months? */
static bool by_months(const struct row *rows, size_t count)
{
    bool same = true, last = true;
    if (!in_calendar(rows[0].time))
        return false;
    struct month first = month_of(rows[0].time);
    for (size_t i = 0; i < count && (same || last); i++) {
        if (!in_calendar(rows[i].time))
            return false;
        struct month month = month_of(rows[i].time);
        bool hour = month.seconds == first.seconds;
        same = same && hour && month.day == first.day;
        last = last && hour && month.day == month.last;
    }
    return same || last;
}

/* The least way between neighbours; 0 where no series has two rows. Two rows of one time: false. */
static bool least_step(const struct row *rows, size_t count, double *step, struct fault *why)
{
    *step = 0;
    for (size_t i = 1; i < count; i++) {
        double way = rows[i].time - rows[i - 1].time;
        if (rows[i].group != rows[i - 1].group)
            continue;
        if (!(way > 0)) {
            char text[TIME_BYTES];
            time_print(rows[i].time, TIME_CLOCK | TIME_T, text);
            return fault_set(why, BLAME_OPEN,
                             "the series have two rows of the time %s: name the column that tells "
                             "the series apart as the group",
                             text);
        }
        *step = *step == 0 || way < *step ? way : *step;
    }
    return true;
}

static bool calendar_find(struct row *rows, size_t count, struct calendar *out, struct fault *why)
{
    double step;
    if (!least_step(rows, count, &step, why))
        return false;
    *out = (struct calendar){ .step = step };
    if (step < 28 * DAY || !by_months(rows, count))
        return true;
    out->months = true;
    for (size_t i = 0; i < count; i++)
        rows[i].time = month_of(rows[i].time).months;
    return least_step(rows, count, &out->step, why);
}

/* How many steps a row is behind the first one of its series; false where it is between two. */
static bool steps_between(const struct calendar *calendar, double first, double time, double *steps)
{
    *steps = calendar->step > 0 ? (time - first) / calendar->step : 0;
    double whole = round(*steps);
    bool regular = fabs(*steps - whole) <= NEAR;
    *steps = whole;
    return regular;
}

static bool irregular(const struct calendar *calendar, size_t row, struct fault *why)
{
    return fault_set(why, BLAME_OPEN,
                     "the times are not regular: row %zu is between two steps of %g %s", row + 1,
                     calendar->step, calendar->months ? "months" : "seconds");
}

/* Lengths of the series with their gaps. */
static bool series_measure(const struct row *rows, size_t count, struct history *out,
                           struct fault *why)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        struct series *series = &out->series[rows[i].group];
        double steps;
        if (i == 0 || rows[i].group != rows[i - 1].group)
            *series = (struct series){ .first = rows[i].time };
        if (!steps_between(&out->calendar, series->first, rows[i].time, &steps))
            return irregular(&out->calendar, rows[i].at, why);
        total += steps + 1 - (double)series->count;
        if (total > (double)(FILLED_MOST * count + 1000) || total > SERIES_STEPS_MOST)
            return fault_set(why, BLAME_OPEN,
                             "the times have too many gaps: most steps of %g %s have no row",
                             out->calendar.step, out->calendar.months ? "months" : "seconds");
        series->count = (size_t)steps + 1;
    }
    for (size_t s = 0; s < out->series_count; s++) {
        out->series[s].at = out->total;
        out->total += out->series[s].count;
    }
    return true;
}

/* The steps between two rows, on a straight line. */
static void fill_between(struct history *out, size_t from, size_t to)
{
    for (size_t at = from + 1; at < to; at++) {
        double share = (double)(at - from) / (double)(to - from);
        out->y[at] = out->y[from] + share * (out->y[to] - out->y[from]);
        for (size_t j = 0; out->x.rows && j < out->x.columns; j++) {
            double a = matrix_row(out->x, from)[j], b = matrix_row(out->x, to)[j];
            matrix_row(out->x, at)[j] = a + share * (b - a);
        }
        out->filled++;
    }
}

static void history_fill(const struct row *rows, size_t count, const struct examples *examples,
                         struct history *out)
{
    size_t before = 0;
    for (size_t i = 0; i < count; i++) {
        const struct series *series = &out->series[rows[i].group];
        double steps;
        steps_between(&out->calendar, series->first, rows[i].time, &steps);
        size_t at = series->at + (size_t)steps;
        out->y[at] = examples->y[rows[i].at];
        if (out->x.rows)
            memcpy(matrix_row(out->x, at), matrix_row(examples->in.dense, rows[i].at),
                   out->x.columns * sizeof(double));
        if (i && rows[i].group == rows[i - 1].group)
            fill_between(out, before, at);
        before = at;
    }
}

bool history_make(struct arena *arena, const struct examples *examples, bool with_x,
                  struct history *out, struct fault *why)
{
    const struct inputs *in = &examples->in;
    size_t count = 0;
    *out = (struct history){ .grouped = in->group != NULL };
    if (!in->time)
        return fault_set(why, BLAME_OPEN,
                         "there was no column named as the time, which forecasts need");
    struct row *rows = arena_array(arena, struct row, inputs_rows(in));
    for (size_t i = 0; i < inputs_rows(in); i++)
        if (!in->group || in->group[i] != GROUP_UNKNOWN)
            rows[count++] = (struct row){ in->group ? in->group[i] : 0, (uint32_t)i, in->time[i] };
    if (!count || inputs_rows(in) > UINT32_MAX)
        return fault_set(why, BLAME_OPEN, "there were no rows to forecast from");
    qsort(rows, count, sizeof *rows, row_order);
    out->series_count = in->group ? in->group_count : 1;
    out->series = arena_array(arena, struct series, out->series_count);
    if (!calendar_find(rows, count, &out->calendar, why) || !series_measure(rows, count, out, why))
        return false;
    out->y = arena_array(arena, double, out->total);
    if (with_x)
        out->x = matrix_new(arena, out->total, in->dense.columns);
    history_fill(rows, count, examples, out);
    out->middle = mean_of(out->y, out->total);
    return isfinite(out->middle) ||
           fault_set(why, BLAME_OPEN, "the mean of the target went beyond the range of numbers");
}

const struct series *history_place(const struct history *history, const struct inputs *in,
                                   size_t row, size_t *step)
{
    size_t group = history->grouped ? in->group ? in->group[row] : SIZE_MAX : 0;
    *step = 0;
    if (group >= history->series_count || !history->series[group].count)
        return NULL;
    const struct series *series = &history->series[group];
    size_t most = series->count - 1 + FORECAST_STEPS_MOST;
    *step = series->count;
    if (!in->time || !(history->calendar.step > 0))
        return series;
    double time = in->time[row], steps;
    if (history->calendar.months)
        time = in_calendar(time) ? month_of(time).months : time > 0 ? 1e9 : -1e9;
    steps_between(&history->calendar, series->first, time, &steps);
    *step = steps > 0 ? steps < (double)most ? (size_t)steps : most : 0;
    return series;
}

void history_ahead(struct arena *arena, const struct history *history, const struct inputs *in,
                   size_t **ahead)
{
    *ahead = arena_array(arena, size_t, history->series_count);
    for (size_t i = 0; i < inputs_rows(in); i++) {
        size_t step;
        const struct series *series = history_place(history, in, i, &step);
        if (!series || step < series->count)
            continue;
        size_t *most = &(*ahead)[series - history->series];
        *most = step + 1 - series->count > *most ? step + 1 - series->count : *most;
    }
}

size_t history_season(const struct history *history)
{
    double step = history->calendar.step;
    if (history->calendar.months)
        return step > 0 && step < 12 && fmod(12, step) == 0 ? (size_t)(12 / step) : 1;
    if (step > 0 && step < DAY && DAY / step <= 1440 && fmod(DAY, step) == 0)
        return (size_t)(DAY / step);
    return step == DAY ? 7 : step == 7 * DAY ? 52 : 1;
}

void history_save(const struct history *history, struct text *out)
{
    bytes_put_u32(out, history->grouped);
    bytes_put_u32(out, history->calendar.months);
    bytes_put_double(out, history->calendar.step);
    bytes_put_double(out, history->middle);
    bytes_put_u64(out, history->filled);
    bytes_put_u32(out, (uint32_t)history->series_count);
    for (size_t s = 0; s < history->series_count; s++) {
        bytes_put_double(out, history->series[s].first);
        bytes_put_doubles(out, history->y + history->series[s].at, history->series[s].count);
    }
}

static bool series_load(struct bytes *in, struct history *out)
{
    struct bytes ahead = *in; /* once to measure, once to read: all y stand in one piece */
    for (size_t s = 0; s < out->series_count; s++) {
        out->series[s].first = bytes_finite(&ahead);
        out->series[s].at = out->total;
        out->series[s].count = bytes_count(&ahead, 8);
        if (ahead.failed)
            return false;
        ahead.rest = str_from(ahead.rest, out->series[s].count * 8);
        out->total += out->series[s].count;
    }
    out->y = arena_array(in->arena, double, out->total);
    for (size_t s = 0; s < out->series_count; s++) {
        bytes_double(in);
        bytes_u32(in);
        for (size_t i = 0; i < out->series[s].count; i++)
            out->y[out->series[s].at + i] = bytes_finite(in);
    }
    return !in->failed;
}

bool history_load(struct bytes *in, const struct fitted_shape *shape, struct history *out)
{
    uint32_t grouped = bytes_u32(in), months = bytes_u32(in);
    *out = (struct history){ .grouped = grouped == 1, .calendar.months = months == 1 };
    out->calendar.step = bytes_finite(in);
    out->middle = bytes_finite(in);
    out->filled = bytes_u64(in);
    out->series_count = bytes_count(in, 12);
    if (in->failed || grouped > 1 || months > 1 || !(out->calendar.step >= 0) ||
        out->series_count != (grouped ? shape->group_count : 1))
        return false;
    out->series = arena_array(in->arena, struct series, out->series_count);
    return series_load(in, out);
}

void history_describe(const struct history *history, struct json_out *out)
{
    json_add_int(out, "series", (int64_t)history->series_count);
    json_add_int(out, "steps", (int64_t)history->total);
    json_add_int(out, "gaps_filled", (int64_t)history->filled);
    json_add_double(out, "step", history->calendar.step);
    json_add_zero(out, "step_unit", history->calendar.months ? "months" : "seconds");
}
