/* The best split of a node of records: from a histogram, or from comparisons where rows are few. */
#include "core/learn/learn_forest_pairs.h"
#include "core/base/compiler.h"
#include <math.h>
#pragma GCC optimize("O3")

#define FEW ((size_t)200)        /* rows: fewer mark the bins that they have */
#define SMALL ((size_t)16)       /* rows: so few are compared with each other */
#define NEARLY_ONE (1 - 0x1p-40) /* what is left out by it cannot be higher after its rounding */

/* What is known of the node whose columns are searched. */
struct look {
    struct planting *planting;
    const struct pair_node *node;
    const uint8_t *records;
    double all, positives; /* of the node */
    double best;           /* score: the sum over both sides of positives^2 / draws */
    struct pair_split *split;
    uint32_t code; /* the cut of the best split is behind this one */
};

/* What lies left of a cut of a column behind a code, and the rows with missing there when wild. */
struct cut {
    size_t rows; /* may be 0 when leaves may have any number */
    int64_t draws, positives;
    uint32_t column, code;
    bool wild;
};

/* Of equally good cuts of a column the lowest. */
static inline __attribute__((always_inline)) void offer(struct look *look, struct cut cut)
{
    double weight = (double)cut.draws, own = (double)cut.positives;
    double other = look->all - weight, rest = look->positives - own;
    double above = own * own * other + rest * rest * weight, below = weight * other;
    if (above < look->best * below * NEARLY_ONE || !(below > 0))
        return;
    double score = above / below;
    struct pair_split *split = look->split;
    bool tied = split->column == cut.column && split->missing_left == cut.wild;
    if (score < look->best || (score == look->best && !(tied && cut.code < look->code)))
        return;
    size_t least = look->planting->rules->min_samples_leaf;
    if (least > 1 && (cut.rows < least || look->node->count - cut.rows < least))
        return;
    look->best = score;
    look->code = cut.code;
    split->column = cut.column;
    split->missing_left = cut.wild;
    split->left = (int64_t)cut.rows << 2 * PAIR_BITS | cut.draws << PAIR_BITS | cut.positives;
}

#define ONES 0x0101010101010101ull

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* A node of at most SMALL rows; zeros behind them. */
struct small {
    bytes16 draws, positives, rows;
};

static inline int64_t added(bytes16 bytes)
{
    uint64_t halves[2];
    memcpy(halves, &bytes, sizeof halves);
    return (int64_t)(((halves[0] + halves[1]) * ONES) >> 56);
}

static struct small small_make(const struct look *look)
{
    struct small small = { 0 };
    size_t size = look->planting->pairs->size;
    for (size_t i = 0; i < look->node->count; i++) {
        uint8_t tail = look->records[i * size + size - 1];
        small.draws[i] = tail & 127;
        small.positives[i] = (uint8_t)(tail & -(tail >> 7) & 127);
        small.rows[i] = 1;
    }
    return small;
}

/* wild: rows with missing are left of any cut. */
static void small_cuts(struct look *look, const struct small *small, uint32_t column, bytes16 codes,
                       bool wild)
{
    uint8_t missing = (uint8_t)look->planting->data->binned->bins.at[column].count;
    bool counts = look->planting->rules->min_samples_leaf > 1;
    bytes16 always = wild ? (bytes16)(codes == missing) : (bytes16){ 0 };
    for (size_t i = 0; i < look->node->count; i++) {
        bytes16 left = (bytes16)(codes <= codes[i]) | always;
        struct cut cut = { .column = column, .code = codes[i], .wild = wild };
        cut.draws = added(left & small->draws);
        cut.positives = added(left & small->positives);
        if (counts)
            cut.rows = (size_t)added(left & small->rows);
        offer(look, cut);
    }
}

/* False when all rows have the same code. */
static bool small_search(struct look *look, const struct small *small, uint32_t column)
{
    size_t size = look->planting->pairs->size, count = look->node->count;
    const uint8_t *from = look->records + column;
    uint8_t room[SMALL] = { 0 }, differ = 0;
    for (size_t i = 0; i < SMALL && i < count; i++, from += size) {
        room[i] = *from;
        differ |= *from ^ room[0];
    }
    if (!differ)
        return false;
    bytes16 codes;
    memcpy(&codes, room, sizeof codes);
    if (look->planting->data->binned->has_missing[column])
        small_cuts(look, small, column, codes, true);
    small_cuts(look, small, column, codes, false);
    return true;
}

/* Of a number of columns that the compiler knows: where each one's codes and sums are is known. */
static inline __attribute__((always_inline)) void fill_batch(const struct look *look,
                                                             const uint32_t *columns,
                                                             uint64_t (*used)[4],
                                                             const size_t batch)
{
    size_t size = look->planting->pairs->size, places[FOREST_BATCH], count = look->node->count;
    int64_t *sums = look->planting->pairs->sums;
    const uint8_t *codes = look->records;
    UNROLLED
    for (size_t b = 0; b < batch; b++)
        places[b] = columns[b];
    for (size_t i = 0; i < count; i++, codes += size) {
        int64_t more = pair_sums(codes[size - 1]);
        UNROLLED
        for (size_t b = 0; b < batch; b++)
            sums[b * TREE_CODES + codes[places[b]]] += more;
        if (count >= FEW)
            continue;
        UNROLLED
        for (size_t b = 0; b < batch; b++)
            used[b][codes[places[b]] / 64] |= 1ull << (codes[places[b]] % 64);
    }
}

#define FILL(batch)                                                                                \
    static void fill_##batch(const struct look *look, const uint32_t *columns, uint64_t(*used)[4]) \
    {                                                                                              \
        fill_batch(look, columns, used, batch);                                                    \
    }
FOREST_BATCHES(FILL)

typedef void filling(const struct look *look, const uint32_t *columns, uint64_t (*used)[4]);
#define FILLING(batch) fill_##batch,
static filling *const fillings[FOREST_BATCH] = { FOREST_BATCHES(FILLING) };

static void used_find(const int64_t *sums, uint64_t *used)
{
    for (size_t word = 0; word < 4; word++)
        for (size_t k = 0; k < 64; k++)
            used[word] |= (uint64_t)(sums[word * 64 + k] != 0) << k;
}

static uint32_t highest(const uint64_t *used)
{
    for (uint32_t word = 4; word-- > 0;)
        if (used[word])
            return word * 64 + 63 - (uint32_t)__builtin_clzll(used[word]);
    return 0;
}

/* All cuts behind a code that the node has, but the one behind `end`, which is the highest. */
static inline __attribute__((always_inline)) void scan(struct look *look, int64_t *sums,
                                                       const uint64_t *used, struct cut cut,
                                                       int64_t left, uint32_t end)
{
    for (uint32_t word = 0; word < 4; word++)
        for (uint64_t bits = used[word]; bits; bits &= bits - 1) {
            cut.code = word * 64 + (uint32_t)__builtin_ctzll(bits);
            left += sums[cut.code];
            if (!cut.wild)
                sums[cut.code] = 0;
            if (cut.code == end)
                return;
            cut.rows = pair_rows(left);
            cut.draws = pair_draws(left);
            cut.positives = pair_positives(left);
            offer(look, cut);
        }
}

/* From a histogram, which is zero again afterwards. False when all rows have the same code. */
static bool column_search(struct look *look, uint32_t column, int64_t *sums, uint64_t *used)
{
    uint32_t missing = look->planting->data->binned->bins.at[column].count;
    if (look->node->count >= FEW)
        used_find(sums, used);
    uint32_t end = highest(used);
    if (pair_rows(sums[end]) == look->node->count) {
        sums[end] = 0;
        return false;
    }
    if (end == missing) {
        uint64_t seen[4];
        memcpy(seen, used, sizeof seen);
        seen[missing / 64] &= ~(1ull << (missing % 64));
        scan(look, sums, seen, (struct cut){ .column = column, .wild = true }, sums[missing],
             highest(seen));
    }
    scan(look, sums, used, (struct cut){ .column = column, .wild = false }, 0, end);
    return true;
}

/* The next code above look->code that the node has of the column; `missing` when there is none. */
static uint32_t code_above(const struct look *look, uint32_t column, uint32_t missing)
{
    size_t size = look->planting->pairs->size;
    uint32_t above = missing;
    for (size_t i = 0; i < look->node->count; i++) {
        uint32_t code = look->records[i * size + column];
        if (code > look->code && code < above)
            above = code;
    }
    return above;
}

/* The cut goes in the middle of the bins that the node has not. */
static void cut_place(const struct look *look)
{
    const struct binned *binned = look->planting->data->binned;
    struct pair_split *split = look->split;
    uint32_t missing = binned->bins.at[split->column].count;
    uint32_t above = code_above(look, split->column, missing);
    split->bin = above < missing ? (look->code + above - 1) / 2 : missing - 1;
    split->gain = look->best - look->positives * look->positives / look->all;
    bool has_missing = false;
    size_t size = look->planting->pairs->size;
    for (size_t i = 0; binned->has_missing[split->column] && i < look->node->count; i++)
        has_missing |= look->records[i * size + split->column] == missing;
    if (!has_missing) /* rows to come go with the most */
        split->missing_left = (double)pair_draws(split->left) * 2 > look->all;
}

bool pairs_split_find(struct planting *planting, struct pair_node *node)
{
    size_t columns = planting->data->binned->columns, wanted = planting->rules->max_features;
    struct pairs *pairs = planting->pairs;
    uint64_t(*used)[4] = pairs->used;
    struct look look = { .planting = planting, .node = node, .split = &node->split };
    struct small small = { 0 };
    bool any = false;
    look.records = pairs->records[node->depth % 2] + node->from * pairs->size;
    look.all = (double)pair_draws(node->sums);
    look.positives = (double)pair_positives(node->sums);
    look.best = -1;
    if (node->count <= SMALL)
        small = small_make(&look);
    /* as scikit-learn: constant columns count among the drawn, unless all of them are constant */
    for (size_t taken = 0; taken < columns && (taken < wanted || !any);) {
        size_t batch = taken < wanted ? wanted - taken : 1;
        batch = batch < FOREST_BATCH ? batch : FOREST_BATCH;
        forest_columns_draw(planting, taken, batch);
        const uint32_t *drawn = planting->order + taken;
        if (node->count > SMALL)
            memset(used, 0, batch * sizeof *used);
        if (node->count > SMALL)
            fillings[batch - 1](&look, drawn, used);
        for (size_t b = 0; b < batch; b++)
            any |= node->count <= SMALL
                       ? small_search(&look, &small, drawn[b])
                       : column_search(&look, drawn[b], pairs->sums + b * TREE_CODES, used[b]);
        taken += batch;
    }
    if (look.best < 0)
        return false;
    cut_place(&look);
    return true;
}
