/*
 * Features: from the columns of a table to what a learner sees. A recipe's steps become nodes, each
 * of which takes slots and makes slots: first the table's columns are slots, at the end those that
 * are left ("finals") are the features. Fitted on the training rows, stored with the model, applied
 * to any table that has the same columns by name.
 *
 * Columns of inputs: dense ones in the order of the table's columns they come from, then sparse
 * ones likewise. One-hot columns are sparse where the learner takes that and there are many of
 * them. Rows are encoded in blocks, in parallel, to the same bits with any number of threads.
 */
#pragma once

#include "core/learn/learner.h"
#include "core/learn/recipe.h"
#include "core/learn/target.h"
#include "core/learn/transform.h"

#define SLOTS_MOST ((size_t)1 << 20)
#define DENSE_MOST ((size_t)1 << 18)  /* dense columns */
#define SPARSE_MOST ((size_t)1 << 24) /* sparse columns */
#define DENSE_BYTES_MOST ((size_t)1 << 35)
#define LEVEL_BYTES_MOST ((size_t)1024) /* longer levels are rare ones, longer names are refused */
#define HOT_DENSE_MOST 256              /* more one-hot columns than this are sparse */

enum source_role {
    SOURCE_FEATURE,
    SOURCE_HIDDEN, /* the group, or the time as a time: a feature only by way of a step */
    SOURCE_TARGET, /* for looks at the past; not read when predicting */
};

/* A column of the table that is needed. Source i is slot i. */
struct source {
    struct str name;
    enum slot_kind kind; /* NUMBER, TIME, CATEGORY or TEXT */
    enum source_role role;
};

struct features {
    size_t source_count, slot_count, node_count, final_count;
    struct source *sources;
    struct slot *slots;
    struct node *nodes;
    uint32_t *finals;        /* slots in the order of their columns, dense ones first */
    size_t dense, width;     /* columns of inputs: dense ones, all */
    const struct str *names; /* [width]: "Income", "Income is missing", "Home=rent" */
    const uint32_t *levels;  /* [dense] as inputs.levels; NULL: all are numbers */
    unsigned takes;          /* of the learner: enum takes */
    bool sparse;             /* there is a sparse part */
    bool hot_sparse;         /* one-hot columns are in it */
    struct str time, group;  /* empty: none */
    struct str *groups;      /* [group_count] in the order of their first appearance */
    size_t group_count;
    struct binding *training; /* of the rows that it was fitted to; NULL after loading */
};

/* How the last step's results are wanted. */
enum sparse_wish { SPARSE_BY_NEED, SPARSE_NEVER, SPARSE_ALWAYS };

struct features_wish {
    unsigned takes; /* of enum takes: what will see the features */
    enum sparse_wish sparse;
};

/*
 * Fit to all columns of the table but the target, the id, the weight and the dropped ones.
 * target: NULL, or what is learned, for transforms that look at it. The table must outlive
 * out->training.
 */
bool features_fit(struct arena *arena, const struct table *table, const struct recipe *recipe,
                  const struct target *target, struct features *out, struct fault *why);

/* The same for a wish other than the recipe's learner's. */
bool features_fit_for(struct arena *arena, const struct table *table, const struct recipe *recipe,
                      const struct target *target, const struct features_wish *wish,
                      struct features *out, struct fault *why);

/*
 * What the learner sees of a table. A fault names the column that is not there or the row whose
 * cell does not fit. features_encode_training: of the rows that features_fit saw; differs from
 * features_encode of the same table where transforms look at the target (target encoding out of
 * fold, its past values).
 */
bool features_encode(struct arena *arena, const struct features *features,
                     const struct table *table, struct inputs *out, struct fault *why);
bool features_encode_by(struct arena *arena, const struct features *features,
                        const struct table *table, unsigned threads, struct inputs *out,
                        struct fault *why);
bool features_encode_training(struct arena *arena, const struct features *features,
                              struct inputs *out, struct fault *why);

/*
 * As features_encode_by, some rows after others, so that all of them need not lie in memory: take
 * gets those from row `from` of the table on. All at once where they have a time or a group.
 */
struct inputs_taker {
    void (*take)(void *work, struct arena *scratch, const struct inputs *in, size_t from);
    void *work;
};
bool features_encode_parts(struct arena *arena, const struct features *features,
                           const struct table *table, unsigned threads,
                           const struct inputs_taker *taker, struct fault *why);

/* As features_encode_training, without a copy: inputs.columns. False where that cannot be: not all
   are numbers of the table as they are, or there is a gap and the learner takes none missing. */
bool features_columns_training(struct arena *arena, const struct features *features,
                               struct inputs *out);

/* Members of the open list: what became of the table's columns, node by node. */
void features_describe(const struct features *features, struct json_out *out);

void features_save(const struct features *features, struct text *out);
/* in->failed is set when the bytes are not what features_save writes. */
void features_load(struct bytes *in, struct features *out);

/* ---- For features*.c and transforms ---- */

/* Where a node's outputs go. */
struct made {
    struct arena *arena;
    struct features *features;
    size_t slot_room, node_room, source_room;
    uint32_t order; /* of the slots that are added */
    bool failed;    /* too many */
};

/* Add an output; the name is copied. */
void made_slot(struct made *made, struct str name, enum slot_kind kind, size_t width);

/* Say what a fitted (or loaded) node makes and takes away. False when that is too much. */
bool features_add_node(struct made *made, const struct node *node);

/* Add a column of the table, before any node. */
bool features_add_source(struct made *made, const struct source *source);

/* Finals, widths, names and levels from the slots; false when there is too much or a slot is no
   feature. */
bool features_finish(struct arena *arena, struct features *features, struct fault *why);
