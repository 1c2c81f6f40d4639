/* Small drawings inside pages. */
#include "web/svg.h"
#include "web/html.h"
#include "web/words.h"
#include <math.h>

#define WHISKER_WIDTH 150.0
#define SPARK_WIDTH 88.0
#define SPARK_HEIGHT 24.0
#define SPARK_MOST 60u
#define HISTORY_WIDTH 1000.0
#define HISTORY_HEIGHT 220.0
#define HISTORY_MOST 120u

static void widen(struct svg_scale *scale, double low, double high)
{
    if (isfinite(low) && low < scale->low)
        scale->low = low;
    if (isfinite(high) && high > scale->high)
        scale->high = high;
}

/* A little air at both ends; never empty. */
static void air(struct svg_scale *scale)
{
    if (scale->low > scale->high)
        *scale = (struct svg_scale){ 0, 1 };
    double more = (scale->high - scale->low) * 0.04;
    if (more <= 0)
        more = fabs(scale->high) * 0.05 + 1e-6;
    scale->low -= more;
    scale->high += more;
}

struct svg_scale svg_scale_of(const struct view_board *board)
{
    struct svg_scale scale = { INFINITY, -INFINITY };
    for (size_t i = 0; i < board->count; i++) {
        widen(&scale, board->rows[i].low, board->rows[i].high);
        widen(&scale, board->rows[i].score, board->rows[i].score);
    }
    air(&scale);
    return scale;
}

static double along(const struct svg_scale *scale, double value, double from, double to)
{
    double share = (value - scale->low) / (scale->high - scale->low);
    if (!(share >= 0))
        share = 0;
    if (share > 1)
        share = 1;
    return from + share * (to - from);
}

void svg_whisker(struct text *out, const struct svg_scale *scale, const struct view_row *row,
                 int digits)
{
    double low = along(scale, row->low, 2, WHISKER_WIDTH - 2);
    double at = along(scale, row->score, 2, WHISKER_WIDTH - 2);
    double high = along(scale, row->high, 2, WHISKER_WIDTH - 2);
    html_put(out,
             "<svg class=\"whisker%z\" width=\"150\" height=\"18\" viewBox=\"0 0 150 18\" "
             "role=\"img\" aria-label=\"95 %% interval ",
             row->baseline ? " base" : "");
    say_score(out, row->low, digits);
    text_add(out, S(" to "));
    say_score(out, row->high, digits);
    html_put(out,
             "\"><line class=\"track\" x1=\"0\" x2=\"150\" y1=\"9\" y2=\"9\"/>"
             "<line class=\"span\" x1=\"%f\" x2=\"%f\" y1=\"9\" y2=\"9\"/>"
             "<line class=\"span\" x1=\"%f\" x2=\"%f\" y1=\"5.5\" y2=\"12.5\"/>"
             "<line class=\"span\" x1=\"%f\" x2=\"%f\" y1=\"5.5\" y2=\"12.5\"/>"
             "<circle class=\"point\" cx=\"%f\" cy=\"9\" r=\"3.5\"/></svg>",
             low, high, low, low, high, high, at);
}

void svg_spark(struct text *out, const struct view_row *row)
{
    size_t skip = row->history_count > SPARK_MOST ? row->history_count - SPARK_MOST : 0;
    const struct view_release *at = row->history + skip;
    size_t count = row->history_count - skip;
    if (!count)
        return;
    struct svg_scale scale = { INFINITY, -INFINITY };
    for (size_t i = 0; i < count; i++)
        widen(&scale, at[i].score, at[i].score);
    air(&scale);
    html_put(out,
             "<svg class=\"spark\" width=\"88\" height=\"24\" viewBox=\"0 0 88 24\" "
             "role=\"img\" aria-label=\"%i released scores\"><polyline points=\"",
             (int64_t)row->history_count);
    double x = SPARK_WIDTH - 4, y = SPARK_HEIGHT / 2;
    for (size_t i = 0; i < count; i++) {
        x = count > 1 ? 4 + (SPARK_WIDTH - 8) * (double)i / (double)(count - 1) : SPARK_WIDTH - 4;
        y = along(&scale, at[i].score, SPARK_HEIGHT - 4, 4);
        html_put(out, "%f,%f ", x, y);
    }
    html_put(out, "\"/><circle cx=\"%f\" cy=\"%f\" r=\"2.25\"/></svg>", x, y);
}

/* Two or three round numbers across the range, as lines with labels. */
static void grid(struct text *out, const struct svg_scale *scale, int digits)
{
    for (int i = 0; i <= 2; i++) {
        double value = scale->low + (scale->high - scale->low) * (0.08 + 0.42 * i);
        double y = along(scale, value, HISTORY_HEIGHT - 24, 12);
        html_put(out,
                 "<line class=\"grid\" x1=\"64\" x2=\"1000\" y1=\"%f\" y2=\"%f\"/>"
                 "<text x=\"56\" y=\"%f\" text-anchor=\"end\">",
                 y, y, y + 4);
        say_score(out, value, digits);
        html_put(out, "</text>");
    }
}

static double history_x(size_t at, size_t count)
{
    return count > 1 ? 84 + (HISTORY_WIDTH - 108) * (double)at / (double)(count - 1)
                     : 64 + (HISTORY_WIDTH - 64) / 2;
}

void svg_history(struct text *out, const struct view_release *at, size_t count, int digits)
{
    size_t skip = count > HISTORY_MOST ? count - HISTORY_MOST : 0;
    at += skip;
    count -= skip;
    struct svg_scale scale = { INFINITY, -INFINITY };
    for (size_t i = 0; i < count; i++)
        widen(&scale, at[i].low, at[i].high);
    air(&scale);
    html_put(out,
             "<svg class=\"history\" viewBox=\"0 0 1000 220\" role=\"img\" "
             "aria-label=\"Released score of each version; the table below has the numbers\">");
    grid(out, &scale, digits);
    html_put(out, "<polyline class=\"line\" points=\"");
    for (size_t i = 0; i < count; i++)
        html_put(out, "%f,%f ", history_x(i, count),
                 along(&scale, at[i].score, HISTORY_HEIGHT - 24, 12));
    html_put(out, "\"/>");
    for (size_t i = 0; i < count; i++) {
        double x = history_x(i, count);
        html_put(out,
                 "<line class=\"span\" x1=\"%f\" x2=\"%f\" y1=\"%f\" y2=\"%f\"/>"
                 "<circle class=\"point\" cx=\"%f\" cy=\"%f\" r=\"4\"/>",
                 x, x, along(&scale, at[i].low, HISTORY_HEIGHT - 24, 12),
                 along(&scale, at[i].high, HISTORY_HEIGHT - 24, 12), x,
                 along(&scale, at[i].score, HISTORY_HEIGHT - 24, 12));
        if (count <= 20 || i == 0 || i + 1 == count)
            html_put(out, "<text x=\"%f\" y=\"214\" text-anchor=\"middle\">%i</text>", x,
                     (int64_t)(skip + i + 1));
    }
    html_put(out, "</svg>");
}
