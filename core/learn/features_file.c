/* Fitted features as bytes, and back: the columns, then the nodes in their order. */
#include "core/learn/features.h"
#include <math.h>

/* Fitted to numbers alone. */
static bool has_numbers(const struct transform *transform)
{
    return transform->learn || transform->map;
}

void features_save(const struct features *features, struct text *out)
{
    bytes_put_u32(out, (uint32_t)features->source_count);
    for (size_t i = 0; i < features->source_count; i++) {
        bytes_put_text(out, features->sources[i].name);
        bytes_put_u32(out, features->sources[i].kind);
        bytes_put_u32(out, features->sources[i].role);
    }
    bytes_put_u32(out, features->takes);
    bytes_put_u32(out, features->sparse);
    bytes_put_u32(out, features->hot_sparse);
    bytes_put_text(out, features->time);
    bytes_put_text(out, features->group);
    bytes_put_u32(out, (uint32_t)features->group_count);
    for (size_t i = 0; i < features->group_count; i++)
        bytes_put_text(out, features->groups[i]);
    bytes_put_u32(out, (uint32_t)features->node_count);
    for (size_t n = 0; n < features->node_count; n++) {
        const struct node *node = &features->nodes[n];
        bytes_put_text(out, str_of(node->transform->name));
        bytes_put_u32s(out, node->inputs, node->input_count);
        bytes_put_u32(out, node->past);
        for (size_t k = 0; has_numbers(node->transform) && k < TRANSFORM_NUMBERS; k++)
            bytes_put_double(out, node->numbers[k]);
        if (node->transform->save)
            node->transform->save(node, out);
    }
}

static bool source_load(struct bytes *in, struct made *made)
{
    struct source source = { .name = bytes_text(in) };
    uint32_t kind = bytes_u32(in), role = bytes_u32(in);
    if (in->failed || source.name.len > LEVEL_BYTES_MOST || role > SOURCE_TARGET ||
        (kind != SLOT_NUMBER && kind != SLOT_TIME && kind != SLOT_CATEGORY && kind != SLOT_TEXT))
        return false;
    if (role == SOURCE_TARGET && kind != SLOT_NUMBER)
        return false;
    source.kind = (enum slot_kind)kind;
    source.role = (enum source_role)role;
    return features_add_source(made, &source);
}

static bool flag_load(struct bytes *in)
{
    uint32_t flag = bytes_u32(in);
    if (flag > 1)
        in->failed = true;
    return flag == 1;
}

static void groups_load(struct bytes *in, struct features *out)
{
    out->time = bytes_text(in);
    out->group = bytes_text(in);
    out->group_count = bytes_count(in, 4);
    if (out->time.len > LEVEL_BYTES_MOST || out->group.len > LEVEL_BYTES_MOST ||
        (out->group_count && !out->group.len))
        in->failed = true;
    if (in->failed)
        return;
    out->groups = arena_array(in->arena, struct str, out->group_count);
    for (size_t i = 0; i < out->group_count && !in->failed; i++) {
        out->groups[i] = bytes_text(in);
        if (out->groups[i].len > LEVEL_BYTES_MOST)
            in->failed = true;
    }
}

/* The target's column is for looks at the past alone. */
static bool target_fits(const struct features *f, const struct node *node)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] < f->source_count &&
            f->sources[node->inputs[i]].role == SOURCE_TARGET &&
            (!(node->transform->flags & TRANSFORM_PAST) || !node->past))
            return false;
    return true;
}

static bool node_load(struct bytes *in, struct made *made)
{
    struct node node = { .transform = transform_stored(bytes_text(in)) };
    if (in->failed || !node.transform)
        return false;
    struct bytes ahead = *in;
    size_t count = bytes_count(&ahead, 4);
    node.inputs = bytes_u32s(in, count);
    node.input_count = (uint32_t)count;
    node.past = flag_load(in);
    for (size_t k = 0; has_numbers(node.transform) && k < TRANSFORM_NUMBERS; k++)
        node.numbers[k] = bytes_finite(in);
    if (!in->failed && node.transform->load)
        node.transform->load(in, &node);
    if (!in->failed && node.transform->flags & TRANSFORM_PAST && !made->features->time.len)
        return false;
    return !in->failed && target_fits(made->features, &node) && features_add_node(made, &node);
}

void features_load(struct bytes *in, struct features *out)
{
    *out = (struct features){ 0 };
    struct made made = { .arena = in->arena, .features = out };
    struct fault why;
    size_t sources = bytes_count(in, 12);
    for (size_t i = 0; i < sources && !in->failed; i++)
        in->failed = !source_load(in, &made) || in->failed;
    out->takes = bytes_u32(in);
    out->sparse = flag_load(in);
    out->hot_sparse = flag_load(in);
    if (out->takes > (TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE) ||
        (out->hot_sparse && !out->sparse))
        in->failed = true;
    groups_load(in, out);
    size_t nodes = bytes_count(in, 12);
    for (size_t n = 0; n < nodes && !in->failed; n++)
        in->failed = !node_load(in, &made) || in->failed;
    if (in->failed || !features_finish(in->arena, out, &why))
        in->failed = true;
}
