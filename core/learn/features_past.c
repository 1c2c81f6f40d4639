/* Times and groups of rows, and their order. */
#include "core/learn/features_past.h"
#include "core/data/dictionary.h"
#include "core/data/origin.h"
#include "core/data/time.h"
#include "core/learn/columns.h"
#include <math.h>

bool inputs_time(struct arena *arena, const struct features *features, const struct table *table,
                 const double **out, struct fault *why)
{
    *out = NULL;
    if (!features->time.len)
        return true;
    const struct column *column = column_needed(table, features->time, "the time", why);
    if (!column)
        return false;
    double *parsed = NULL;
    if (!column_is_numeric(column)) { /* no cell of training was a time of this form */
        parsed = arena_array(arena, double, table->rows);
        unsigned form;
        for (size_t i = 0; i < table->rows; i++)
            if (column->codes[i] < 0 ||
                !time_parse(column->levels[column->codes[i]], &parsed[i], &form))
                parsed[i] = NAN;
    }
    *out = parsed ? parsed : column->numbers;
    for (size_t i = 0; i < table->rows; i++)
        if (!isfinite((*out)[i]))
            return cell_fault(arena, column, i, why, "the time \"%.*s\" was %s",
                              STR_ARGS(str_until(features->time, 60)),
                              column_is_missing(column, i) ? "empty" : "not a time");
    return true;
}

static const struct column *group_column(struct arena *arena, const struct features *features,
                                         const struct table *table, struct fault *why)
{
    const struct column *column = column_needed(table, features->group, "the group", why);
    return column ? column_as_texts(arena, column, table->rows) : NULL;
}

bool groups_fit(struct arena *arena, const struct table *table, struct features *features,
                struct fault *why)
{
    if (!features->group.len)
        return true;
    const struct column *column = group_column(arena, features, table, why);
    if (!column)
        return false;
    uint8_t *seen = arena_array(arena, uint8_t, column->level_count);
    features->groups = arena_array(arena, struct str, column->level_count);
    for (size_t i = 0; i < table->rows; i++) {
        int32_t code = column->codes[i];
        if (code < 0)
            return cell_fault(arena, column, i, why, "the group \"%.*s\" was empty",
                              STR_ARGS(str_until(features->group, 60)));
        if (!seen[code]++) {
            if (column->levels[code].len > LEVEL_BYTES_MOST)
                return fault_set(why, BLAME_OPEN, "a group is longer than %zu bytes",
                                 LEVEL_BYTES_MOST);
            features->groups[features->group_count++] = str_keep(arena, column->levels[code]);
        }
        seen[code] = 1;
    }
    return true;
}

/* known[level]: which of features->groups each level is; -1 is none. */
static const ptrdiff_t *groups_known(struct arena *arena, const struct features *features,
                                     const struct column *column)
{
    struct dictionary known = { .arena = arena };
    ptrdiff_t *out = arena_array(arena, ptrdiff_t, column->level_count + 1);
    for (size_t g = 0; g < features->group_count; g++)
        dictionary_add(&known, features->groups[g]);
    for (size_t k = 0; k < column->level_count; k++)
        out[k] = dictionary_find(&known, column->levels[k]);
    out[column->level_count] = -1;
    return out;
}

bool inputs_group(struct arena *arena, const struct features *features, const struct table *table,
                  const uint32_t **out, struct fault *why)
{
    *out = NULL;
    if (!features->group.len)
        return true;
    const struct column *column = group_column(arena, features, table, why);
    if (!column)
        return false;
    const ptrdiff_t *known = groups_known(arena, features, column);
    uint32_t *groups = arena_array(arena, uint32_t, table->rows);
    for (size_t i = 0; i < table->rows; i++) {
        ptrdiff_t group = column->codes[i] < 0 ? -1 : known[column->codes[i]];
        groups[i] = group < 0 ? GROUP_UNKNOWN : (uint32_t)group;
    }
    *out = groups;
    return true;
}

/* Stable: merge runs of doubling length (Knuth 5.2.4). Already sorted parts cost one look. */
static void sort_by_time(uint32_t *order, uint32_t *other, size_t n, const double *time)
{
    for (size_t length = 1; length < n; length *= 2) {
        for (size_t from = 0; from < n; from += 2 * length) {
            size_t middle = from + length < n ? from + length : n;
            size_t end = middle + length < n ? middle + length : n, a = from, b = middle;
            if (middle == end || time[order[middle - 1]] <= time[order[middle]]) {
                memcpy(other + from, order + from, (end - from) * sizeof *order);
                continue;
            }
            for (size_t i = from; i < end; i++) {
                bool left = a < middle && (b == end || time[order[a]] <= time[order[b]]);
                other[i] = order[left ? a++ : b++];
            }
        }
        memcpy(order, other, n * sizeof *order);
    }
}

/* Rows by group (of code, the missing ones last), in the order that they have. */
static void order_by_group(struct arena *arena, const int32_t *codes, size_t rows,
                           struct timeline *out, uint32_t *order)
{
    size_t *starts = arena_array(arena, size_t, out->group_count + 2);
    size_t none = out->group_count - 1;
    for (size_t i = 0; i < rows; i++)
        starts[(codes ? (codes[i] < 0 ? none : (size_t)codes[i]) : 0) + 2]++;
    for (size_t g = 2; g < out->group_count + 2; g++)
        starts[g] += starts[g - 1];
    for (size_t i = 0; i < rows; i++)
        order[starts[(codes ? (codes[i] < 0 ? none : (size_t)codes[i]) : 0) + 1]++] = (uint32_t)i;
    out->starts = starts;
}

const struct timeline *timeline_of(struct binding *binding, struct fault *why)
{
    const struct features *features = binding->features;
    struct arena *arena = binding->arena;
    size_t rows = binding->table->rows;
    if (binding->timeline)
        return binding->timeline;
    struct timeline *out = arena_new(arena, struct timeline);
    ptrdiff_t *all = arena_array(arena, ptrdiff_t, 1);
    const int32_t *codes = NULL;
    out->group_count = 1;
    out->known = all;
    if (rows > UINT32_MAX || !inputs_time(arena, features, binding->table, &out->time, why))
        return NULL;
    if (features->group.len) {
        const struct column *column = group_column(arena, features, binding->table, why);
        if (!column)
            return NULL;
        out->group_count = column->level_count + 1;
        out->known = groups_known(arena, features, column);
        codes = column->codes;
    }
    uint32_t *order = arena_array(arena, uint32_t, rows);
    uint32_t *other = arena_array(arena, uint32_t, rows);
    order_by_group(arena, codes, rows, out, order);
    for (size_t g = 0; g < out->group_count; g++)
        sort_by_time(order + out->starts[g], other, out->starts[g + 1] - out->starts[g], out->time);
    out->order = order;
    return binding->timeline = out;
}
