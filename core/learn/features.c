/* The graph of features: columns of the table, nodes, slots, and what is left at the end. */
#include "core/learn/features.h"
#include <stdlib.h>

static void *room_for_one(struct arena *arena, void *at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return at;
    size_t more = *room * 2 + 16;
    at = arena_grow(arena, at, *room * size, more * size);
    *room = more;
    return at;
}

static struct slot *slot_new(struct made *made)
{
    struct features *f = made->features;
    f->slots =
        room_for_one(made->arena, f->slots, f->slot_count, &made->slot_room, sizeof *f->slots);
    return &f->slots[f->slot_count++];
}

void made_slot(struct made *made, struct str name, enum slot_kind kind, size_t width)
{
    if (made->features->slot_count >= SLOTS_MOST || width > SPARSE_MOST ||
        name.len > 4 * LEVEL_BYTES_MOST)
        made->failed = true;
    if (made->failed)
        return;
    *slot_new(made) = (struct slot){ .name = str_keep(made->arena, name),
                                     .kind = kind,
                                     .width = (uint32_t)width,
                                     .order = made->order,
                                     .node = (uint32_t)made->features->node_count,
                                     .live = true };
}

bool features_add_source(struct made *made, const struct source *source)
{
    struct features *f = made->features;
    if (f->slot_count >= SLOTS_MOST)
        return false;
    f->sources = room_for_one(made->arena, f->sources, f->source_count, &made->source_room,
                              sizeof *f->sources);
    f->sources[f->source_count] = *source;
    *slot_new(made) = (struct slot){ .name = source->name,
                                     .kind = source->kind,
                                     .width = 1,
                                     .order = (uint32_t)f->source_count++,
                                     .node = NODE_NONE,
                                     .live = true,
                                     .hidden = source->role != SOURCE_FEATURE };
    return true;
}

/* Does the node get what it reads? Loaded nodes may name anything. */
static bool inputs_fit(const struct features *f, const struct node *node)
{
    const struct transform *transform = node->transform;
    unsigned reads = transform->reads ? transform->reads : transform->takes;
    if (!node->input_count || (!(transform->flags & TRANSFORM_TOGETHER) && node->input_count != 1))
        return false;
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= f->slot_count || !f->slots[node->inputs[i]].live ||
            !(f->slots[node->inputs[i]].kind & reads))
            return false;
    return true;
}

bool features_add_node(struct made *made, const struct node *node)
{
    struct features *f = made->features;
    if (f->node_count >= SLOTS_MOST || !inputs_fit(f, node))
        return false;
    f->nodes =
        room_for_one(made->arena, f->nodes, f->node_count, &made->node_room, sizeof *f->nodes);
    struct node *kept = &f->nodes[f->node_count];
    const struct transform *transform = node->transform;
    *kept = *node;
    kept->first_output = (uint32_t)f->slot_count;
    made->order =
        transform->flags & TRANSFORM_TOGETHER ? UINT32_MAX : f->slots[node->inputs[0]].order;
    if (transform->outputs)
        transform->outputs(made, kept);
    else
        made_slot(made, f->slots[node->inputs[0]].name, SLOT_NUMBER, 1);
    if (made->failed)
        return false;
    kept->output_count = (uint32_t)(f->slot_count - kept->first_output);
    f->node_count++;
    for (uint32_t i = 0; !(transform->flags & TRANSFORM_KEEPS) && i < node->input_count; i++)
        f->slots[node->inputs[i]].live = false;
    return true;
}

static bool refuse_slot(const struct slot *slot, struct fault *why)
{
    const char *advice = slot->kind == SLOT_TIME   ? "times: drop it or add the transform dates"
                         : slot->kind == SLOT_TEXT ? "texts: drop it or add the transform hashing"
                                                   : "text: drop it or add the transform one_hot";
    return fault_set(why, BLAME_OPEN, "column \"%.*s\" holds %s",
                     STR_ARGS(str_until(slot->name, 60)), advice);
}

struct final {
    uint32_t sparse, order, slot;
};

static int final_order(const void *a, const void *b)
{
    const struct final *x = a, *y = b;
    if (x->sparse != y->sparse)
        return x->sparse < y->sparse ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static bool is_sparse(const struct features *f, const struct slot *slot)
{
    return (slot->kind == SLOT_HOT && f->hot_sparse) || (slot->kind == SLOT_SPARSE && f->sparse);
}

/* What a category for a learner is in levels: its number of codes, 0 where codes are numbers. */
static void levels_set(struct arena *arena, struct features *f)
{
    uint32_t *levels = arena_array(arena, uint32_t, f->dense);
    size_t column = 0;
    bool any = false;
    for (size_t i = 0; i < f->final_count && column < f->dense; i++) {
        const struct slot *slot = &f->slots[f->finals[i]];
        bool codes = slot->kind == SLOT_CODES && f->takes & TAKES_LEVELS;
        levels[column] = codes ? slot->width : 0;
        any |= codes;
        column += slot->kind == SLOT_CODES ? 1 : slot->width;
    }
    f->levels = any ? levels : NULL;
}

static const struct str *names_of(struct arena *arena, const struct features *f)
{
    struct str *names = arena_array(arena, struct str, f->width), *name = names;
    for (size_t i = 0; i < f->final_count; i++) {
        const struct slot *slot = &f->slots[f->finals[i]];
        const struct node *node = slot->node == NODE_NONE ? NULL : &f->nodes[slot->node];
        size_t width = slot->kind == SLOT_CODES ? 1 : slot->width;
        bool named = node && node->transform->column_name && slot->kind != SLOT_CODES &&
                     slot->kind != SLOT_NUMBER;
        for (size_t k = 0; k < width; k++)
            *name++ = named ? node->transform->column_name(arena, node, slot->name, k) : slot->name;
    }
    return names;
}

bool features_finish(struct arena *arena, struct features *f, struct fault *why)
{
    struct final *finals = arena_array(arena, struct final, f->slot_count);
    size_t count = 0, dense = 0, sparse = 0;
    for (uint32_t s = 0; s < f->slot_count; s++) {
        const struct slot *slot = &f->slots[s];
        if (!slot->live || slot->hidden)
            continue;
        if (slot->kind & (SLOT_TIME | SLOTS_TEXTS))
            return refuse_slot(slot, why);
        bool apart = is_sparse(f, slot);
        finals[count++] = (struct final){ apart, slot->order, s };
        *(apart ? &sparse : &dense) += slot->kind == SLOT_CODES ? 1 : slot->width;
    }
    if (dense > DENSE_MOST || sparse > SPARSE_MOST)
        return fault_set(why, BLAME_OPEN,
                         "the columns make %zu dense features, allowed are %zu, and %zu sparse "
                         "ones, allowed are %zu",
                         dense, DENSE_MOST, sparse, SPARSE_MOST);
    qsort(finals, count, sizeof *finals, final_order);
    f->finals = arena_array(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++)
        f->finals[i] = finals[i].slot;
    f->final_count = count;
    f->dense = dense;
    f->width = dense + sparse;
    f->names = names_of(arena, f);
    levels_set(arena, f);
    return true;
}

void features_describe(const struct features *f, struct json_out *out)
{
    for (size_t i = 0; i < f->source_count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "column", f->sources[i].name);
        json_add_zero(out, "kind",
                      f->sources[i].kind == SLOT_NUMBER     ? "number"
                      : f->sources[i].kind == SLOT_TIME     ? "time"
                      : f->sources[i].kind == SLOT_CATEGORY ? "category"
                                                            : "text");
        json_close_map(out);
    }
    for (size_t n = 0; n < f->node_count; n++) {
        const struct node *node = &f->nodes[n];
        json_open_map(out, NULL);
        json_add_zero(out, "transform", node->transform->name);
        json_open_list(out, "of");
        for (uint32_t k = 0; k < node->input_count; k++)
            json_add_text(out, NULL, f->slots[node->inputs[k]].name);
        json_close_list(out);
        json_open_list(out, "makes");
        for (uint32_t k = 0; k < node->output_count; k++)
            json_add_text(out, NULL, f->slots[node->first_output + k].name);
        json_close_list(out);
        if (node->transform->describe) {
            node->transform->describe(node, out);
        } else {
            json_open_list(out, "fitted");
            for (size_t k = 0; k < TRANSFORM_NUMBERS; k++)
                json_add_double(out, NULL, node->numbers[k]);
            json_close_list(out);
        }
        json_close_map(out);
    }
}
