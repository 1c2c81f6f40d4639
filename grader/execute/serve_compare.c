/* Answers of a team's server beside its predictions.csv. */
#include "grader/execute/serve_answer.h"
#include <math.h>

static struct str cell(const struct serve_table *table, size_t row, size_t column)
{
    return table->cells[row * table->width + column];
}

static struct str key_of(struct arena *arena, const struct serve_beside *beside, size_t row)
{
    const struct serve_rows like = { .table = beside->table,
                                     .id_at = beside->id_at,
                                     .item_at = beside->item_at };
    return serve_row_key(arena, &like, row);
}

/* Rows of one key as a chain; keys are numbered in the order in which they appear. */
static void keys_take(struct arena *arena, struct serve_beside *out)
{
    size_t count = out->table.row_count;
    out->keys = (struct dictionary){ .arena = arena };
    out->next = arena_array(arena, int32_t, count);
    out->first = arena_array(arena, int32_t, count);
    out->last = arena_array(arena, int32_t, count);
    out->at = arena_array(arena, int32_t, count);
    out->asked_in = arena_array(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        size_t before = out->keys.count;
        int32_t key = dictionary_add(&out->keys, key_of(arena, out, i));
        out->next[i] = -1;
        if (out->keys.count > before)
            out->first[key] = (int32_t)i;
        else
            out->next[out->last[key]] = (int32_t)i;
        out->last[key] = (int32_t)i;
    }
}

bool serve_beside_parse(struct arena *arena, struct str csv, const struct job_serve *plan,
                        struct serve_beside *out, struct fault *why)
{
    *out = (struct serve_beside){ .question = 0 };
    if (!serve_table_parse(arena, csv, INT32_MAX, &out->table, why))
        return fault_within(why, "predictions.csv");
    out->id_at = serve_column(&out->table, str_of(plan->id));
    out->item_at = plan->item[0] ? serve_column(&out->table, str_of(plan->item)) : SIZE_MAX;
    if (out->id_at == SIZE_MAX || (plan->item[0] && out->item_at == SIZE_MAX))
        return fault_set(why, BLAME_OPEN, "predictions.csv had no column %.80s",
                         out->id_at == SIZE_MAX ? plan->id : plan->item);
    out->values = arena_array(arena, size_t, out->table.width);
    for (size_t i = 0; i < out->table.width; i++)
        if (i != out->id_at && i != out->item_at)
            out->values[out->value_count++] = i;
    if (!out->value_count)
        return fault_set(why, BLAME_OPEN, "predictions.csv had no column beside %.80s", plan->id);
    keys_take(arena, out);
    return true;
}

bool serve_value_equal(struct str a, struct str b)
{
    double x, y;
    if (str_equal(a, b))
        return true;
    if (!str_to_double(a, &x) || !str_to_double(b, &y))
        return false;
    return fabs(x - y) <= fmax(1e-5, 1e-4 * fmax(fabs(x), fabs(y)));
}

/* The rows of predictions.csv that a question is about. */
static int64_t question_ask(struct arena *arena, struct serve_beside *beside,
                            const struct serve_rows *rows, const size_t from_end[2])
{
    int64_t count = 0;
    beside->question++;
    for (size_t i = from_end[0]; i < from_end[1]; i++) {
        int32_t key = dictionary_find(&beside->keys, serve_row_key(arena, rows, i));
        if (key < 0 || beside->asked_in[key] == beside->question)
            continue;
        beside->asked_in[key] = beside->question;
        beside->at[key] = beside->first[key];
        for (int32_t row = beside->first[key]; row >= 0; row = beside->next[row])
            count++;
    }
    return count;
}

/* The next row of the key that has no answer yet; -1: the answer has a row too much. */
static int32_t row_take(struct serve_beside *beside, struct str name)
{
    int32_t key = dictionary_find(&beside->keys, name);
    if (key < 0 || beside->asked_in[key] != beside->question || beside->at[key] < 0)
        return -1;
    int32_t row = beside->at[key];
    beside->at[key] = beside->next[row];
    return row;
}

static const char *difference(struct arena *arena, const struct serve_beside *beside, int32_t row,
                              const struct str *values)
{
    for (size_t i = 0; i < beside->value_count; i++) {
        size_t column = beside->values[i];
        struct str wanted = cell(&beside->table, (size_t)row, column);
        if (!serve_value_equal(values[i], wanted))
            return arena_print(
                arena, "%.*s of %.*s was \"%.*s\", predictions.csv has \"%.*s\"",
                STR_ARGS(str_until(beside->table.columns[column], 40)),
                STR_ARGS(str_until(cell(&beside->table, (size_t)row, beside->id_at), 40)),
                STR_ARGS(str_until(values[i], 40)), STR_ARGS(str_until(wanted, 40)));
    }
    return NULL;
}

bool serve_compare(struct arena *arena, struct serve_beside *beside, const struct serve_rows *rows,
                   const size_t from_end[2], const struct serve_answer *answer,
                   struct serve_compared *out, struct fault *why)
{
    size_t asked = from_end[1] - from_end[0];
    *out = (struct serve_compared){ .rows = question_ask(arena, beside, rows, from_end) };
    if (!answer->keys && answer->row_count != asked)
        return fault_set(why, BLAME_OPEN, "the answer had %zu rows without ids, %zu were asked",
                         answer->row_count, asked);
    int64_t answered = 0;
    for (size_t i = 0; i < answer->row_count; i++) {
        struct str name =
            answer->keys ? answer->keys[i] : serve_row_key(arena, rows, from_end[0] + i);
        int32_t row = row_take(beside, name);
        const char *first =
            row < 0 ? "the answer had a row that nobody had asked for"
                    : difference(arena, beside, row, answer->values + i * beside->value_count);
        out->rows += row < 0;
        answered += row >= 0;
        out->equal += !first;
        if (first && !out->first)
            out->first = first;
    }
    if (!out->first && answered < out->rows)
        out->first = "the answer lacked rows";
    return true;
}
