/*
 * Text: a borrowed piece of bytes with its length, by value; and a growing buffer for building one.
 * Bytes are not zero-ended unless said; not always UTF-8 (foreign text).
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *at;
    size_t len;
};

#define S(literal) ((struct str){ "" literal "", sizeof(literal) - 1 })
#define PLURAL(count) ((count) == 1 ? "" : "s") /* "%zu row%s" */
#define STR_ARGS(s) (int)(s).len, (s).at        /* for "%.*s" */

struct str str_of(const char *zero_ended); /* NULL gives the empty text */
bool str_equal(struct str a, struct str b);
bool str_is(struct str a, const char *zero_ended);
int str_order(struct str a, struct str b); /* bytewise, as memcmp; <0, 0, >0 */
bool str_starts(struct str text, struct str with);
bool str_ends(struct str text, struct str with);
struct str str_trim(struct str text);              /* without ASCII white space at both ends */
struct str str_from(struct str text, size_t at);   /* from byte `at` on; empty past the end */
struct str str_until(struct str text, size_t len); /* the first len bytes at most */
bool str_find(struct str text, char wanted, size_t *at);
/*
 * Cut the part before `separator` off the front of *rest; false when *rest was used up (at ==
 * NULL).
 */
bool str_cut(struct str *rest, char separator, struct str *part);
char *str_zero(struct arena *arena, struct str text);      /* zero-ended copy */
struct str str_keep(struct arena *arena, struct str text); /* copy, also zero-ended */
bool str_is_utf8(struct str text);

/*
 * Whole text must be the number (no blanks); decimal; false and *out untouched otherwise or out of
 * range.
 */
bool str_to_int(struct str text, int64_t *out);
bool str_to_double(struct str text, double *out); /* C locale; inf, nan and hex refused */

/*
 * A growing text in an arena: `struct text out = { .arena = arena };` always zero-ended after the
 * first add.
 */
struct text {
    struct arena *arena;
    char *at;
    size_t len;
    size_t room;
};
void text_add(struct text *text, struct str more);
void text_char(struct text *text, char c);
void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str text_str(const struct text *text);
