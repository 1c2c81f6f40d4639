/*
 * Lloyd's iteration for k-means, exact, but for few rows a time: bounds on the distance to the own
 * and to the second nearest centre (Hamerly 2010) tell which rows cannot have changed; the others
 * are compared with all centres in floats. Where floats cannot tell two centres apart, the
 * distances are taken in double; sums are doubles. 100,000 x 50, k = 20, 20 iterations: less than
 * a third of the distances of the plain method are computed. The rows that bounds let through lie
 * far apart: they are known some hundred ahead, and asked for before their turn.
 */
#pragma once

#include "core/learn/float_rows.h"
#include "core/learn/learner.h"
#include "core/math/random.h"

/* Rows as floats in units of the frame, behind each a 1 and its length apart. */
struct kmeans_points {
    size_t rows, columns;
    struct float_rows frame;
    float *at;            /* [rows][columns + 1] */
    float *squares;       /* [rows]: squared lengths */
    const double *weight; /* NULL, or [rows] */
};

/* The frame is fitted unless it is given. False when numbers are beyond the range. */
bool kmeans_points_make(struct arena *arena, const struct inputs *in,
                        const struct float_rows *frame, unsigned threads,
                        struct kmeans_points *out);

struct kmeans_settings {
    size_t k, max_iter;
    double tol; /* ends when the summed squared moves are below tol * mean variance of a column */
    unsigned threads;
};

struct kmeans_result {
    double *centres;  /* [k][columns] in units of the frame: the start, then the end */
    uint32_t *labels; /* [rows]: of the final centres, the lowest of equally near ones */
    double *sizes;    /* [k]: rows, or their weight */
    double inertia;   /* of the final centres: weighted squared distances, units of the frame */
    size_t iterations;
    bool converged;
};

/* Room for one run, used again by the next. */
struct kmeans_room {
    struct lloyd *lloyd;
    struct plus *plus;
    size_t *order;
};

/* labels and sizes must be there; a cluster that lost all its rows gets the farthest one. */
void kmeans_lloyd(struct arena *arena, struct kmeans_room *room, const struct kmeans_points *points,
                  const struct kmeans_settings *settings, struct kmeans_result *result);

/* labels[rows] of the nearest centres; the inertia. */
double kmeans_assign(struct arena *arena, const struct kmeans_points *points, size_t k,
                     const double *centres, unsigned threads, uint32_t *labels);

/* k different rows at random; or greedy k-means++ (Arthur & Vassilvitskii 2007) with 2 + log k
 * candidates a centre, as scikit-learn. centres[k][columns]. */
void kmeans_start_random(struct arena *arena, struct kmeans_room *room,
                         const struct kmeans_points *points, size_t k, struct random *random,
                         double *centres);
void kmeans_start_plus(struct arena *arena, struct kmeans_room *room,
                       const struct kmeans_points *points, const struct kmeans_settings *settings,
                       struct random *random, double *centres);

/* Put row `at` into a centre. */
void kmeans_centre_at(const struct kmeans_points *points, size_t at, double *centre);
