/* Subcommands of holdout-box, and how a mistyped word finds the right one. */
#pragma once

#include <stddef.h>

int run_main(int argc, char **argv);
int doctor_main(int argc, char **argv);

/* The word of words[count] that differs by at most 1 + length/4 letters; NULL when none does. */
const char *option_nearest(const char *word, const char *const *words, size_t count);
