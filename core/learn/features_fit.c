/* Fitting features to a table: which columns, then step by step. */
#include "core/base/complaint.h"
#include "core/data/dictionary.h"
#include "core/learn/columns.h"
#include "core/learn/features_past.h"
#include "core/math/threads.h"
#include <math.h>
#include <stdio.h>

#define BATCH ((size_t)256) /* columns that are learned from before scratch is given back */

static bool in_list(struct str name, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(list[i], name))
            return true;
    return false;
}

/* Does a step name the column (of those that look at the past, or that take it as a category). */
static bool is_named(const struct recipe *recipe, struct str name, bool past, bool category)
{
    for (size_t s = 0; s < recipe->step_count; s++) {
        const struct transform_step *step = &recipe->steps[s];
        const struct transform *transform = step->transform;
        if (past && !(transform->flags & TRANSFORM_PAST))
            continue;
        if (category && (!transform->reads || transform->reads & SLOT_NUMBER))
            continue;
        if (in_list(name, step->columns, step->column_count))
            return true;
    }
    return false;
}

/* ---- names ---- */

/* Names that steps make begin with a column's name; what else is not there is lost. */
static bool may_be_made(const struct table *table, struct str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (str_starts(name, table->columns[i].name) && name.len > table->columns[i].name.len)
            return true;
    return str_starts(name, S("pca "));
}

/* One lost name is said by column_needed with who needs it; several are said at once. */
static bool names_there(struct arena *arena, const struct table *table, const struct recipe *recipe,
                        struct fault *why)
{
    struct columns_lost lost = { .count = 0 };
    columns_lacking(table, recipe->drop, recipe->drop_count, &lost);
    for (size_t s = 0; s < recipe->step_count; s++) {
        const struct transform_step *step = &recipe->steps[s];
        struct str *names = arena_array(arena, struct str, step->column_count);
        size_t count = 0;
        for (size_t i = 0; i < step->column_count; i++)
            if (!table_find(table, step->columns[i]) && !may_be_made(table, step->columns[i]))
                names[count++] = step->columns[i];
        columns_lacking(table, names, count, &lost);
    }
    if (lost.count > 1)
        return table_fault(table, why, "the data does not have %zu columns of the pipeline: %s",
                           lost.count, lost.text);
    for (size_t i = 0; i < recipe->drop_count; i++)
        if (!column_needed(table, recipe->drop[i], "drop", why))
            return false;
    return true;
}

/* ---- sources ---- */

static enum slot_kind kind_of(const struct column *column)
{
    static const enum slot_kind kinds[COLUMN_KINDS + 1] = {
        [COLUMN_NUMBER] = SLOT_NUMBER,  [COLUMN_CATEGORY] = SLOT_CATEGORY,
        [COLUMN_INTEGER] = SLOT_NUMBER, [COLUMN_TIME] = SLOT_TIME,
        [COLUMN_TEXT] = SLOT_TEXT,
    };
    return kinds[column->kind];
}

/* False: the column is none. */
static bool source_of(const struct recipe *recipe, const struct column *column, struct source *out)
{
    struct str name = column->name;
    *out = (struct source){ .name = name, .kind = kind_of(column), .role = SOURCE_FEATURE };
    if (str_equal(name, recipe->target)) {
        out->role = SOURCE_TARGET;
        return out->kind == SLOT_NUMBER && is_named(recipe, name, true, false);
    }
    if (str_equal(name, recipe->id) || in_list(name, recipe->drop, recipe->drop_count) ||
        (recipe->weight.len && str_equal(name, recipe->weight)))
        return false;
    if (recipe->group.len && str_equal(name, recipe->group) &&
        !is_named(recipe, name, false, false))
        return false;
    if (recipe->time.len && str_equal(name, recipe->time) && out->kind == SLOT_TIME)
        out->role = SOURCE_HIDDEN;
    if (out->kind == SLOT_NUMBER && is_named(recipe, name, false, true))
        out->kind = SLOT_CATEGORY; /* numbers that a step takes as categories */
    return true;
}

static bool sources_fit(struct fitting *fitting, struct fault *why)
{
    const struct table *table = fitting->table;
    for (size_t i = 0; i < table->column_count; i++) {
        struct source source;
        if (!source_of(fitting->recipe, &table->columns[i], &source))
            continue;
        if (source.name.len > LEVEL_BYTES_MOST)
            return fault_set(why, BLAME_OPEN, "the name of column %zu is longer than %zu bytes",
                             i + 1, LEVEL_BYTES_MOST);
        source.name = str_keep(fitting->arena, source.name);
        if (!features_add_source(&fitting->made, &source))
            return fault_set(why, BLAME_OPEN, "more than %zu columns", SLOTS_MOST);
    }
    binding_grow(fitting->binding);
    for (size_t i = 0; i < fitting->features->source_count; i++)
        if (!binding_source(fitting->binding, i, why))
            return false;
    return true;
}

/* ---- the slots of a step ---- */

static bool refuse_kind(const struct transform_step *step, const struct slot *slot,
                        struct fault *why)
{
    static const char *const words[] = { "numbers", "times", "text" };
    unsigned takes = step->transform->takes;
    int wants = takes & SLOT_NUMBER ? 0 : takes & SLOT_TIME ? 1 : 2;
    int holds = slot->kind == SLOT_NUMBER ? 0 : slot->kind == SLOT_TIME ? 1 : 2;
    if (slot->kind & (SLOT_CODES | SLOT_HOT | SLOT_SPARSE))
        return fault_set(why, BLAME_OPEN, "transform %s cannot follow what made \"%.*s\"",
                         step->transform->name, STR_ARGS(str_until(slot->name, 60)));
    return fault_set(why, BLAME_OPEN, "transform %s is for %s, column \"%.*s\" holds %s",
                     step->transform->name, words[wants], STR_ARGS(str_until(slot->name, 60)),
                     words[holds]);
}

static bool refuse_name(const struct fitting *fitting, const struct transform_step *step,
                        struct str name, struct fault *why)
{
    char of[60];
    snprintf(of, sizeof of, "transform %s", step->transform->name);
    if (!table_find(fitting->table, name))
        return column_needed(fitting->table, name, of, why) != NULL;
    return fault_set(why, BLAME_OPEN,
                     "%s names the column \"%.*s\", which is no feature or was taken by an earlier "
                     "transform",
                     of, STR_ARGS(str_until(name, 60)));
}

/* The newest live slot of each name. */
static size_t slots_named(struct fitting *fitting, const struct transform_step *step, uint32_t *out,
                          struct fault *why)
{
    const struct features *f = fitting->features;
    struct dictionary names = { .arena = fitting->arena };
    uint32_t *slots = arena_array(fitting->arena, uint32_t, f->slot_count);
    for (uint32_t s = 0; s < f->slot_count; s++)
        if (f->slots[s].live)
            slots[dictionary_add(&names, f->slots[s].name)] = s;
    for (size_t i = 0; i < step->column_count; i++) {
        int32_t at = dictionary_find(&names, step->columns[i]);
        if (at < 0) {
            refuse_name(fitting, step, step->columns[i], why);
            return SIZE_MAX;
        }
        if (!(f->slots[slots[at]].kind & step->transform->takes) ||
            (slots[at] < f->source_count && f->sources[slots[at]].role == SOURCE_TARGET &&
             !(step->transform->flags & TRANSFORM_PAST))) {
            refuse_kind(step, &f->slots[slots[at]], why);
            return SIZE_MAX;
        }
        out[i] = slots[at];
    }
    return step->column_count;
}

static size_t slots_of_step(struct fitting *fitting, const struct transform_step *step,
                            uint32_t *out, struct fault *why)
{
    const struct features *f = fitting->features;
    size_t count = 0;
    if (step->column_count)
        return slots_named(fitting, step, out, why);
    if (!step->transform->on && !(step->transform->flags & TRANSFORM_PAST))
        return 0;
    if (!step->transform->on) {
        fault_set(why, BLAME_OPEN, "transform %s needs the key columns", step->transform->name);
        return SIZE_MAX;
    }
    unsigned on = step->transform->on;
    if (step->transform == &transform_impute &&
        (param_is(&step->params, "strategy", "constant") ||
         param_is(&step->params, "strategy", "most_frequent")))
        on |= SLOT_CATEGORY;
    const struct recipe *recipe = fitting->recipe;
    bool no_dates = recipe->learner && recipe->learner->past_alone && !recipe->steps_given;
    for (uint32_t s = 0; s < f->slot_count; s++) {
        enum source_role role = s < f->source_count ? f->sources[s].role : SOURCE_FEATURE;
        bool aside = role == SOURCE_TARGET || (role == SOURCE_HIDDEN && no_dates);
        if (f->slots[s].live && f->slots[s].kind & on && !aside)
            out[count++] = s;
    }
    return count;
}

/* ---- fitting ---- */

const double *fitting_numbers(struct fitting *fitting, uint32_t slot)
{
    if (fitting->binding->columns[slot])
        return fitting->binding->columns[slot]->numbers;
    if (!fitting->work)
        fitting->work = arena_array(fitting->arena, double, fitting->table->rows);
    binding_copy(fitting->binding, slot, fitting->work);
    return fitting->work;
}

double *fitting_scratch(struct fitting *fitting)
{
    if (!fitting->spare)
        fitting->spare = arena_array(fitting->arena, double, fitting->table->rows);
    return fitting->spare;
}

static bool node_keep(struct fitting *fitting, const struct node *node, struct fault *why)
{
    if (!features_add_node(&fitting->made, node))
        return fault_set(why, BLAME_OPEN, "the transforms make more than %zu columns", SLOTS_MOST);
    binding_grow(fitting->binding);
    return binding_node(fitting->binding, fitting->features->node_count - 1, why);
}

static bool refuse_range(const struct fitting *fitting, const struct node *node, struct fault *why)
{
    return fault_set(why, BLAME_OPEN,
                     "transform %s of column \"%.*s\" went beyond the range of numbers",
                     node->transform->name,
                     STR_ARGS(str_until(fitting->features->slots[node->inputs[0]].name, 60)));
}

static bool numbers_finite(const struct node *node)
{
    for (size_t k = 0; k < TRANSFORM_NUMBERS; k++)
        if (!isfinite(node->numbers[k]))
            return false;
    return true;
}

/* Columns that are learned from in parallel. */
struct batch {
    const struct binding *binding;
    const struct params *params;
    struct node *nodes;
    const struct schedule **schedules; /* [count]: NULL where the column is whole */
    size_t count, pieces, rows, room_bytes;
    char *rooms;
    double *work; /* [pieces][2][rows] */
};

struct landing {
    double *out;
};

static void land(void *context, size_t request, size_t from, size_t rows, const void *const *data)
{
    (void)request;
    memcpy(((struct landing *)context)->out + from, data[0], rows * sizeof(double));
}

static void batch_piece(void *work, size_t at)
{
    struct batch *batch = work;
    double *values = batch->work + at * 2 * batch->rows, *scratch = values + batch->rows;
    struct landing landing = { values };
    struct emitter to = { land, &landing };
    for (size_t n = at; n < batch->count; n += batch->pieces) {
        struct node *node = &batch->nodes[n];
        const struct column *column = batch->binding->columns[node->inputs[0]];
        for (size_t from = 0; !column && from < batch->rows; from += BLOCK_ROWS_MOST) {
            size_t left = batch->rows - from;
            schedule_run(batch->schedules[n], batch->rooms + at * batch->room_bytes, from,
                         left < BLOCK_ROWS_MOST ? left : BLOCK_ROWS_MOST, &to);
        }
        node->transform->learn(column ? column->numbers : values, batch->rows, scratch,
                               batch->params, node->numbers);
    }
}

static void batch_learn(struct fitting *fitting, struct batch *batch)
{
    struct arena_mark mark = arena_mark(fitting->arena);
    batch->schedules = arena_array(fitting->arena, const struct schedule *, batch->count);
    for (size_t n = 0; n < batch->count; n++) {
        struct request request = { { batch->nodes[n].inputs[0] }, 1 };
        if (batch->binding->columns[request.slots[0]])
            continue;
        batch->schedules[n] = schedule_new(fitting->arena, batch->binding, &request, 1);
        size_t bytes = schedule_bytes(batch->schedules[n]);
        batch->room_bytes = bytes > batch->room_bytes ? bytes : batch->room_bytes;
    }
    batch->room_bytes = (batch->room_bytes + 63) & ~(size_t)63;
    batch->rooms = arena_take_array(fitting->arena, batch->pieces, batch->room_bytes);
    threads_run(fitting->recipe->threads, batch->pieces, batch_piece, batch);
    arena_rewind(fitting->arena, mark);
}

/* A step of one column to another each, learned by numbers alone. */
static bool step_learn(struct fitting *fitting, const struct transform_step *step,
                       const uint32_t *slots, size_t count, struct fault *why)
{
    struct arena *arena = fitting->arena;
    size_t pieces = fitting->recipe->threads ? fitting->recipe->threads : 1;
    pieces = pieces < count ? pieces : count;
    pieces = pieces < THREADS_MOST ? pieces : THREADS_MOST;
    if (!count)
        return true;
    if (fitting->scratch_pieces < pieces) {
        fitting->scratch =
            arena_take_array(arena, pieces * 2, fitting->table->rows * sizeof(double));
        fitting->scratch_pieces = pieces;
    }
    struct node *nodes = arena_array(arena, struct node, count);
    uint32_t *inputs = arena_array(arena, uint32_t, count);
    for (size_t n = 0; n < count; n++) {
        inputs[n] = slots[n];
        nodes[n] =
            (struct node){ .transform = step->transform, .inputs = &inputs[n], .input_count = 1 };
    }
    binding_plan(fitting->binding); /* its room must not be in what the marks give back */
    for (size_t from = 0; from < count; from += BATCH) {
        struct batch batch = { .binding = fitting->binding,
                               .params = &step->params,
                               .nodes = nodes + from,
                               .count = count - from < BATCH ? count - from : BATCH,
                               .pieces = pieces,
                               .rows = fitting->table->rows,
                               .work = fitting->scratch };
        batch_learn(fitting, &batch);
    }
    for (size_t n = 0; n < count; n++)
        if (!numbers_finite(&nodes[n]))
            return refuse_range(fitting, &nodes[n], why);
    for (size_t n = 0; n < count; n++)
        if (!node_keep(fitting, &nodes[n], why))
            return false;
    return true;
}

static bool node_fit(struct fitting *fitting, const struct transform_step *step,
                     const struct transform *transform, const uint32_t *slots, size_t count,
                     struct fault *why)
{
    struct node node = { .transform = transform, .input_count = (uint32_t)count };
    const struct features *f = fitting->features;
    node.inputs = arena_array(fitting->arena, uint32_t, count);
    memcpy(node.inputs, slots, count * sizeof *slots);
    node.past = slots[0] < f->source_count && f->sources[slots[0]].role == SOURCE_TARGET;
    if (!transform->fit(fitting, &step->params, &node, why))
        return false;
    return numbers_finite(&node) ? node_keep(fitting, &node, why)
                                 : refuse_range(fitting, &node, why);
}

static bool step_fit(struct fitting *fitting, const struct transform_step *step, struct fault *why)
{
    const struct transform *transform = step->transform;
    size_t most = fitting->features->slot_count > step->column_count ? fitting->features->slot_count
                                                                     : step->column_count;
    uint32_t *slots = arena_array(fitting->arena, uint32_t, most), *plain;
    size_t count = slots_of_step(fitting, step, slots, why), plain_count = 0;
    if (count == SIZE_MAX)
        return false;
    if (transform->flags & TRANSFORM_PAST && !fitting->features->time.len)
        return fault_set(why, BLAME_OPEN, "transform %s needs the order of time: set the key time",
                         transform->name);
    if (!count)
        return true;
    if (transform->flags & TRANSFORM_TOGETHER)
        return node_fit(fitting, step, transform, slots, count, why);
    plain = arena_array(fitting->arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        enum slot_kind kind = fitting->features->slots[slots[i]].kind;
        const struct transform *one =
            transform->instead ? transform->instead(&step->params, kind) : NULL;
        if (transform->check && !transform->check(&step->params, kind, why))
            return false;
        if (!one && transform->learn)
            plain[plain_count++] = slots[i];
        else if (!node_fit(fitting, step, one ? one : transform, &slots[i], 1, why))
            return false;
    }
    return step_learn(fitting, step, plain, plain_count, why);
}

/* Many one-hot columns are sparse, few are faster dense; texts always are. */
static void sparse_settle(struct features *f, const struct features_wish *wish)
{
    size_t hot = 0;
    for (size_t s = 0; s < f->slot_count; s++)
        if (f->slots[s].live && f->slots[s].kind == SLOT_HOT)
            hot += f->slots[s].width;
    f->sparse = wish->sparse == SPARSE_ALWAYS ||
                (wish->sparse == SPARSE_BY_NEED && wish->takes & TAKES_SPARSE);
    f->hot_sparse = f->sparse && (wish->sparse == SPARSE_ALWAYS || hot > HOT_DENSE_MOST);
}

bool features_fit_for(struct arena *arena, const struct table *table, const struct recipe *recipe,
                      const struct target *target, const struct features_wish *wish,
                      struct features *out, struct fault *why)
{
    *out = (struct features){ .takes = wish->takes,
                              .time = str_keep(arena, recipe->time),
                              .group = str_keep(arena, recipe->group) };
    struct fitting *fitting = arena_new(arena, struct fitting);
    *fitting = (struct fitting){ .arena = arena,
                                 .table = table,
                                 .recipe = recipe,
                                 .target = target,
                                 .wish = *wish,
                                 .features = out,
                                 .made = { .arena = arena, .features = out } };
    fitting->binding = binding_new(arena, out, table, recipe->threads);
    fitting->binding->training = true;
    if (!names_there(arena, table, recipe, why) || !groups_fit(arena, table, out, why) ||
        !sources_fit(fitting, why))
        return false;
    for (size_t s = 0; s < recipe->step_count; s++)
        if (!step_fit(fitting, &recipe->steps[s], why))
            return false;
    sparse_settle(out, wish);
    out->training = fitting->binding;
    return features_finish(arena, out, why);
}

bool features_fit(struct arena *arena, const struct table *table, const struct recipe *recipe,
                  const struct target *target, struct features *out, struct fault *why)
{
    struct features_wish wish = { .takes = recipe->learner ? recipe->learner->takes : 0 };
    return features_fit_for(arena, table, recipe, target, &wish, out, why);
}
