/*
 * Which rows belong together, as the rows themselves say: those of a group (a patient, a query) are
 * no independent rows; nor are those of a forecast's series, or, where there are fewer than
 * DESIGN_SERIES of these, neighbours in time. Errors and tests of means of losses follow it.
 */
#pragma once

#include "core/eval/resample.h"
#include "core/eval/scored.h"

#define DESIGN_SERIES 20

/* Clusters, blocks of neighbours, or rows. */
struct resampling design_of(struct arena *arena, const struct scored *rows, uint64_t seed);

/* Do rows stand alone? */
bool design_is_plain(const struct scored *rows);

/*
 * Parts for a jackknife, at most `most`, each to be left out as a whole: which one row i is in, and
 * how many there are. Clusters stay whole; neighbours are in the same part or the next.
 */
size_t design_part_count(const struct scored *rows, size_t most);
size_t design_part(const struct scored *rows, size_t i, size_t part_count);
