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
 * The word of words[count] that is nearest to `word`, or NULL: for `did you mean`. One that differs
 * in case only, else by edit distance <= 1 + length/4 that leaves half of the shorter word: of one
 * letter nothing is guessed but its case.
 */
const char *words_nearest(struct str word, const char *const *words, size_t count);

struct known_words {
    const char *const *words;
    size_t count;
};

/* `pipeline.yaml:4: unknown key "lerner", did you mean "learner"`, or with all that are known. */
void complain_unknown(struct complaints *to, const char *file, int line, struct str key,
                      const struct known_words *known);
