/* Schedules: which node runs when, and in which buffer its results lie until nobody needs them. */
#include "core/learn/features_bind.h"
#include <assert.h>

#define BUFFER_BYTES (BLOCK_ROWS_MOST * sizeof(double))
#define NO_BUFFER UINT32_MAX

/* Where a slot's rows are: a whole column, or a buffer of the run. */
struct operand {
    const char *column;
    uint32_t size; /* bytes a row */
    uint32_t buffer;
};

struct operation {
    const struct node *node; /* NULL: emit */
    const void *bound;
    size_t request;
    uint32_t first, in_count, out_count; /* operands */
};

struct schedule {
    size_t count, operand_count, pointers, buffers;
    struct operation *operations;
    struct operand *operands;
};

/* Room for planning, which a binding keeps: all zero (and NO_BUFFER) between schedules. */
struct plan_room {
    uint32_t *uses;    /* [slots] still to come */
    uint32_t *buffers; /* [slots] */
    uint8_t *planned;  /* [nodes] */
    size_t slots, nodes;
};

struct plan_room *plan_room_new(struct arena *arena)
{
    return arena_new(arena, struct plan_room);
}

/* While it is being made. */
struct planning {
    struct arena *arena;
    const struct binding *binding;
    struct schedule *out;
    uint32_t *uses, *buffers;
    uint8_t *planned;
    uint32_t *free; /* buffers that nobody needs */
    size_t free_count, free_room, room, operand_room;
};

static bool is_whole(const struct planning *plan, uint32_t slot)
{
    return plan->binding->columns[slot] != NULL;
}

/* How often each slot will be asked for. */
static void count_uses(struct planning *plan, uint32_t slot)
{
    const struct features *features = plan->binding->features;
    plan->uses[slot]++;
    uint32_t at = features->slots[slot].node;
    if (is_whole(plan, slot) || plan->planned[at])
        return;
    const struct node *node = &features->nodes[at];
    plan->planned[at] = 1;
    for (uint32_t i = 0; i < node->input_count; i++)
        count_uses(plan, node->inputs[i]);
}

static uint32_t buffer_take(struct planning *plan)
{
    if (plan->free_count)
        return plan->free[--plan->free_count];
    return (uint32_t)plan->out->buffers++;
}

static void buffer_give(struct planning *plan, uint32_t buffer)
{
    if (plan->free_count == plan->free_room) {
        size_t more = plan->free_room * 2 + 8;
        plan->free = arena_grow(plan->arena, plan->free, plan->free_room * sizeof *plan->free,
                                more * sizeof *plan->free);
        plan->free_room = more;
    }
    plan->free[plan->free_count++] = buffer;
}

static void slot_used(struct planning *plan, uint32_t slot)
{
    if (--plan->uses[slot] == 0 && plan->buffers[slot] != NO_BUFFER)
        buffer_give(plan, plan->buffers[slot]);
}

static void operand_add(struct planning *plan, uint32_t slot)
{
    struct schedule *out = plan->out;
    if (out->operand_count == plan->operand_room) {
        size_t more = plan->operand_room ? plan->operand_room * 2 : 8;
        out->operands =
            arena_grow(plan->arena, out->operands, plan->operand_room * sizeof *out->operands,
                       more * sizeof *out->operands);
        plan->operand_room = more;
    }
    struct operand *operand = &out->operands[out->operand_count++];
    const struct column *column = plan->binding->columns[slot];
    *operand = (struct operand){ .buffer = plan->buffers[slot], .size = sizeof(double) };
    if (!column)
        return;
    bool numeric = plan->binding->features->slots[slot].kind == SLOT_NUMBER ||
                   plan->binding->features->slots[slot].kind == SLOT_TIME;
    operand->column = numeric ? (const char *)column->numbers : (const char *)column->codes;
    operand->size = numeric ? sizeof(double) : sizeof(int32_t);
}

static struct operation *operation_add(struct planning *plan)
{
    struct schedule *out = plan->out;
    if (out->count == plan->room) {
        size_t more = plan->room ? plan->room * 2 : 4;
        out->operations =
            arena_grow(plan->arena, out->operations, plan->room * sizeof *out->operations,
                       more * sizeof *out->operations);
        plan->room = more;
    }
    struct operation *operation = &out->operations[out->count++];
    *operation = (struct operation){ .first = (uint32_t)out->operand_count };
    return operation;
}

static void pointers_least(struct planning *plan, size_t count)
{
    if (plan->out->pointers < count)
        plan->out->pointers = count;
}

/* What the slot needs runs before; depth is at most the number of steps. */
static void plan_slot(struct planning *plan, uint32_t slot)
{
    const struct features *features = plan->binding->features;
    uint32_t at = features->slots[slot].node;
    if (is_whole(plan, slot) || plan->planned[at] == 2)
        return;
    const struct node *node = &features->nodes[at];
    plan->planned[at] = 2;
    for (uint32_t i = 0; i < node->input_count; i++)
        plan_slot(plan, node->inputs[i]);
    struct operation *operation = operation_add(plan);
    operation->node = node;
    operation->bound = plan->binding->bound[at];
    operation->in_count = node->input_count;
    operation->out_count = node->output_count;
    for (uint32_t i = 0; i < node->input_count; i++)
        operand_add(plan, node->inputs[i]);
    for (uint32_t o = 0; o < node->output_count; o++) {
        uint32_t output = node->first_output + o;
        plan->buffers[output] = buffer_take(plan);
        operand_add(plan, output);
    }
    pointers_least(plan, (size_t)node->input_count + node->output_count);
    for (uint32_t i = 0; i < node->input_count; i++)
        slot_used(plan, node->inputs[i]);
    for (uint32_t o = 0; o < node->output_count; o++)
        if (plan->uses[node->first_output + o] == 0)
            buffer_give(plan, plan->buffers[node->first_output + o]);
}

static void plan_request(struct planning *plan, const struct request *request, size_t at)
{
    for (uint32_t i = 0; i < request->count; i++)
        plan_slot(plan, request->slots[i]);
    struct operation *operation = operation_add(plan);
    operation->request = at;
    operation->in_count = request->count;
    for (uint32_t i = 0; i < request->count; i++)
        operand_add(plan, request->slots[i]);
    pointers_least(plan, request->count);
    for (uint32_t i = 0; i < request->count; i++)
        slot_used(plan, request->slots[i]);
}

void binding_plan(const struct binding *binding)
{
    struct arena *arena = binding->arena;
    struct plan_room *room = binding->plan;
    size_t slots = binding->slot_room, nodes = binding->node_room;
    if (room->slots == slots && room->nodes == nodes)
        return;
    room->uses = arena_array(arena, uint32_t, slots);
    room->buffers = arena_array(arena, uint32_t, slots);
    room->planned = arena_array(arena, uint8_t, nodes);
    memset(room->buffers, 0xff, slots * sizeof *room->buffers);
    room->slots = slots;
    room->nodes = nodes;
}

/* Leave the room as it was: what was planned is in the schedule. */
static void plan_clear(struct planning *plan)
{
    const struct node *nodes = plan->binding->features->nodes;
    for (size_t n = 0; n < plan->out->count; n++) {
        const struct node *node = plan->out->operations[n].node;
        if (!node)
            continue;
        plan->planned[node - nodes] = 0;
        for (uint32_t o = 0; o < node->output_count; o++)
            plan->buffers[node->first_output + o] = NO_BUFFER;
    }
}

struct schedule *schedule_new(struct arena *arena, const struct binding *binding,
                              const struct request *requests, size_t count)
{
    binding_plan(binding);
    struct plan_room *room = binding->plan;
    struct planning plan = { .arena = arena,
                             .binding = binding,
                             .out = arena_new(arena, struct schedule),
                             .uses = room->uses,
                             .buffers = room->buffers,
                             .planned = room->planned };
    for (size_t r = 0; r < count; r++)
        for (uint32_t i = 0; i < requests[r].count; i++)
            count_uses(&plan, requests[r].slots[i]);
    for (size_t r = 0; r < count; r++)
        plan_request(&plan, &requests[r], r);
    plan_clear(&plan);
    return plan.out;
}

size_t schedule_bytes(const struct schedule *schedule)
{
    return schedule->buffers * BUFFER_BYTES + (schedule->pointers + 2) * sizeof(void *);
}

void schedule_run(const struct schedule *schedule, void *room, size_t from, size_t rows,
                  const struct emitter *to)
{
    assert(rows <= BLOCK_ROWS_MOST);
    char *buffers = room;
    void **pointers = (void **)(void *)(buffers + schedule->buffers * BUFFER_BYTES);
    for (size_t n = 0; n < schedule->count; n++) {
        const struct operation *operation = &schedule->operations[n];
        const struct operand *operands = &schedule->operands[operation->first];
        size_t count = (size_t)operation->in_count + operation->out_count;
        for (size_t i = 0; i < count; i++) {
            const struct operand *operand = &operands[i];
            const char *at = operand->column ? operand->column + from * operand->size
                                             : buffers + operand->buffer * BUFFER_BYTES;
            memcpy(&pointers[i], &at, sizeof at);
        }
        if (!operation->node) {
            to->emit(to->context, operation->request, from, rows, (const void *const *)pointers);
            continue;
        }
        struct block block = { .from = from,
                               .rows = rows,
                               .in = (const void *const *)pointers,
                               .out = pointers + operation->in_count,
                               .bound = operation->bound };
        if (operation->node->transform->map)
            operation->node->transform->map(block.in[0], block.out[0], rows,
                                            operation->node->numbers);
        else
            operation->node->transform->apply(operation->node, &block);
    }
}
