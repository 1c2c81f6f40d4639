/* Shapley values along the paths of a tree. */
#include "core/learn/tree_shap.h"
#include <string.h>

/* A column on the path: shares of rows that go on when it is not known, and when it is. */
struct shap_element {
    uint32_t column;
    double zero, one;
    double weight; /* of subsets of the path by their size */
};

struct shap_element *shap_scratch(struct arena *arena, size_t depth)
{
    return arena_array(arena, struct shap_element, (depth + 2) * (depth + 3) / 2);
}

static void extend(struct shap_element *path, size_t length, struct shap_element last)
{
    double all = (double)(length + 1);
    last.weight = length == 0;
    path[length] = last;
    for (size_t i = length; i-- > 0;) {
        path[i + 1].weight += last.one * path[i].weight * (double)(i + 1) / all;
        path[i].weight *= last.zero * (double)(length - i) / all;
    }
}

/* Take element `at` out of path[0..last]. */
static void unwind(struct shap_element *path, size_t last, size_t at)
{
    double one = path[at].one, zero = path[at].zero, next = path[last].weight;
    double all = (double)(last + 1);
    for (size_t i = last; i-- > 0;) {
        double before = path[i].weight;
        if (one > 0) {
            path[i].weight = next * all / ((double)(i + 1) * one);
            next = before - path[i].weight * zero * (double)(last - i) / all;
        } else {
            path[i].weight = before * all / (zero * (double)(last - i));
        }
    }
    for (size_t i = at; i < last; i++) {
        path[i].column = path[i + 1].column;
        path[i].zero = path[i + 1].zero;
        path[i].one = path[i + 1].one;
    }
}

/* The sum of the weights once element `at` is taken out. */
static double unwound(const struct shap_element *path, size_t last, size_t at)
{
    double one = path[at].one, zero = path[at].zero, next = path[last].weight, total = 0;
    double all = (double)(last + 1);
    for (size_t i = last; i-- > 0;) {
        double weight;
        if (one > 0) {
            weight = next * all / ((double)(i + 1) * one);
            next = path[i].weight - weight * zero * (double)(last - i) / all;
        } else {
            weight = path[i].weight * all / (zero * (double)(last - i));
        }
        total += weight;
    }
    return total;
}

struct descent {
    const struct shap_tree *tree;
    const bool *right;
    double *out;
    size_t step;
};

static void leaf_add(const struct descent *descent, const struct shap_node *node,
                     const struct shap_element *path, size_t last)
{
    for (size_t i = 1; i <= last; i++) {
        double weight =
            unwound(path, last, i) * (path[i].one - path[i].zero) * descent->tree->scale;
        for (size_t k = 0; k < descent->tree->width; k++)
            descent->out[k * descent->step + path[i].column] += weight * node->values[k];
    }
}

/* path[length] of the parent is copied behind itself, so that siblings do not disturb it. */
static void descend(const struct descent *descent, uint32_t at, struct shap_element *parent,
                    size_t length, struct shap_element last)
{
    const struct shap_node *node = &descent->tree->nodes[at];
    struct shap_element *path = parent + length;
    memcpy(path, parent, length * sizeof *path);
    extend(path, length, last);
    if (node->child == at) {
        leaf_add(descent, node, path, length);
        return;
    }
    struct shap_element above = { .column = node->column, .zero = 1, .one = 1 };
    for (size_t i = 1; i <= length; i++)
        if (path[i].column == node->column) {
            above = path[i];
            unwind(path, length--, i);
            break;
        }
    for (uint32_t side = 0; side < 2; side++) {
        struct shap_element next = { .column = node->column };
        next.zero = above.zero * descent->tree->nodes[node->child + side].share;
        next.one = descent->right[at] == side ? above.one : 0;
        if (next.zero > 0 || next.one > 0)
            descend(descent, node->child + side, path, length + 1, next);
    }
}

void shap_add(const struct shap_tree *tree, const bool *right, struct shap_element *scratch,
              double *out, size_t step)
{
    struct descent descent = { tree, right, out, step };
    descend(&descent, 0, scratch, 0, (struct shap_element){ .column = UINT32_MAX, 1, 1, 0 });
}

void shap_mean(const struct shap_tree *tree, double *reached, double *mean)
{
    reached[0] = 1;
    for (uint32_t at = 0; at < tree->count; at++) {
        const struct shap_node *node = &tree->nodes[at];
        if (node->child == at) {
            for (size_t k = 0; k < tree->width; k++)
                mean[k] += reached[at] * node->values[k] * tree->scale;
            continue;
        }
        for (uint32_t side = 0; side < 2; side++)
            reached[node->child + side] = reached[at] * tree->nodes[node->child + side].share;
    }
}
