/* Small drawings inside pages. */
#include "web/marks.h"
#include "web/html.h"
#include "web/words.h"
#include <math.h>

#define WHISKER_WIDTH 150.0
#define SPARK_WIDTH 88.0
#define SPARK_HEIGHT 24.0

static void widen(struct marks_scale *scale, double low, double high)
{
    if (isfinite(low) && low < scale->low)
        scale->low = low;
    if (isfinite(high) && high > scale->high)
        scale->high = high;
}

/* A little air at both ends; never empty. */
static void air(struct marks_scale *scale)
{
    if (scale->low > scale->high)
        *scale = (struct marks_scale){ 0, 1 };
    double more = (scale->high - scale->low) * 0.04;
    if (more <= 0)
        more = fabs(scale->high) * 0.05 + 1e-6;
    scale->low -= more;
    scale->high += more;
}

struct marks_scale marks_scale_of(const struct view_board *board)
{
    struct marks_scale scale = { INFINITY, -INFINITY };
    for (size_t i = 0; i < board->count; i++) {
        widen(&scale, board->rows[i].low, board->rows[i].high);
        widen(&scale, board->rows[i].score, board->rows[i].score);
    }
    air(&scale);
    return scale;
}

static double along(const struct marks_scale *scale, double value, double from, double to)
{
    double share = (value - scale->low) / (scale->high - scale->low);
    if (!(share >= 0))
        share = 0;
    if (share > 1)
        share = 1;
    return from + share * (to - from);
}

void marks_whisker(struct text *out, const struct marks_scale *scale, const struct view_row *row,
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

void marks_spark(struct text *out, const struct view_row *row)
{
    size_t all = row->history_count;
    size_t skip = all > VIEW_HISTORY_MOST ? all - VIEW_HISTORY_MOST : 0, count = all - skip;
    const struct view_release *at = row->history + skip;
    if (!count)
        return;
    struct marks_scale scale = { INFINITY, -INFINITY };
    for (size_t i = 0; i < count; i++)
        widen(&scale, at[i].score, at[i].score);
    air(&scale);
    html_put(out,
             "<svg class=\"spark\" width=\"88\" height=\"24\" viewBox=\"0 0 88 24\" "
             "role=\"img\" aria-label=\"%z%i released scores\"><polyline points=\"",
             count == VIEW_HISTORY_MOST ? "the newest " : "", (int64_t)count);
    double x = SPARK_WIDTH - 4, y = SPARK_HEIGHT / 2;
    for (size_t i = 0; i < count; i++) {
        x = count > 1 ? 4 + (SPARK_WIDTH - 8) * (double)i / (double)(count - 1) : SPARK_WIDTH - 4;
        y = along(&scale, at[i].score, SPARK_HEIGHT - 4, 4);
        html_put(out, "%f,%f ", x, y);
    }
    html_put(out, "\"/><circle cx=\"%f\" cy=\"%f\" r=\"2.25\"/></svg>", x, y);
}
