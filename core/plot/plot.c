/* Plots on two axes. */
#include "core/plot/plot.h"
#include "core/plot/svg.h"
#include <math.h>
#include <stdio.h>
#include <time.h>

#define WIDTH 640.0
#define HEIGHT 400.0
#define LEFT 64.0
#define RIGHT 16.0
#define TOP 44.0
#define BOTTOM 52.0
#define COLOURS 5 /* the style's s0 .. s4, then again from the first one */

/* The plot with its ranges settled, and where its frame is. */
struct drawing {
    const struct plot *plot;
    struct text *out;
    struct plot_range x, y;
    double top, left, right, bottom; /* of the frame */
};

static void widen(struct plot_range *range, const double *values, size_t n)
{
    for (size_t i = 0; values && i < n; i++) {
        if (!isfinite(values[i]))
            continue;
        range->least = fmin(range->least, values[i]);
        range->most = fmax(range->most, values[i]);
    }
}

/* The range given; or that of the data with some air, where it is no single value. */
static struct plot_range settle(struct plot_range given, struct plot_range seen, double air)
{
    if (given.least != given.most)
        return given;
    if (!(seen.least <= seen.most))
        return (struct plot_range){ 0, 1 };
    double size = seen.most - seen.least;
    if (!(size > 1e-12 * fmax(fabs(seen.least), fabs(seen.most))))
        size = fmax(fabs(seen.least), 1) * 0.1;
    return (struct plot_range){ seen.least - air * size, seen.most + air * size };
}

static void ranges_settle(struct drawing *d)
{
    struct plot_range x = { INFINITY, -INFINITY }, y = x;
    for (size_t s = 0; s < d->plot->series_count; s++) {
        const struct plot_series *series = &d->plot->series[s];
        widen(&x, series->x, series->n);
        widen(&y, series->y, series->n);
        widen(&y, series->low, series->n);
        widen(&y, series->high, series->n);
    }
    bool dots = d->plot->x_is_whole;
    d->x = settle(d->plot->x, x, dots ? 0.04 : 0);
    d->y = settle(d->plot->y, y, 0.06);
}

static double x_of(const struct drawing *d, double x)
{
    return d->left + (x - d->x.least) / (d->x.most - d->x.least) * (d->right - d->left);
}

static double y_of(const struct drawing *d, double y)
{
    double at = d->bottom - (y - d->y.least) / (d->y.most - d->y.least) * (d->bottom - d->top);
    return fmin(fmax(at, d->top - 1), d->bottom + 1);
}

static void date_label(struct text *out, double seconds, double step)
{
    time_t at = (time_t)seconds;
    struct tm parts;
    char words[32];
    if (!gmtime_r(&at, &parts))
        return;
    strftime(words, sizeof words, step < 86400 ? "%m-%d %H:%M" : "%Y-%m-%d", &parts);
    text_add(out, str_of(words));
}

/* Steps of a clock and a calendar, about five in the range. */
static double time_step(double range)
{
    static const double steps[] = { 1,       10,      60,      300,     900,    3600,
                                    10800,   21600,   43200,   86400,   172800, 604800,
                                    1209600, 2592000, 7862400, 15724800 };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (range / steps[i] <= 6)
            return steps[i];
    return 31557600 * fmax(1, ceil(range / 31557600 / 6));
}

static void x_axis(struct drawing *d)
{
    double size = d->x.most - d->x.least;
    double step = svg_step(size, d->plot->x_is_time ? 5 : 8);
    if (d->plot->x_is_whole)
        step = fmax(1, ceil(step));
    if (d->plot->x_is_time)
        step = time_step(size);
    for (double at = ceil(d->x.least / step - 1e-9) * step; at <= d->x.most + 1e-9 * size;
         at += step) {
        svg_line(d->out, "grid", x_of(d, at), d->top, x_of(d, at), d->bottom);
        svg_text_open(d->out, "soft", x_of(d, at), d->bottom + 17, "middle");
        if (d->plot->x_is_time)
            date_label(d->out, at, step);
        else
            svg_label(d->out, at, step);
        text_add(d->out, S("</text>"));
    }
    svg_line(d->out, "axis", d->left, d->bottom, d->right, d->bottom);
    svg_text_open(d->out, "name", (d->left + d->right) / 2, d->bottom + 38, "middle");
    svg_text(d->out, str_of(d->plot->x_label));
    text_add(d->out, S("</text>"));
}

static void y_axis(struct drawing *d)
{
    double size = d->y.most - d->y.least, step = svg_step(size, 6);
    for (double at = ceil(d->y.least / step - 1e-9) * step; at <= d->y.most + 1e-9 * size;
         at += step) {
        svg_line(d->out, "grid", d->left, y_of(d, at), d->right, y_of(d, at));
        svg_text_open(d->out, "soft", d->left - 8, y_of(d, at) + 4, "end");
        svg_label(d->out, at, step);
        text_add(d->out, S("</text>"));
    }
    double middle = (d->top + d->bottom) / 2;
    text_add(d->out, S("<text class=\"name\" text-anchor=\"middle\" transform=\"rotate(-90 14 "));
    svg_number(d->out, middle);
    text_add(d->out, S(")\" x=\"14\" y=\""));
    svg_number(d->out, middle);
    text_add(d->out, S("\">"));
    svg_text(d->out, str_of(d->plot->y_label));
    text_add(d->out, S("</text>"));
}

static void point(struct drawing *d, double x, double y)
{
    svg_number(d->out, x_of(d, x));
    text_char(d->out, ',');
    svg_number(d->out, y_of(d, y));
    text_char(d->out, ' ');
}

static void class_of(const struct plot_series *series, size_t at, char *out, size_t size)
{
    size_t colour =
        series->quiet ? COLOURS - 1 : (series->colour ? series->colour - 1 : at) % COLOURS;
    snprintf(out, size, "s%zu%s", colour, series->quiet ? " quiet" : "");
}

/* A gap in the values is a gap in the line. */
static void line(struct drawing *d, const struct plot_series *series, const char *class)
{
    bool open = false;
    double before = NAN;
    for (size_t i = 0; i < series->n; i++) {
        bool there = isfinite(series->x[i]) && isfinite(series->y[i]);
        if (there && !open)
            text_print(d->out, "<polyline class=\"line %s\" points=\"", class);
        if (!there && open)
            text_add(d->out, S("\"/>"));
        if (there && open && series->mark == PLOT_STEP)
            point(d, series->x[i], before);
        if (there)
            point(d, series->x[i], series->y[i]);
        before = series->y[i];
        open = there;
    }
    if (open)
        text_add(d->out, S("\"/>"));
}

static void band(struct drawing *d, const struct plot_series *series, const char *class)
{
    text_print(d->out, "<polygon class=\"band %s\" points=\"", class);
    for (size_t i = 0; i < series->n; i++)
        if (isfinite(series->x[i]) && isfinite(series->low[i]) && isfinite(series->high[i]))
            point(d, series->x[i], series->high[i]);
    for (size_t i = series->n; i-- > 0;)
        if (isfinite(series->x[i]) && isfinite(series->low[i]) && isfinite(series->high[i]))
            point(d, series->x[i], series->low[i]);
    text_add(d->out, S("\"/>"));
}

static void dots(struct drawing *d, const struct plot_series *series, const char *class)
{
    double radius = series->mark == PLOT_SPANS ? 3.5 : series->n > 400 ? 1.5 : 2.5;
    char spans[32];
    snprintf(spans, sizeof spans, "span %s", class);
    for (size_t i = 0; i < series->n; i++) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i]))
            continue;
        double x = x_of(d, series->x[i]);
        if (series->mark == PLOT_SPANS && isfinite(series->low[i]) && isfinite(series->high[i]))
            svg_line(d->out, spans, x, y_of(d, series->low[i]), x, y_of(d, series->high[i]));
        text_print(d->out, "<circle class=\"%s\" r=\"%g\" cx=\"", class, radius);
        svg_number(d->out, x);
        text_add(d->out, S("\" cy=\""));
        svg_number(d->out, y_of(d, series->y[i]));
        text_add(d->out, S("\"/>"));
    }
}

static void series_draw(struct drawing *d, const struct plot_series *series, size_t at)
{
    char class[24];
    class_of(series, at, class, sizeof class);
    if (series->mark == PLOT_BAND)
        band(d, series, class);
    else if (series->mark == PLOT_LINE || series->mark == PLOT_STEP)
        line(d, series, class);
    else
        dots(d, series, class);
}

/* From the right: the last name first. About 7 units a letter. */
static void legend(struct drawing *d)
{
    double at = d->right;
    for (size_t s = d->plot->series_count; s-- > 0;) {
        const struct plot_series *series = &d->plot->series[s];
        if (!series->name)
            continue;
        svg_text_open(d->out, "soft", at, d->top - 8, "end");
        svg_text(d->out, str_of(series->name));
        text_add(d->out, S("</text>"));
        at -= 7 * (double)str_of(series->name).len + 6;
        char class[24] = "line ";
        class_of(series, s, class + 5, sizeof class - 5);
        svg_line(d->out, class, at - 16, d->top - 12, at, d->top - 12);
        at -= 30;
    }
}

void plot_print(struct text *out, const struct plot *plot)
{
    double width = plot->width > 0 ? plot->width : WIDTH;
    double height = plot->height > 0 ? plot->height : HEIGHT;
    struct drawing d = { .plot = plot,
                         .out = out,
                         .left = LEFT,
                         .right = width - RIGHT,
                         .top = plot->in_page ? TOP - 20 : TOP + 12,
                         .bottom = height - BOTTOM };
    ranges_settle(&d);
    svg_open(out, width, height, plot->title, plot->what, plot->in_page);
    x_axis(&d);
    y_axis(&d);
    for (size_t s = 0; s < plot->series_count; s++)
        series_draw(&d, &plot->series[s], s);
    legend(&d);
    svg_close(out);
}
