/* Segments of rows with a Gram matrix each. */
#include "core/learn/segments.h"
#include <string.h>

#define SEGMENT_ROWS_LEAST ((size_t)2048)
#define SEGMENTS_MOST ((size_t)8)
#define GRAM_BYTES_MOST ((size_t)64 << 20) /* of all segments */

static size_t segments_for(size_t rows, size_t width)
{
    size_t count = rows / SEGMENT_ROWS_LEAST;
    size_t gram = width * width * sizeof(double);
    if (count > SEGMENTS_MOST)
        count = SEGMENTS_MOST;
    while (count > 1 && gram > GRAM_BYTES_MOST / count)
        count--;
    return count ? count : 1;
}

struct segments segments_new(struct arena *arena, size_t rows, size_t width)
{
    struct segments segments = { .count = segments_for(rows, width) };
    segments.at = arena_array(arena, struct segment, segments.count);
    size_t each = (rows + segments.count - 1) / segments.count;
    for (size_t i = 0; i < segments.count; i++) {
        struct segment *segment = &segments.at[i];
        segment->from = i * each < rows ? i * each : rows;
        segment->count = rows - segment->from < each ? rows - segment->from : each;
        segment->gram = matrix_new(arena, width, width);
        segment->block = matrix_new(arena, BLOCK_ROWS, width);
        segment->sums = arena_array(arena, double, width);
    }
    return segments;
}

void segment_clear(struct segment *segment)
{
    size_t width = segment->gram.rows;
    memset(segment->gram.at, 0, width * width * sizeof(double));
    memset(segment->sums, 0, width * sizeof(double));
    segment->loss = 0;
}

struct segment *segments_total(struct segments segments)
{
    struct segment *total = &segments.at[0];
    size_t width = total->gram.rows;
    for (size_t s = 1; s < segments.count; s++) {
        const struct segment *more = &segments.at[s];
        for (size_t i = 0; i < width * width; i++)
            total->gram.at[i] += more->gram.at[i];
        for (size_t i = 0; i < width; i++)
            total->sums[i] += more->sums[i];
        total->loss += more->loss;
    }
    return total;
}
