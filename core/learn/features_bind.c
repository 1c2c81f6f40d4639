/* Binding features to a table: columns by name, in the kind that they had while training. */
#include "core/learn/features_bind.h"
#include "core/data/origin.h"
#include "core/data/dictionary.h"
#include "core/data/number.h"
#include "core/data/time.h"
#include "core/learn/columns.h"
#include <math.h>

struct binding *binding_new(struct arena *arena, const struct features *features,
                            const struct table *table, unsigned threads)
{
    struct binding *binding = arena_new(arena, struct binding);
    *binding = (struct binding){
        .arena = arena, .table = table, .features = features, .threads = threads
    };
    binding->plan = plan_room_new(arena);
    binding_grow(binding);
    return binding;
}

static void *grow(struct arena *arena, const void *at, size_t old, size_t new)
{
    void *more = arena_take_array(arena, new, sizeof(void *));
    if (old)
        memcpy(more, at, old * sizeof(void *));
    return more;
}

void binding_grow(struct binding *binding)
{
    size_t slots = binding->features->slot_count, nodes = binding->features->node_count;
    if (slots > binding->slot_room) {
        size_t room = slots + slots / 2;
        binding->columns = grow(binding->arena, binding->columns, binding->slot_room, room);
        binding->sparse = grow(binding->arena, binding->sparse, binding->slot_room, room);
        binding->sparse_own = grow(binding->arena, binding->sparse_own, binding->slot_room, room);
        binding->slot_room = room;
    }
    if (nodes > binding->node_room) {
        size_t room = nodes + nodes / 2;
        binding->bound = grow(binding->arena, binding->bound, binding->node_room, room);
        binding->node_room = room;
    }
}

/* A category's text where a number or a time was expected: name the first one. */
static bool refuse_text(struct arena *arena, const struct source *source,
                        const struct column *column, size_t row, struct fault *why)
{
    return cell_fault(arena, column, row, why, "column \"%.*s\" held \"%.*s\", a %s is needed",
                      STR_ARGS(str_until(source->name, 60)),
                      STR_ARGS(str_until(column->levels[column->codes[row]], 40)),
                      source->kind == SLOT_TIME ? "time" : "number");
}

/* Where a column of numbers came as a category, all of whose cells are numbers or missing. */
static const struct column *column_as_numbers(struct binding *binding, const struct source *source,
                                              const struct column *column, struct fault *why)
{
    struct arena *arena = binding->arena;
    size_t rows = binding->table->rows;
    double *of_level = arena_array(arena, double, column->level_count);
    double *numbers = arena_array(arena, double, rows);
    unsigned form;
    for (size_t k = 0; k < column->level_count; k++)
        if (source->kind == SLOT_TIME ? !time_parse(column->levels[k], &of_level[k], &form)
                                      : !str_to_double(column->levels[k], &of_level[k]))
            of_level[k] = NAN;
    for (size_t i = 0; i < rows; i++) {
        numbers[i] = column->codes[i] < 0 ? NAN : of_level[column->codes[i]];
        if (column->codes[i] >= 0 && isnan(numbers[i])) {
            refuse_text(arena, source, column, i, why);
            return NULL;
        }
    }
    struct column *out = arena_new(arena, struct column);
    *out = *column;
    out->kind = source->kind == SLOT_TIME ? COLUMN_TIME : COLUMN_NUMBER;
    out->numbers = numbers;
    out->codes = NULL;
    out->levels = NULL;
    out->level_count = 0;
    return out;
}

const struct column *column_as_texts(struct arena *arena, const struct column *column, size_t rows)
{
    if (!column_is_numeric(column))
        return column;
    struct dictionary levels = { .arena = arena };
    struct column *out = arena_new(arena, struct column);
    int32_t *codes = arena_array(arena, int32_t, rows);
    for (size_t i = 0; i < rows; i++) {
        char text[TIME_BYTES];
        double value = column->numbers[i];
        if (isnan(value)) {
            codes[i] = -1;
        } else if (i && value == column->numbers[i - 1]) {
            codes[i] = codes[i - 1];
        } else {
            size_t len = column->kind == COLUMN_TIME ? time_print(value, column->time_form, text)
                                                     : number_print(value, text);
            codes[i] = dictionary_add(&levels, (struct str){ text, len });
        }
    }
    *out = *column;
    out->kind = COLUMN_CATEGORY;
    out->codes = codes;
    out->levels = levels.texts;
    out->level_count = levels.count;
    return out;
}

/* Columns of nothing, where the target may not be read. */
static const struct column *column_of_nothing(struct binding *binding, const struct source *source)
{
    struct column *out = arena_new(binding->arena, struct column);
    double *numbers = arena_array(binding->arena, double, binding->table->rows);
    for (size_t i = 0; i < binding->table->rows; i++)
        numbers[i] = NAN;
    *out = (struct column){ .name = source->name,
                            .kind = COLUMN_NUMBER,
                            .missing_count = binding->table->rows,
                            .numbers = numbers };
    return out;
}

bool binding_source(struct binding *binding, size_t at, struct fault *why)
{
    const struct source *source = &binding->features->sources[at];
    const struct table *table = binding->table;
    if (source->role == SOURCE_TARGET && !binding->training) {
        binding->columns[at] = column_of_nothing(binding, source);
        return true;
    }
    const struct column *column = table_find_from(table, source->name, &binding->nearby);
    if (!column)
        column = column_needed(table, source->name, "the model", why);
    if (!column)
        return false;
    bool numeric = source->kind == SLOT_NUMBER || source->kind == SLOT_TIME;
    if (numeric && !column_is_numeric(column))
        column = column_as_numbers(binding, source, column, why);
    else if (!numeric && column_is_numeric(column))
        column = column_as_texts(binding->arena, column, table->rows);
    binding->columns[at] = column;
    return column != NULL;
}

bool binding_node(struct binding *binding, size_t at, struct fault *why)
{
    const struct node *node = &binding->features->nodes[at];
    return !node->transform->bind || node->transform->bind(binding, node, why);
}

const struct column *binding_texts(const struct binding *binding, uint32_t slot)
{
    return binding->columns[slot];
}

struct copying {
    const struct schedule *schedule;
    char *rooms;
    size_t room_bytes, pieces, rows, size;
    char *out;
};

static void copy_emit(void *context, size_t request, size_t from, size_t rows,
                      const void *const *data)
{
    (void)request;
    struct copying *copying = context;
    memcpy(copying->out + from * copying->size, data[0], rows * copying->size);
}

static void copy_piece(void *work, size_t at)
{
    struct copying *copying = work;
    struct emitter to = { copy_emit, copying };
    char *room = copying->rooms + at * copying->room_bytes;
    for (size_t block = at; block * BLOCK_ROWS_MOST < copying->rows; block += copying->pieces) {
        size_t from = block * BLOCK_ROWS_MOST, left = copying->rows - from;
        schedule_run(copying->schedule, room, from, left < BLOCK_ROWS_MOST ? left : BLOCK_ROWS_MOST,
                     &to);
    }
}

void binding_copy(const struct binding *binding, uint32_t slot, void *out)
{
    enum slot_kind kind = binding->features->slots[slot].kind;
    size_t size = kind == SLOT_NUMBER || kind == SLOT_TIME ? sizeof(double) : sizeof(int32_t);
    const struct column *column = binding->columns[slot];
    if (column) {
        const void *from = size == sizeof(double) ? (const void *)column->numbers : column->codes;
        memcpy(out, from, binding->table->rows * size);
        return;
    }
    struct request request = { { slot }, 1 };
    struct copying copying = { .schedule = schedule_new(binding->arena, binding, &request, 1),
                               .pieces = 1,
                               .rows = binding->table->rows,
                               .size = size,
                               .out = out };
    copying.room_bytes = schedule_bytes(copying.schedule);
    copying.rooms = arena_take(binding->arena, copying.room_bytes);
    copy_piece(&copying, 0);
}
