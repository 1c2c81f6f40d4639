/*
 * Are all numbers as they must be? At the speed of memory (about 1 ns a number), so that a check of
 * foreign rows costs little beside a metric; which row is wrong is then looked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool numbers_finite(const double *x, size_t n);
bool numbers_within(const double *x, size_t n, double least, double most); /* NAN is not */
bool numbers_binary(const double *x, size_t n);                            /* 0 or 1 */
