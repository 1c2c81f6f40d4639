/* The first look at a CSV file. */
#include "core/data/csv_survey.h"
#include "core/base/compiler.h"
#include "core/math/threads.h"

#define STRIDE 2048 /* bytes that are looked at together */

struct survey {
    struct csv_block *blocks;
    const char *end;
};

static size_t line_ends_slow(const char *from, const char *to, const char *end)
{
    size_t count = 0;
    for (const char *at = from; at < to; at++)
        count += *at == '\n' || (*at == '\r' && !(at + 1 < end && at[1] == '\n'));
    return count;
}

typedef uint8_t lanes __attribute__((vector_size(32)));

struct look {
    size_t lf;
    bool cr, nul, high;
};

static bool any_lane(const lanes *all)
{
    uint64_t parts[4];
    memcpy(parts, all, sizeof parts);
    return (parts[0] | parts[1] | parts[2] | parts[3]) != 0;
}

/* Of lanes up to 128. */
static size_t lanes_sum(const lanes *all)
{
    uint64_t parts[4], sums = 0, pairs = 0x00FF00FF00FF00FFu;
    memcpy(parts, all, sizeof parts);
    for (int i = 0; i < 4; i++)
        sums += (parts[i] & pairs) + (parts[i] >> 8 & pairs);
    return (size_t)(sums * 0x0001000100010001u >> 48);
}

/* At STRIDE bytes: 64 line ends a lane at most, which fit. */
static inline struct look look_at(const char *at)
{
    lanes lf = { 0 }, cr = { 0 }, nul = { 0 }, high = { 0 };
    for (size_t i = 0; i < STRIDE; i += sizeof(lanes)) {
        lanes bytes;
        memcpy(&bytes, at + i, sizeof bytes);
        lf -= (lanes)(bytes == '\n');
        cr |= (lanes)(bytes == '\r');
        nul |= (lanes)(bytes == 0);
        high |= bytes;
    }
    high &= 0x80;
    return (struct look){ lanes_sum(&lf), any_lane(&cr), any_lane(&nul), any_lane(&high) };
}

/* The same where there are CR; one byte more must be readable. */
static size_t ends_with_cr(const char *at)
{
    lanes ends = { 0 };
    for (size_t i = 0; i < STRIDE; i += sizeof(lanes)) {
        lanes bytes, next;
        memcpy(&bytes, at + i, sizeof bytes);
        memcpy(&next, at + i + 1, sizeof next);
        ends -= (lanes)(bytes == '\n') | ((lanes)(bytes == '\r') & (lanes)(next != '\n'));
    }
    return lanes_sum(&ends);
}

static size_t stride_ends(const struct look *look, const char *at, const char *end)
{
    if (!look->cr)
        return look->lf;
    return end - at > STRIDE ? ends_with_cr(at) : line_ends_slow(at, at + STRIDE, end);
}

size_t csv_line_ends(const char *from, const char *to, const char *end)
{
    size_t count = 0;
    const char *at = from;
    for (; to - at >= STRIDE; at += STRIDE) {
        struct look look = look_at(at);
        count += stride_ends(&look, at, end);
    }
    return count + line_ends_slow(at, to, end);
}

bool csv_line_starts(const char *at, const char *end)
{
    return at[-1] == '\n' || (at[-1] == '\r' && !(at < end && *at == '\n'));
}

/* The first NUL or broken run of bytes beyond ASCII; *at goes behind a run that crosses `to`. */
static const char *stranger_find(const char **at, const char *to, const char *block_end)
{
    while (*at < to) {
        const char *first = *at;
        if (*first == 0)
            return first;
        while (*at < block_end && (**at & 0x80))
            ++*at;
        if (*at > first && !str_is_utf8((struct str){ first, (size_t)(*at - first) }))
            return first;
        *at += *at == first;
    }
    return NULL;
}

CLONED_V3 static void block_look(void *work, size_t i)
{
    const struct survey *survey = work;
    struct csv_block *block = &survey->blocks[i];
    const char *text = block->from; /* up to here it is text */
    for (const char *at = block->from; at < block->to; at += STRIDE) {
        const char *to = block->to - at > STRIDE ? at + STRIDE : block->to;
        struct look look = { .high = true };
        if (to - at == STRIDE) {
            look = look_at(at);
            block->line_ends += stride_ends(&look, at, survey->end);
        } else {
            block->line_ends += line_ends_slow(at, to, survey->end);
        }
        if (text < at)
            text = at;
        if ((look.high || look.nul) && !block->stranger)
            block->stranger = stranger_find(&text, to, block->to);
    }
}

struct csv_block *csv_survey(struct arena *arena, struct str bytes, unsigned threads, size_t *count)
{
    *count = (bytes.len + CSV_BLOCK_BYTES - 1) / CSV_BLOCK_BYTES;
    struct survey survey = { arena_array(arena, struct csv_block, *count), bytes.at + bytes.len };
    for (size_t i = 0; i < *count; i++) {
        const char *at = bytes.at + i * CSV_BLOCK_BYTES;
        for (int k = 0; i > 0 && k < 3 && at < survey.end && (*at & 0xC0) == 0x80; k++)
            at++;
        survey.blocks[i].from = at;
        survey.blocks[i].to = survey.end;
        if (i > 0)
            survey.blocks[i - 1].to = at;
    }
    threads_run(threads, *count, block_look, &survey);
    return survey.blocks;
}
