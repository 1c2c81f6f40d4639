/*
 * Logistic and softmax losses of blocks of rows, with what their gradients and Hessians need.
 * exp and log are own series (relative error below 4e-16), so that loops become vectors.
 */
#pragma once

#include <stddef.h>

double sigmoid(double z); /* 1 / (1 + e^-z) */

/* z[count] becomes e^z / sum e^z; not a number where a z is not finite. */
void softmax(double *z, size_t count);

/* A block of rows. Row i counts weight[i], or 1 where weight is NULL. */
struct loss_block {
    size_t rows;
    const double *y, *weight, *offset; /* offset: NULL or added to z */
    const double *z;
    double positive;   /* logistic: the value of y that is the second class */
    double *residual;  /* out: the loss by z, weighted */
    double *curvature; /* NULL, or out: the second derivative, weighted */
};

/* The sum of log(1 + e^z) - [y is positive] z. z[rows]. */
double logistic_losses(const struct loss_block *block);

/*
 * The sum of log(sum over k of e^z[k]) - z[y]. Block by class: z, residual and curvature are
 * [classes][rows], curvature being p (1 - p) of each class; offset is not used.
 */
double softmax_losses(const struct loss_block *block, size_t classes);
