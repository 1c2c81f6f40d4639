/* Histograms and splits of the children of some nodes at once, by pieces that threads share. */
#include "core/learn/learn_gbdt_node.h"

#define POOL_BYTES ((size_t)64 << 20) /* for histograms */
#define KEPT_LEAST 8                  /* if fewer fit, none is kept */
#define PAIRS_MOST 64                 /* nodes whose children are searched at once */
#define PARTS_MOST 32                 /* of the columns */
#define PART_LEAST 4                  /* columns */
#define SLICE_ROWS ((size_t)2048)     /* fewer are not cut off for another thread */
#define SHARES 2                      /* of the rows for each thread: a large one, a small one */
#define TILE_COLUMNS 64               /* where no histogram is kept */

/* One histogram of some rows. */
struct build {
    const uint32_t *rows;
    size_t count;
    gradient_sum *sums;
};

/* A child whose histogram is built from builds [first, first + count), or is parent - sibling. */
struct child {
    struct node *node; /* NULL: none */
    size_t first, count;
    bool built;
};

struct pair {
    struct node *parent;
    struct child built, other; /* other not built: by subtraction */
};

struct levels {
    gradient_sum *memory;
    gradient_sum **pool; /* free ones */
    size_t pool_count, pool_room, entries;
    struct build *builds;
    size_t build_count;
    size_t *shares; /* [share_count + 1]: builds [shares[k], shares[k + 1]) are a piece of work */
    size_t share_most; /* as many cuts, one less, each with a histogram more */
    struct pair pairs[PAIRS_MOST];
    size_t pair_count, part_columns, part_count;
    struct split *bests; /* [PAIRS_MOST * 2 * PARTS_MOST] or as many as tiles at once */
    size_t tiles;        /* at once, where no histogram is kept; else 0 */
    size_t tile_from;
    struct node *tile_node;
};

struct levels *levels_new(struct arena *arena, const struct grower *grower, size_t leaves)
{
    struct levels *levels = arena_new(arena, struct levels);
    size_t threads = grower->threads ? grower->threads : 1;
    levels->share_most = threads > 1 ? SHARES * threads : 1;
    levels->shares = arena_array(arena, size_t, levels->share_most + 1);
    levels->entries = grower->use.entries;
    size_t fit = POOL_BYTES / sizeof(gradient_sum) / (levels->entries ? levels->entries : 1);
    size_t wanted = leaves + 2 * threads + 4;
    if (fit < KEPT_LEAST + 2 * threads) {
        levels->tiles = 2 * threads;
        levels->entries = (size_t)TILE_COLUMNS * TREE_CODES;
        fit = levels->tiles;
    }
    levels->pool_room = fit < wanted ? fit : wanted;
    if (levels->tiles)
        levels->pool_room = levels->tiles;
    levels->memory = arena_array(arena, gradient_sum, levels->pool_room * levels->entries);
    levels->pool = arena_array(arena, gradient_sum *, levels->pool_room);
    levels->builds = arena_array(arena, struct build, 2 * PAIRS_MOST + levels->share_most);
    size_t bests = (size_t)PAIRS_MOST * 2 * PARTS_MOST;
    levels->bests = arena_array(arena, struct split, bests > levels->tiles ? bests : levels->tiles);
    return levels;
}

void levels_clear(struct grower *grower)
{
    struct levels *levels = grower->levels;
    levels->pool_count = levels->pool_room;
    for (size_t k = 0; k < levels->pool_room; k++)
        levels->pool[k] = levels->memory + k * levels->entries;
    for (size_t at = 0; at < grower->node_count; at++)
        grower->nodes[at].histogram = NULL;
    size_t columns = grower->use.count;
    levels->part_columns = (columns + PARTS_MOST - 1) / PARTS_MOST;
    if (levels->part_columns < PART_LEAST)
        levels->part_columns = PART_LEAST;
    levels->part_count = (columns + levels->part_columns - 1) / levels->part_columns;
}

static void release(struct levels *levels, gradient_sum **histogram)
{
    if (*histogram)
        levels->pool[levels->pool_count++] = *histogram;
    *histogram = NULL;
}

static void build_piece(void *work, size_t at)
{
    const struct grower *grower = work;
    const struct levels *levels = grower->levels;
    for (size_t k = levels->shares[at]; k < levels->shares[at + 1]; k++) {
        const struct build *build = &levels->builds[k];
        memset(build->sums, 0, grower->use.entries * sizeof *build->sums);
        histogram_add(&grower->use, grower->gradients, build->rows, build->count, build->sums);
    }
}

static struct child child_build(struct grower *grower, struct node *node)
{
    struct levels *levels = grower->levels;
    node->histogram = levels->pool[--levels->pool_count];
    return (struct child){ .node = node, .built = true };
}

/* Where share k of the rows starts: the first ones have three quarters of all together. */
static size_t share_start(const struct levels *levels, size_t k, size_t rows)
{
    size_t large = levels->share_most / SHARES, most = rows - rows / 4;
    if (!large)
        return k ? rows : 0;
    return k <= large ? k * most / large : most + (k - large) * (rows - most) / large;
}

static void build_add(struct grower *grower, struct child *child, size_t from, size_t to)
{
    struct levels *levels = grower->levels;
    gradient_sum *sums =
        child->count++ ? levels->pool[--levels->pool_count] : child->node->histogram;
    levels->builds[levels->build_count++] =
        (struct build){ grower->rows + child->node->from + from, to - from, sums };
}

struct sharing {
    size_t rows, before; /* of all children to build; of those that are shared out */
    size_t next;         /* share whose start has not come */
};

/* The rows of a child, cut where shares start. */
static void child_share(struct grower *grower, struct child *child, struct sharing *sharing)
{
    struct levels *levels = grower->levels;
    size_t from = 0, end = child->node->count;
    child->first = levels->build_count;
    for (; sharing->next < levels->share_most;
         levels->shares[sharing->next++] = levels->build_count) {
        size_t start = share_start(levels, sharing->next, sharing->rows);
        size_t at = start > sharing->before ? start - sharing->before : 0;
        if (at < from + SLICE_ROWS)
            continue;
        if (at + SLICE_ROWS > end)
            break;
        build_add(grower, child, from, at);
        from = at;
    }
    build_add(grower, child, from, end);
    sharing->before += end;
}

/* All children that are built, in shares of their rows for the threads. */
static void rows_share(struct grower *grower)
{
    struct levels *levels = grower->levels;
    struct sharing sharing = { 0 };
    for (size_t p = 0; p < levels->pair_count; p++) {
        const struct pair *pair = &levels->pairs[p];
        sharing.rows += pair->built.node->count + (pair->other.built ? pair->other.node->count : 0);
    }
    for (size_t p = 0; p < levels->pair_count; p++) {
        struct pair *pair = &levels->pairs[p];
        child_share(grower, &pair->built, &sharing);
        if (pair->other.built)
            child_share(grower, &pair->other, &sharing);
    }
    while (sharing.next <= levels->share_most)
        levels->shares[sharing.next++] = levels->build_count;
}

static void slices_join(const struct levels *levels, const struct child *child, size_t from,
                        size_t to)
{
    gradient_sum *sums = child->node->histogram;
    for (size_t k = 1; k < child->count; k++) {
        const gradient_sum *more = levels->builds[child->first + k].sums;
        for (size_t e = from; e < to; e++)
            sums[e] += more[e];
    }
}

/* One part of the columns for one pair. */
static void find_piece(void *work, size_t at)
{
    struct grower *grower = work;
    struct levels *levels = grower->levels;
    struct pair *pair = &levels->pairs[at / levels->part_count];
    size_t part = at % levels->part_count, first = part * levels->part_columns;
    size_t left = grower->use.count - first;
    struct histogram_shape shape = histogram_shape_part(
        &grower->use, first, left < levels->part_columns ? left : levels->part_columns);
    size_t from = shape.starts[0], to = from + shape.entries;
    slices_join(levels, &pair->built, from, to);
    if (pair->other.built) {
        slices_join(levels, &pair->other, from, to);
    } else if (pair->other.node) {
        gradient_sum *whole = pair->other.node->histogram;
        const gradient_sum *less = pair->built.node->histogram;
        for (size_t e = from; e < to; e++)
            whole[e] -= less[e];
    }
    const struct child *children[] = { &pair->built, &pair->other };
    for (size_t k = 0; k < 2; k++) {
        struct split *best = &levels->bests[at * 2 + k];
        *best = (struct split){ 0 };
        if (children[k]->node)
            split_find(&grower->split, &shape, children[k]->node->histogram + from,
                       &children[k]->node->sums, best);
    }
}

static void better(struct split *best, const struct split *offer)
{
    if (offer->gain > best->gain)
        *best = *offer;
}

/* Build, subtract and search for the pairs that are there. */
static void pairs_search(struct grower *grower)
{
    struct levels *levels = grower->levels;
    rows_share(grower);
    crew_run(grower->crew, levels->share_most, build_piece, grower);
    crew_run(grower->crew, levels->pair_count * levels->part_count, find_piece, grower);
    for (size_t p = 0; p < levels->pair_count; p++) {
        struct pair *pair = &levels->pairs[p];
        for (size_t part = 0; part < levels->part_count; part++) {
            const struct split *offers = &levels->bests[(p * levels->part_count + part) * 2];
            better(&pair->built.node->best, &offers[0]);
            if (pair->other.node)
                better(&pair->other.node->best, &offers[1]);
        }
        const struct child *children[] = { &pair->built, &pair->other };
        for (size_t k = 0; k < 2; k++)
            for (size_t s = 1; s < children[k]->count; s++)
                release(levels, &levels->builds[children[k]->first + s].sums);
    }
    levels->build_count = levels->pair_count = 0;
}

static void tile_piece(void *work, size_t at)
{
    struct grower *grower = work;
    struct levels *levels = grower->levels;
    const struct node *node = levels->tile_node;
    size_t from = levels->tile_from + at * TILE_COLUMNS;
    size_t left = grower->use.count > from ? grower->use.count - from : 0;
    struct split *best = &levels->bests[at];
    *best = (struct split){ 0 };
    if (!left)
        return;
    struct histogram_shape shape =
        histogram_shape_part(&grower->use, from, left < TILE_COLUMNS ? left : TILE_COLUMNS);
    gradient_sum *sums = levels->pool[at];
    memset(sums, 0, shape.entries * sizeof *sums);
    histogram_add(&shape, grower->gradients, grower->rows + node->from, node->count, sums);
    split_find(&grower->split, &shape, sums, &node->sums, best);
}

static void tiles_search(struct grower *grower, struct node *node)
{
    struct levels *levels = grower->levels;
    levels->tile_node = node;
    for (size_t from = 0; from < grower->use.count; from += levels->tiles * TILE_COLUMNS) {
        levels->tile_from = from;
        crew_run(grower->crew, levels->tiles, tile_piece, grower);
        for (size_t k = 0; k < levels->tiles; k++)
            better(&node->best, &levels->bests[k]);
    }
}

void level_root(struct grower *grower)
{
    struct levels *levels = grower->levels;
    if (!grower->use.count)
        return;
    if (levels->tiles) {
        tiles_search(grower, grower->nodes);
        return;
    }
    levels->pairs[0] = (struct pair){ .built = child_build(grower, grower->nodes) };
    levels->pair_count = 1;
    pairs_search(grower);
}

/* Histograms of other nodes than the one that is next are given up. */
static void reclaim(struct grower *grower, const struct node *next)
{
    for (size_t at = 0; at < grower->node_count; at++)
        if (&grower->nodes[at] != next)
            release(grower->levels, &grower->nodes[at].histogram);
}

static void pair_add(struct grower *grower, struct node *parent)
{
    struct levels *levels = grower->levels;
    struct node *a = &grower->nodes[parent->child], *b = a + 1;
    struct node *fewer = a->count <= b->count ? a : b, *more = fewer == a ? b : a;
    struct pair *pair = &levels->pairs[levels->pair_count++];
    *pair = (struct pair){ .parent = parent, .built = child_build(grower, fewer) };
    if (parent->histogram) {
        pair->other.node = more;
        more->histogram = parent->histogram;
        parent->histogram = NULL;
    } else {
        pair->other = child_build(grower, more);
    }
}

void level_search(struct grower *grower, const uint32_t *list, size_t count)
{
    struct levels *levels = grower->levels;
    size_t spare = 2 + levels->share_most;
    for (size_t k = 0; k < count; k++) {
        struct node *parent = &grower->nodes[list[k]];
        if (levels->tiles) {
            tiles_search(grower, &grower->nodes[parent->child]);
            tiles_search(grower, &grower->nodes[parent->child + 1]);
            continue;
        }
        if (levels->pair_count == PAIRS_MOST || levels->pool_count < spare)
            pairs_search(grower);
        if (levels->pool_count < spare)
            reclaim(grower, parent);
        pair_add(grower, parent);
    }
    if (levels->pair_count)
        pairs_search(grower);
}
