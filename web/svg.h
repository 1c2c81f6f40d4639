/* Small drawings inside pages: interval whiskers, sparklines, the history of a team. Each carries
 * its numbers as text. */
#pragma once

#include "grader/view.h"

/* The range that all whiskers of a board share. */
struct svg_scale {
    double low;
    double high;
};
struct svg_scale svg_scale_of(const struct view_board *board);

void svg_whisker(struct text *out, const struct svg_scale *scale, const struct view_row *row,
                 int digits);
void svg_spark(struct text *out, const struct view_row *row);
/* Score and interval of each released version, in order. */
void svg_history(struct text *out, const struct view_release *at, size_t count, int digits);
