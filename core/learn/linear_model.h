/*
 * What all linear models share: one coefficient a feature and an intercept, their sums, their
 * bytes.
 */
#pragma once

#include "core/learn/learner.h"

struct linear_model {
    size_t count;
    double *coefficients; /* [count] */
    double intercept;
    size_t iterations; /* 0: solved directly */
    bool converged;
};

struct linear_model *linear_model_new(struct arena *arena, size_t count);

/* out[x.rows] = x coefficients + intercept */
void linear_model_sums(const struct linear_model *model, struct matrix x, double *out);

void linear_model_save(const void *fitted, struct text *out);
void *linear_model_load(struct bytes *in, const struct fitted_shape *shape);
void linear_model_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out);
