/* Plots of named bars, and matrices of counts. */
#include "core/plot/plot.h"
#include "core/plot/svg.h"
#include <math.h>
#include <stdio.h>

#define WIDTH 640.0
#define NAMES 200.0 /* room for names */
#define RIGHT 64.0
#define TOP 44.0
#define BAR 20.0

static void name_put(struct text *out, double x, double y, struct str name, size_t most)
{
    svg_text_open(out, "name", x, y, "end");
    svg_text(out, str_until(name, most));
    if (name.len > most)
        text_add(out, S("…"));
    text_add(out, S("</text>"));
}

static void rect(struct text *out, const char *class, const double at[4])
{
    static const char *const names[] = { "x", "y", "width", "height" };
    text_print(out, "<rect class=\"%s\"", class);
    for (size_t i = 0; i < 4; i++) {
        text_print(out, " %s=\"", names[i]);
        svg_number(out, at[i]);
        text_char(out, '"');
    }
}

struct axis {
    double least, most;
};

static double x_of(struct axis axis, double value)
{
    return NAMES + (value - axis.least) / (axis.most - axis.least) * (WIDTH - NAMES - RIGHT);
}

static struct axis axis_of(const struct plot_bars *bars, size_t n)
{
    struct axis axis = { 0, 0 };
    for (size_t i = 0; i < n; i++) {
        const double ends[] = { bars->values[i], bars->low ? bars->low[i] : 0,
                                bars->high ? bars->high[i] : 0 };
        for (size_t k = 0; k < 3; k++) {
            if (!isfinite(ends[k]))
                continue;
            axis.least = fmin(axis.least, ends[k]);
            axis.most = fmax(axis.most, ends[k]);
        }
    }
    if (axis.least == axis.most)
        axis.most = 1;
    return axis;
}

static void bar_put(struct text *out, const struct plot_bars *bars, struct axis axis, size_t i)
{
    double y = TOP + BAR * (double)i, value = bars->values[i];
    name_put(out, NAMES - 8, y + 14, bars->names[i], 26);
    if (!isfinite(value))
        return;
    double zero = x_of(axis, 0), end = x_of(axis, value);
    rect(out, "s0", (double[]){ fmin(zero, end), y + 4, fabs(end - zero), BAR - 8 });
    text_add(out, S("/>"));
    if (bars->low && isfinite(bars->low[i]) && isfinite(bars->high[i])) {
        svg_line(out, "axis", x_of(axis, bars->low[i]), y + BAR / 2, x_of(axis, bars->high[i]),
                 y + BAR / 2);
        end = fmax(end, x_of(axis, bars->high[i]));
    }
    svg_text_open(out, "soft", fmax(zero, end) + 6, y + 14, "start");
    text_print(out, "%.3g</text>", value);
}

void plot_bars_print(struct text *out, const struct plot_bars *bars)
{
    size_t n = bars->n < PLOT_BARS_MOST ? bars->n : PLOT_BARS_MOST;
    double bottom = TOP + BAR * (double)n;
    struct axis axis = axis_of(bars, n);
    svg_open(out, WIDTH, bottom + 44, bars->title, bars->what, false);
    for (size_t i = 0; i < n; i++)
        bar_put(out, bars, axis, i);
    svg_line(out, "axis", x_of(axis, 0), TOP, x_of(axis, 0), bottom);
    svg_text_open(out, "name", (NAMES + WIDTH - RIGHT) / 2, bottom + 22, "middle");
    svg_text(out, str_of(bars->x_label));
    if (n < bars->n)
        text_print(out, " (%zu of %zu)", n, bars->n);
    text_add(out, S("</text>"));
    svg_close(out);
}

/* Where the matrix lies and how large its cells are. */
struct grid {
    double left, top, side;
};

static void cell_put(struct text *out, const struct plot_cells *cells, struct grid grid,
                     const size_t at[2], double share)
{
    double x = grid.left + grid.side * (double)at[1], y = grid.top + grid.side * (double)at[0];
    rect(out, "cell", (double[]){ x, y, grid.side, grid.side });
    text_print(out, " fill-opacity=\"%.3f\"><title>", share);
    svg_text(out, cells->names[at[0]]);
    text_add(out, S(" as "));
    svg_text(out, cells->names[at[1]]);
    text_print(out, ": %.0f (%.1f %%)</title></rect>", cells->counts[at[0] * cells->n + at[1]],
               100 * share);
    if (grid.side < 26)
        return;
    svg_text_open(out, share > 0.55 ? "over" : "soft", x + grid.side / 2, y + grid.side / 2 + 4,
                  "middle");
    text_print(out, "%.0f</text>", cells->counts[at[0] * cells->n + at[1]]);
}

static void names_put(struct text *out, const struct plot_cells *cells, struct grid grid, size_t i)
{
    double middle = grid.side * ((double)i + 0.5);
    if (grid.side < 12)
        return;
    name_put(out, grid.left - 6, grid.top + middle + 4, cells->names[i], 16);
    text_print(out, "<text class=\"name\" transform=\"translate(");
    svg_number(out, grid.left + middle + 4);
    text_char(out, ' ');
    svg_number(out, grid.top - 6);
    text_add(out, S(") rotate(-60)\">"));
    svg_text(out, str_until(cells->names[i], 16));
    text_add(out, S("</text>"));
}

void plot_cells_print(struct text *out, const struct plot_cells *cells)
{
    size_t n = cells->n < PLOT_CELLS_MOST ? cells->n : PLOT_CELLS_MOST;
    struct grid grid = { .left = 150, .top = 150 };
    grid.side = fmin(64, (WIDTH - grid.left - 24) / (double)(n ? n : 1));
    double end = grid.top + grid.side * (double)n;
    svg_open(out, WIDTH, end + 40, cells->title, cells->what, false);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < cells->n; j++)
            sum += cells->counts[i * cells->n + j];
        for (size_t j = 0; j < n; j++)
            cell_put(out, cells, grid, (size_t[]){ i, j },
                     sum > 0 ? cells->counts[i * cells->n + j] / sum : 0);
        names_put(out, cells, grid, i);
    }
    svg_text_open(out, "soft", 16, grid.top - 6, "start");
    svg_text(out, str_of(cells->row_label));
    text_add(out, S(" ↓</text>"));
    svg_text_open(out, "soft", grid.left + grid.side * (double)n / 2, end + 22, "middle");
    svg_text(out, str_of(cells->column_label));
    text_add(out, S(" ↑</text>"));
    svg_close(out);
}
