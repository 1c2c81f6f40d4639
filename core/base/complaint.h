/*
 * Complaints: all that is wrong with a foreign file, one line a mistake, said at once instead of
 * one by one. A line reads `course.yaml:12: unknown key "metrcs", did you mean "metrics"`.
 */
#pragma once

#include "core/base/str.h"

struct complaints {
    struct arena *arena;
    size_t count; /* all, also those past the 100 that are kept */
    size_t kept;
    struct str lines[100];
};

/* line 0: without a line number. file may be NULL. */
void complain(struct complaints *to, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The word of words[count] that is nearest to `word` (edit distance <= 1 + length/4), or NULL: for
 * `did you mean`.
 */
const char *words_nearest(struct str word, const char *const *words, size_t count);
