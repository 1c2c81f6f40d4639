/*
 * Words for people: states, verdicts with what to do, names of steps, and humane units.
 * The API keeps the store's own words; pages show these.
 */
#pragma once

#include "core/base/str.h"

/* Tones colour a label and say the same in words: wait live good bad ours off. */
struct state_word {
    const char *state;
    const char *label;
    const char *tone;
};
const struct state_word *word_of_state(struct str state); /* of a run; never NULL */
const struct state_word *word_of_step_state(struct str state);

/* Of a team's repository: "repository unreachable"; NULL when there is nothing to say. */
const struct state_word *word_of_repository(struct str state);

struct verdict_word {
    const char *verdict;
    const char *headline;
    const char *advice;
};
const struct verdict_word *word_of_verdict(struct str verdict); /* NULL when unknown */

const char *word_of_step(struct str step); /* NULL when unknown */

/* "1.2 s", "850 ms", "3 min 20 s". */
void say_duration(struct text *out, int64_t us);
/* "184 MB", of 1048576 bytes, as the limits count. */
void say_bytes(struct text *out, int64_t bytes);
/* Fixed decimals, thousands apart by a narrow space, a true minus. */
void say_score(struct text *out, double value, int digits);
/* Up to 4 significant digits, without needless zeros. */
void say_number(struct text *out, double value);
/*
 * <time> with "4 min ago" or "in 3 days"; the exact instant stands in datetime and title. Nothing
 * for 0.
 */
void say_ago(struct text *out, int64_t now_ms, int64_t at_ms);
/* <time> with "10 Feb 2026, 17:00 UTC". Nothing for 0. */
void say_when(struct text *out, int64_t at_ms);
/* "1st", "2nd", "11th". */
void say_ordinal(struct text *out, int64_t n);
