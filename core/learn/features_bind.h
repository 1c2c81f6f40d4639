/*
 * Fitted features bound to one table: its columns found by name and kind, levels mapped, and what
 * needs all rows at once computed. Then blocks of rows run through the nodes, see schedules below.
 */
#pragma once

#include "core/learn/features.h"

#define BLOCK_ROWS_MOST ((size_t)1024)

struct timeline;

struct binding {
    struct arena *arena;
    const struct table *table;
    const struct features *features;
    unsigned threads;
    bool training;                 /* the rows that were fitted to */
    const struct column **columns; /* [slots]: whole columns, of the table or made by bind; NULL:
                                      computed by blocks */
    const struct csr **sparse;     /* [slots]: of SLOT_SPARSE a row a level of columns[slot] */
    struct arena **sparse_own;     /* [slots]: that holds the rows of sparse[slot] */
    const void **bound;            /* [nodes]: what bind left for apply */
    size_t slot_room, node_room;
    size_t nearby;             /* the column after that of the last source */
    struct plan_room *plan;    /* for schedules: zeros between them */
    struct timeline *timeline; /* of features_past.h, once somebody asked */
};

struct binding *binding_new(struct arena *arena, const struct features *features,
                            const struct table *table, unsigned threads);

/* Find the column of source `at`. */
bool binding_source(struct binding *binding, size_t at, struct fault *why);

/* After nodes were added to the features: room for them; then bind node `at`. */
void binding_grow(struct binding *binding);
bool binding_node(struct binding *binding, size_t at, struct fault *why);

/* The whole column of a slot of categories or texts. */
const struct column *binding_texts(const struct binding *binding, uint32_t slot);

/*
 * A column as categories, whatever it is: numbers are printed as the shortest text. Numbers such as
 * 1 that a level of the model writes as "1.0" are found by levels_bind, see levels.h.
 */
const struct column *column_as_texts(struct arena *arena, const struct column *column, size_t rows);

/*
 * A schedule: the nodes that some slots need, in an order that keeps few buffers busy, and where
 * each slot is given to `emit`. Requests next to each other are given in groups.
 */
struct schedule;
struct plan_room *plan_room_new(struct arena *arena);

/* Make the binding's room for schedules now, rather than with the next one. */
void binding_plan(const struct binding *binding);

struct request {
    uint32_t slots[8];
    uint32_t count;
};

struct emitter {
    void (*emit)(void *context, size_t request, size_t from, size_t rows, const void *const *data);
    void *context;
};

struct schedule *schedule_new(struct arena *arena, const struct binding *binding,
                              const struct request *requests, size_t count);

/* Bytes of room that a run needs for itself. */
size_t schedule_bytes(const struct schedule *schedule);

/* Rows [from, from + rows), at most BLOCK_ROWS_MOST; room: schedule_bytes, aligned to 16. */
void schedule_run(const struct schedule *schedule, void *room, size_t from, size_t rows,
                  const struct emitter *to);

/* A whole slot of numbers, times or codes into out[rows] (doubles or int32_t). */
void binding_copy(const struct binding *binding, uint32_t slot, void *out);

/* ---- While fitting ---- */

struct fitting {
    struct arena *arena;
    const struct table *table;
    const struct recipe *recipe;
    const struct target *target; /* may be NULL */
    struct features_wish wish;
    struct features *features;
    struct binding *binding;
    struct made made;
    double *work, *spare; /* [rows] each, once needed */
    double *scratch;      /* [scratch_pieces][2][rows] */
    size_t scratch_pieces;
};

/* The column's numbers [rows], until the next call; not to be changed. */
const double *fitting_numbers(struct fitting *fitting, uint32_t slot);

/* [rows] of scratch, until the next call. */
double *fitting_scratch(struct fitting *fitting);
