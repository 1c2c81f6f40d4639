/* Dates and clocks as numbers. */
#include "core/base/complaint.h"
#include "core/data/time.h"
#include "core/learn/features_bind.h"
#include <math.h>

enum part { YEAR, MONTH, DAY, DAY_OF_WEEK, HOUR, DAY_OF_YEAR, MINUTE, SECONDS, PARTS };

/* Names are pandas's; period: cyclical parts run from `first` on, 0 is not cyclical. */
static const struct {
    const char *name;
    double period, first;
} parts[PARTS] = {
    { "year", 0, 0 },  { "month", 12, 1 },      { "day", 31, 1 },    { "dayofweek", 7, 0 },
    { "hour", 24, 0 }, { "dayofyear", 366, 1 }, { "minute", 60, 0 }, { "timestamp", 0, 0 },
};

struct dates {
    uint32_t cyclical;
    uint32_t count;
    uint32_t parts[PARTS];
};

static const struct dates *dates_of(const struct node *node)
{
    return node->fitted;
}

static bool read_part(struct dates *out, struct str word, bool clock, struct fault *why)
{
    const char *names[PARTS];
    for (uint32_t p = 0; p < PARTS; p++) {
        names[p] = parts[p].name;
        if (!str_is(word, parts[p].name))
            continue;
        for (uint32_t i = 0; i < out->count; i++)
            if (out->parts[i] == p)
                return true;
        if (clock || (p != HOUR && p != MINUTE)) /* always 0 where only days are known */
            out->parts[out->count++] = p;
        return true;
    }
    const char *nearest = words_nearest(word, names, PARTS);
    return fault_set(why, BLAME_OPEN, "transform dates has no part \"%.*s\"%s%s%s",
                     STR_ARGS(str_until(word, 40)), nearest ? ", did you mean \"" : "",
                     nearest ? nearest
                             : ": known are year, month, day, dayofweek, hour, dayofyear, "
                               "minute, timestamp",
                     nearest ? "\"" : "");
}

static bool dates_fit(struct fitting *fitting, const struct params *params, struct node *node,
                      struct fault *why)
{
    struct dates *out = node->fitted = arena_new(fitting->arena, struct dates);
    const struct column *column = fitting->binding->columns[node->inputs[0]];
    struct str rest = param_text(params, "parts"), word;
    bool clock = column->kind != COLUMN_TIME || column->time_form & TIME_CLOCK;
    out->cyclical = param_flag(params, "cyclical");
    while (str_cut(&rest, ',', &word))
        if (!read_part(out, str_trim(word), clock, why))
            return false;
    return true;
}

static bool is_cyclical(const struct dates *dates, uint32_t i)
{
    return dates->cyclical && parts[dates->parts[i]].period > 0;
}

static void dates_outputs(struct made *made, const struct node *node)
{
    struct str slot = made->features->slots[node->inputs[0]].name;
    const struct dates *dates = dates_of(node);
    for (uint32_t i = 0; i < dates->count; i++) {
        const char *name = parts[dates->parts[i]].name;
        struct arena *arena = made->arena;
        if (!is_cyclical(dates, i)) {
            made_slot(made, str_of(arena_print(arena, "%.*s %s", STR_ARGS(slot), name)),
                      SLOT_NUMBER, 1);
            continue;
        }
        made_slot(made, str_of(arena_print(arena, "%.*s %s sin", STR_ARGS(slot), name)),
                  SLOT_NUMBER, 1);
        made_slot(made, str_of(arena_print(arena, "%.*s %s cos", STR_ARGS(slot), name)),
                  SLOT_NUMBER, 1);
    }
}

static void parts_of(double seconds, double out[PARTS])
{
    int64_t days = (int64_t)floor(seconds / 86400), year;
    double left = seconds - (double)days * 86400;
    unsigned month, day;
    time_date(days, &year, &month, &day);
    out[YEAR] = (double)year;
    out[MONTH] = month;
    out[DAY] = day;
    out[DAY_OF_WEEK] = (double)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    out[HOUR] = floor(left / 3600);
    out[DAY_OF_YEAR] = (double)(days - time_days(year, 1, 1) + 1);
    out[MINUTE] = floor(fmod(left, 3600) / 60);
    out[SECONDS] = seconds;
}

static void dates_apply(const struct node *node, const struct block *block)
{
    const struct dates *dates = dates_of(node);
    const double *in = block->in[0];
    for (size_t i = 0; i < block->rows; i++) {
        double all[PARTS];
        bool there = fabs(in[i]) < 1e14; /* also false for NAN */
        if (there)
            parts_of(in[i], all);
        size_t o = 0;
        for (uint32_t k = 0; k < dates->count; k++) {
            uint32_t p = dates->parts[k];
            double value = there ? all[p] : NAN;
            if (!is_cyclical(dates, k)) {
                ((double *)block->out[o++])[i] = value;
                continue;
            }
            double angle = 2 * M_PI * (value - parts[p].first) / parts[p].period;
            ((double *)block->out[o++])[i] = sin(angle);
            ((double *)block->out[o++])[i] = cos(angle);
        }
    }
}

static void dates_save(const struct node *node, struct text *out)
{
    bytes_put_u32(out, dates_of(node)->cyclical);
    bytes_put_u32s(out, dates_of(node)->parts, dates_of(node)->count);
}

static void dates_load(struct bytes *in, struct node *node)
{
    struct dates *out = node->fitted = arena_new(in->arena, struct dates);
    out->cyclical = bytes_u32(in);
    out->count = (uint32_t)bytes_count(in, 4);
    if (out->cyclical > 1 || out->count > PARTS)
        in->failed = true;
    for (uint32_t i = 0; !in->failed && i < out->count; i++) {
        out->parts[i] = bytes_u32(in);
        if (out->parts[i] >= PARTS)
            in->failed = true;
    }
}

static void dates_describe(const struct node *node, struct json_out *out)
{
    json_add_bool(out, "cyclical", dates_of(node)->cyclical);
}

static const struct param_spec dates_params[] = {
    { "parts", NULL, PARAM_TEXT, 1, 200, "year,month,day,dayofweek,hour,dayofyear", NULL,
      "of year, month, day, dayofweek (Monday is 0), hour, dayofyear, minute, timestamp" },
    { "cyclical", NULL, PARAM_BOOL, 0, 0, "false", NULL,
      "sine and cosine of all but year and timestamp, so that December is next to January" },
};

const struct transform transform_dates = {
    .name = "dates",
    .what = "a time's year, month, day, day of the week, hour and day of the year, in UTC",
    .on = SLOT_TIME,
    .takes = SLOT_TIME,
    PARAMS_OF(dates_params),
    .fit = dates_fit,
    .outputs = dates_outputs,
    .apply = dates_apply,
    .save = dates_save,
    .load = dates_load,
    .describe = dates_describe,
};
