/*
 * Drawing values of parameters. A value is a place in [0, 1] along its range (along its logarithm,
 * where that is asked for), or the number of a choice.
 */
#pragma once

#include "core/learn/search.h"
#include "core/math/random.h"

#define SEARCH_START 10 /* trials drawn blindly before TPE begins */

/* Values in a grid, and the one at a place of it. */
size_t search_steps(const struct search_param *param);
double search_grid_value(const struct search_param *param, size_t at);

/* Any, all alike. */
double search_draw_any(const struct search_param *param, struct random *random);

/* The trials so far. */
struct search_past {
    const struct search *search;
    size_t count;
    const double *drawn; /* [count * param_count] */
    const double *loss;  /* [count] lower is better */
};

/* Values for all parameters; count >= 1. */
void search_draw_tpe(struct arena *arena, const struct search_past *past, struct random *random,
                     double *out);

/* A value as it is written. */
struct str search_text(struct arena *arena, const struct search_param *param, double value);
