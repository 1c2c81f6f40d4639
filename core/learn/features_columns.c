/* Features that are a table's columns as they lie, or those scaled: nothing is copied. */
#include "core/learn/features_columns.h"
#include "core/learn/features_bind.h"

/* The table's numbers behind final i; NULL where there are none without computing. */
static const double *column_behind(const struct features *features, size_t i, double *shift,
                                   double *scale)
{
    const struct binding *binding = features->training;
    uint32_t s = features->finals[i];
    *shift = 0;
    *scale = 1;
    if (features->slots[s].kind != SLOT_NUMBER)
        return NULL;
    if (features->slots[s].node != NODE_NONE) {
        const struct node *node = &features->nodes[features->slots[s].node];
        if (!node_is_scaling(node, shift, scale))
            return NULL;
        s = node->inputs[0];
    }
    const struct column *column = binding->columns[s];
    bool there = s < features->source_count && features->slots[s].kind == SLOT_NUMBER && column &&
                 !column->missing_count;
    return there ? column->numbers : NULL;
}

bool features_scaled_training(struct arena *arena, const struct features *features,
                              struct inputs *out)
{
    size_t count = features->final_count;
    const double **columns = arena_array(arena, const double *, count);
    double *shift = arena_array(arena, double, count), *scale = arena_array(arena, double, count);
    if (count != features->width || features->levels || features->time.len || features->group.len)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!(columns[i] = column_behind(features, i, &shift[i], &scale[i])))
            return false;
    size_t rows = features->training->table->rows;
    *out = (struct inputs){
        .dense = { NULL, rows, count, count }, .columns = columns, .shift = shift, .scale = scale
    };
    return true;
}
