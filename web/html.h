/*
 * HTML written as a stream, escaped by default. Everything that is not a literal of ours goes
 * through a placeholder:
 *   %t struct str, %z zero-ended: text, also inside double-quoted attributes     %u struct str: one
 * segment of an address
 *   %i int64_t     %f double, two decimals (drawing)     %%
 * Foreign text: invalid UTF-8 becomes U+FFFD, control characters their pictures, direction
 * overrides U+FFFD.
 */
#pragma once

#include "core/base/str.h"

/* The format must be a literal. */
#define html_put(out, ...) html_put_((out), "" __VA_ARGS__)
void html_put_(struct text *out, const char *format, ...);

/* Markup of ours, not escaped: a literal, and a literal that depends. */
#define html_raw(out, literal) text_add((out), S(literal))
#define html_raw_if(condition, out, literal) ((condition) ? html_raw(out, literal) : (void)0)

void html_text(struct text *out, struct str foreign);
void html_segment(struct text *out, struct str foreign);
/*
 * A program's log: without terminal colours, with only the last state of each line that was
 * overwritten by \r.
 */
void html_log(struct text *out, struct str foreign);
