/*
 * Plots as SVG: lines, steps, bands, points and intervals on two axes, bars with names, a matrix of
 * counts. Written as text, without a library; a plot says what it shows as text too (title and
 * description), has its own colours for light and dark, or leaves them to the page's style sheet.
 * Values that are not finite are left out. Each takes O(points) time and text.
 */
#pragma once

#include "core/base/str.h"

enum plot_mark {
    PLOT_LINE,
    PLOT_STEP,   /* level until the next x */
    PLOT_POINTS, /* a dot each */
    PLOT_BAND,   /* from low to high along x */
    PLOT_SPANS,  /* a dot with a line from low to high */
};

struct plot_series {
    const char *name; /* in the legend; NULL: not there */
    enum plot_mark mark;
    bool quiet;    /* a thin dashed line to compare with */
    size_t colour; /* 0: by its place; k: that of series k - 1 */
    size_t n;
    const double *x, *y;      /* [n]; PLOT_BAND has no y */
    const double *low, *high; /* [n], PLOT_BAND and PLOT_SPANS */
};

struct plot_range {
    double least, most; /* both 0: from the data */
};

struct plot {
    const char *title, *what; /* what: one sentence for those who cannot see it */
    const char *x_label, *y_label;
    double width, height; /* 0: 640 x 400 */
    struct plot_range x, y;
    bool x_is_time;  /* seconds since 1970: dates on the axis */
    bool x_is_whole; /* numbers such as versions: whole numbers on the axis */
    bool in_page;    /* no title and no colours of its own: a page has them */
    const struct plot_series *series;
    size_t series_count;
};

void plot_print(struct text *out, const struct plot *plot);

/* Bars with names, from 0, one below the other in the order given; BARS_MOST at most are drawn. */
#define PLOT_BARS_MOST ((size_t)60)
struct plot_bars {
    const char *title, *what, *x_label;
    size_t n;
    const struct str *names;
    const double *values;
    const double *low, *high; /* NULL: no intervals */
};

void plot_bars_print(struct text *out, const struct plot_bars *bars);

/* A square matrix of counts, shaded by the share of its row; PLOT_CELLS_MOST classes at most. */
#define PLOT_CELLS_MOST ((size_t)60)
struct plot_cells {
    const char *title, *what, *row_label, *column_label;
    size_t n;
    const struct str *names;
    const double *counts; /* [n * n], row by row */
};

void plot_cells_print(struct text *out, const struct plot_cells *cells);
