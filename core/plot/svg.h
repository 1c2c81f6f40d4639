/* What all plots are written with: escaped text, numbers, the frame, colours, round ticks. */
#pragma once

#include "core/base/str.h"

/* Text for inside an element or an attribute: & < > " are escaped, control characters dropped. */
void svg_text(struct text *out, struct str text);

/* A number with at most two decimals, as coordinates are. */
void svg_number(struct text *out, double value);

/* A number as a label: `step` says how many decimals tell neighbours apart. */
void svg_label(struct text *out, double value, double step);

/* The head with title and description, and the colours unless the page has them. */
void svg_open(struct text *out, double width, double height, const char *title, const char *what,
              bool in_page);
void svg_close(struct text *out);

/* <text class="..." x y text-anchor>: open, the caller adds the words, close with "</text>". */
void svg_text_open(struct text *out, const char *class, double x, double y, const char *anchor);

void svg_line(struct text *out, const char *class, double x1, double y1, double x2, double y2);

/* The round step (1, 2, 2.5 or 5 times a power of ten) that cuts a range into about `pieces`. */
double svg_step(double range, double pieces);
