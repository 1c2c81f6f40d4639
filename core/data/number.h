/*
 * Decimal numbers: reading them correctly rounded, printing the shortest that reads back equal.
 * Independent of the locale. The form is [+-]digits[.digits][e[+-]digits], where either side of the
 * point may be empty; nothing hexadecimal, no blanks.
 */
#pragma once

#include "core/base/str.h"

enum number_found {
    NUMBER_NONE, /* not a number; *out is untouched */
    NUMBER_FINE,
    NUMBER_INFINITE, /* "inf", "-Infinity", "1e999": no double holds it; *out is untouched */
};

/* The whole text must be the number. Too small for a double gives 0. O(length). */
enum number_found number_parse(struct str text, double *out);

/*
 * The number that the bytes [at, end) start with: gives where it ends. NULL when there is none or
 * when it takes the long way of number_parse (over 19 digits, results that are tiny or not finite).
 */
const char *number_cut(const char *at, const char *end, double *out);

#define NUMBER_BYTES 32
#define NUMBER_LONGEST 24 /* "-1.7976931348623157e+308" */
/*
 * Zero-ended into out; gives its length. Finite values only read back; others print as "nan". Of
 * the shortest decimals the nearest one is taken. With an exponent as printf's %g has it, for 15
 * digits or as many as there are. About 20 ns.
 */
size_t number_print(double value, char out[NUMBER_BYTES]);

/*
 * The same text, faster where *places is how many places behind the point suffice: those of a
 * number printed before, of the same column. 0: not known. Sets it for the next one.
 */
size_t number_print_near(double value, unsigned *places, char out[NUMBER_BYTES]);
