/* Minimal cost-complexity pruning (Breiman et al. 1984): the smallest best tree for an alpha. */
#include "core/learn/learn_forest_grow.h"

#define GONE UINT32_MAX

static bool is_leaf(const struct tree *tree, uint32_t at)
{
    return node_child(tree->nodes[at]) == at;
}

/* means[at * width]: of all nodes, from their leaves by weight. */
static void means_set(const struct planting *planting, double *means, size_t width)
{
    const struct tree *tree = &planting->tree;
    for (uint32_t at = tree->count; at-- > 0;) {
        if (is_leaf(tree, at)) {
            memcpy(means + at * width, tree->values + tree->extra[at] * width,
                   width * sizeof *means);
            continue;
        }
        uint32_t child = node_child(tree->nodes[at]);
        double left = (double)tree->cover[child], right = (double)tree->cover[child + 1];
        for (size_t k = 0; k < width; k++)
            means[at * width + k] =
                (left * means[child * width + k] + right * means[(child + 1) * width + k]) /
                (left + right);
    }
}

/* From the back: a branch that costs no less than a leaf in its place becomes one. */
static void branches_cut(struct planting *planting)
{
    struct tree *tree = &planting->tree;
    double *cost = planting->costs, alpha = planting->rules->ccp_alpha;
    for (uint32_t at = tree->count; at-- > 0;) {
        cost[at] = planting->risk[at] + alpha;
        if (is_leaf(tree, at))
            continue;
        uint32_t child = node_child(tree->nodes[at]);
        double both = cost[child] + cost[child + 1];
        if (both < cost[at])
            cost[at] = both;
        else
            tree->nodes[at] = node_make(at, 0, false, 255);
    }
}

/* Kept nodes move to the front in their order: children stay side by side, behind their parents. */
static void nodes_keep(struct planting *planting, const double *means, size_t width)
{
    struct tree *tree = &planting->tree;
    uint32_t *places = planting->places, count = 0;
    for (uint32_t at = 0; at < tree->count; at++)
        places[at] = at ? GONE : 0;
    for (uint32_t at = 0; at < tree->count; at++) {
        if (places[at] == GONE)
            continue;
        places[at] = count++;
        if (!is_leaf(tree, at))
            places[node_child(tree->nodes[at])] = places[node_child(tree->nodes[at]) + 1] = 0;
    }
    tree->leaf_count = 0;
    for (uint32_t at = 0; at < tree->count; at++) {
        if (places[at] == GONE)
            continue;
        uint32_t to = places[at], child = node_child(tree->nodes[at]);
        uint64_t node = tree->nodes[at];
        tree->cover[to] = tree->cover[at];
        if (child == at) {
            tree->nodes[to] = node_make(to, 0, false, 255);
            tree->extra[to] = tree->leaf_count;
            memcpy(tree->values + tree->leaf_count++ * width, means + at * width,
                   width * sizeof *means);
            continue;
        }
        size_t column = node_slot(node) / 2;
        tree->extra[to] = 0;
        tree->nodes[to] = node_make(places[child], node_slot(node), false, node_bin(node));
        planting->splits[column]++;
        planting->gain[column] +=
            (planting->risk[at] - planting->risk[child] - planting->risk[child + 1]) *
            planting->total * planting->data->weight_unit;
    }
    tree->count = count;
}

void forest_prune(struct planting *planting)
{
    size_t columns = planting->data->binned->columns;
    size_t width = planting->data->by_class ? planting->data->classes : 1;
    means_set(planting, planting->node_means, width);
    branches_cut(planting);
    memset(planting->gain, 0, columns * sizeof *planting->gain);
    memset(planting->splits, 0, columns * sizeof *planting->splits);
    nodes_keep(planting, planting->node_means, width);
}
