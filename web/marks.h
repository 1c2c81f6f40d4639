/* Drawings inside pages: interval whiskers and sparklines, each with its numbers as text. */
#pragma once

#include "grader/view.h"

/* The range that all whiskers of a board share. */
struct marks_scale {
    double low;
    double high;
};
struct marks_scale marks_scale_of(const struct view_board *board);

void marks_whisker(struct text *out, const struct marks_scale *scale, const struct view_row *row,
                   int digits);
void marks_spark(struct text *out, const struct view_row *row);
