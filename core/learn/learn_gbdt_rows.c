/* The rows of nodes: moved apart at splits, given their leaves' values. */
#include "core/learn/learn_gbdt_node.h"

#define RESET_ROWS ((size_t)65536)

static void piece_reset(void *work, size_t at)
{
    struct grower *grower = work;
    size_t end = (at + 1) * RESET_ROWS, rows = grower->binned->rows;
    for (size_t i = at * RESET_ROWS; i < end && i < rows; i++)
        grower->rows[i] = (uint32_t)i;
}

void rows_reset(struct grower *grower)
{
    size_t pieces = (grower->binned->rows + RESET_ROWS - 1) / RESET_ROWS;
    crew_run(grower->crew, pieces, piece_reset, grower);
}

void split_table(const struct split *split, const struct binned *binned, uint8_t *left)
{
    uint32_t missing = binned->bins.at[split->column].count;
    for (uint32_t code = 0; code < TREE_CODES; code++)
        left[code] = split->category ? bitmap_has(&split->left, code) : code <= split->bin;
    if (!split->category)
        left[missing] = split->missing_left;
}

static void chunks_add(struct grower *grower, uint32_t at)
{
    const struct node *node = &grower->nodes[at];
    for (size_t done = 0; done < node->count; done += CHUNK_ROWS) {
        size_t left = node->count - done;
        grower->chunks[grower->chunk_count++] =
            (struct chunk){ at, node->from + done, left < CHUNK_ROWS ? left : CHUNK_ROWS, 0 };
    }
}

/* Lefts to the front of the chunk's part of spare, rights to its back, the last one first. */
static void chunk_part(void *work, size_t at)
{
    struct grower *grower = work;
    struct chunk *chunk = &grower->chunks[at];
    const struct split *split = &grower->nodes[chunk->node].best;
    const uint8_t *codes = grower->binned->by_column + split->column * grower->binned->rows;
    const uint32_t *rows = grower->rows + chunk->from;
    uint32_t *lefts = grower->spare + chunk->from, *last = lefts + chunk->count - 1;
    uint8_t left[TREE_CODES];
    split_table(split, grower->binned, left);
    size_t count = 0;
    for (size_t i = 0; i < chunk->count; i++) {
        uint32_t row = rows[i];
        lefts[count] = row; /* written to both ends, kept by one: no branch to guess */
        *(last - (i - count)) = row;
        count += left[codes[row]];
    }
    chunk->lefts = count;
}

static void chunk_place(void *work, size_t at)
{
    struct grower *grower = work;
    const struct chunk *chunk = &grower->chunks[at];
    const struct node *node = &grower->nodes[chunk->node];
    size_t lefts = node->from, rights = grower->nodes[node->child + 1].from;
    for (size_t k = at; k-- > 0 && grower->chunks[k].node == chunk->node;) {
        lefts += grower->chunks[k].lefts;
        rights += grower->chunks[k].count - grower->chunks[k].lefts;
    }
    const uint32_t *from = grower->spare + chunk->from;
    memcpy(grower->rows + lefts, from, chunk->lefts * sizeof *from);
    size_t count = chunk->count - chunk->lefts;
    for (size_t i = 0; i < count; i++)
        grower->rows[rights + i] = from[chunk->count - 1 - i];
}

void rows_part(struct grower *grower, const uint32_t *list, size_t count)
{
    grower->chunk_count = 0;
    for (size_t k = 0; k < count; k++)
        chunks_add(grower, list[k]);
    crew_run(grower->crew, grower->chunk_count, chunk_part, grower);
    for (size_t k = 0, c = 0; k < count; k++) {
        struct node *node = &grower->nodes[list[k]], *children = &grower->nodes[node->child];
        size_t lefts = 0;
        for (; c < grower->chunk_count && grower->chunks[c].node == list[k]; c++)
            lefts += grower->chunks[c].lefts;
        node->apart = true;
        children[0].from = node->from;
        children[0].count = lefts;
        children[1].from = node->from + lefts;
        children[1].count = node->count - lefts;
    }
    crew_run(grower->crew, grower->chunk_count, chunk_place, grower);
}

struct adding {
    struct grower *grower;
    double *margins;
    size_t step;
};

static void chunk_add(void *work, size_t at)
{
    const struct adding *adding = work;
    const struct grower *grower = adding->grower;
    const struct chunk *chunk = &grower->chunks[at];
    const struct node *node = &grower->nodes[chunk->node];
    const uint32_t *rows = grower->rows + chunk->from;
    if (!node->child) {
        for (size_t i = 0; i < chunk->count; i++)
            adding->margins[rows[i] * adding->step] += node->value;
        return;
    }
    const uint8_t *codes = grower->binned->by_column + node->best.column * grower->binned->rows;
    const struct node *children = &grower->nodes[node->child];
    uint8_t left[TREE_CODES];
    double values[TREE_CODES];
    split_table(&node->best, grower->binned, left);
    for (size_t code = 0; code < TREE_CODES; code++)
        values[code] = children[!left[code]].value;
    for (size_t i = 0; i < chunk->count; i++)
        adding->margins[rows[i] * adding->step] += values[codes[rows[i]]];
}

void rows_add(struct grower *grower, double *margins, size_t step)
{
    struct adding adding = { grower, margins, step };
    grower->chunk_count = 0;
    for (uint32_t at = 0; at < grower->node_count; at++)
        if (!grower->nodes[at].apart)
            chunks_add(grower, at); /* children of nodes that are not apart have no rows */
    crew_run(grower->crew, grower->chunk_count, chunk_add, &adding);
}
