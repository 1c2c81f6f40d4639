/* Segments of rows with sums and scratch of their own. */
#include "core/learn/segments.h"
#include <string.h>

#define SEGMENT_ROWS_LEAST ((size_t)2048)
#define SEGMENTS_MOST ((size_t)8)
#define SUM_BYTES_MOST ((size_t)64 << 20) /* of all segments */

static size_t segments_for(size_t rows, size_t sum_count)
{
    size_t count = rows / SEGMENT_ROWS_LEAST, most = SUM_BYTES_MOST / sizeof(double);
    if (count > SEGMENTS_MOST)
        count = SEGMENTS_MOST;
    while (count > 1 && sum_count > most / count)
        count--;
    return count ? count : 1;
}

struct segments segments_new(struct arena *arena, size_t from, size_t count, size_t sum_count,
                             size_t scratch_count)
{
    struct segments segments = { .count = segments_for(count, sum_count), .sum_count = sum_count };
    segments.at = arena_array(arena, struct segment, segments.count);
    size_t each = (count + segments.count - 1) / segments.count;
    for (size_t i = 0; i < segments.count; i++) {
        struct segment *segment = &segments.at[i];
        size_t before = i * each < count ? i * each : count;
        segment->from = from + before;
        segment->count = count - before < each ? count - before : each;
        segment->sums = arena_array(arena, double, sum_count);
        segment->scratch = arena_array(arena, double, scratch_count);
    }
    return segments;
}

void segments_clear(struct segments segments)
{
    for (size_t i = 0; i < segments.count; i++) {
        memset(segments.at[i].sums, 0, segments.sum_count * sizeof(double));
        segments.at[i].loss = 0;
    }
}

struct segment *segments_total(struct segments segments)
{
    struct segment *total = &segments.at[0];
    for (size_t s = 1; s < segments.count; s++) {
        const struct segment *more = &segments.at[s];
        for (size_t i = 0; i < segments.sum_count; i++)
            total->sums[i] += more->sums[i];
        total->loss += more->loss;
    }
    return total;
}
