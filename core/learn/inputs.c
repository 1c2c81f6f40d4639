/* Some rows of what learners see. */
#include "core/learn/inputs.h"
#include <string.h>

static struct csr *sparse_select(struct arena *arena, const struct csr *in, const size_t *at,
                                 size_t count)
{
    struct csr *out = arena_new(arena, struct csr);
    size_t *starts = arena_array(arena, size_t, count + 1);
    for (size_t i = 0; i < count; i++)
        starts[i + 1] = starts[i] + in->starts[at[i] + 1] - in->starts[at[i]];
    uint32_t *columns = arena_array(arena, uint32_t, starts[count]);
    double *values = arena_array(arena, double, starts[count]);
    for (size_t i = 0; i < count; i++) {
        size_t from = in->starts[at[i]], cells = starts[i + 1] - starts[i];
        memcpy(columns + starts[i], in->columns_at + from, cells * sizeof *columns);
        memcpy(values + starts[i], in->values + from, cells * sizeof *values);
    }
    *out = (struct csr){ count, in->columns, starts, columns, values };
    return out;
}

struct inputs inputs_select(struct arena *arena, const struct inputs *in, const size_t *at,
                            size_t count)
{
    struct inputs out = *in;
    out.dense = matrix_new(arena, count, in->dense.columns);
    double *time = in->time ? arena_array(arena, double, count) : NULL;
    uint32_t *group = in->group ? arena_array(arena, uint32_t, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        memcpy(matrix_row(out.dense, i), matrix_row(in->dense, at[i]),
               in->dense.columns * sizeof(double));
        if (time)
            time[i] = in->time[at[i]];
        if (group)
            group[i] = in->group[at[i]];
    }
    out.time = time;
    out.group = group;
    out.sparse = in->sparse ? sparse_select(arena, in->sparse, at, count) : NULL;
    return out;
}

struct examples examples_select(struct arena *arena, const struct examples *examples,
                                const size_t *at, size_t count)
{
    struct examples out = *examples;
    double *y = examples->y ? arena_array(arena, double, count) : NULL;
    double *weight = examples->weight ? arena_array(arena, double, count) : NULL;
    out.in = inputs_select(arena, &examples->in, at, count);
    for (size_t i = 0; i < count; i++) {
        if (y)
            y[i] = examples->y[at[i]];
        if (weight)
            weight[i] = examples->weight[at[i]];
    }
    out.y = y;
    out.weight = weight;
    return out;
}

bool examples_unweighted(const struct examples *examples, const char *of, struct fault *why)
{
    return !examples->weight ||
           fault_set(why, BLAME_OPEN, "%s does not heed weights: leave the weight column out", of);
}
