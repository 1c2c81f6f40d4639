/*
 * Models of trees: their bytes and their description.
 */
#pragma once

#include "core/learn/tree_model.h"

void tree_model_save(const struct tree_model *model, struct text *out);
/* in->failed is set when the bytes are not such a model; whatever else comes is safe to walk. */
struct tree_model *tree_model_load(struct bytes *in, const struct fitted_shape *shape, size_t width,
                                   size_t leaf_width);

/* Members: trees, leaves, depth, importance (gain as shares, splits) by column. */
void tree_model_describe(const struct tree_model *model, const struct feature_names *names,
                         struct json_out *out);

/* Members of the map that names columns: shares of gain and numbers of splits, highest first. */
void tree_importance_print(const double *gain, const uint32_t *splits, size_t columns,
                           const struct feature_names *names, struct json_out *out);
