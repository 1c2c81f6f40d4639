/* A set of names by 64 bits of each: open addressing, at most half full. */
#include "grader/tidy/marks.h"
#include <stdlib.h>

#define ROOM_LEAST 1024
#define DIGEST_LEN 64

static uint64_t bits_of(struct str name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 0x100000001b3u;
    hash = (hash ^ hash >> 32) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 29;
    return hash ? hash : 1;
}

static void put(struct marks *marks, uint64_t bits)
{
    size_t at = (size_t)bits & (marks->room - 1);
    while (marks->slots[at] && marks->slots[at] != bits)
        at = (at + 1) & (marks->room - 1);
    marks->count += !marks->slots[at];
    marks->slots[at] = bits;
}

static void grow(struct marks *marks)
{
    struct marks more = { .room = marks->room ? 2 * marks->room : ROOM_LEAST };
    more.slots = calloc(more.room, sizeof *more.slots);
    if (!more.slots)
        abort();
    for (size_t i = 0; i < marks->room; i++)
        if (marks->slots[i])
            put(&more, marks->slots[i]);
    free(marks->slots);
    *marks = more;
}

void marks_add(struct marks *marks, struct str name)
{
    if (2 * marks->count >= marks->room)
        grow(marks);
    put(marks, bits_of(name));
}

bool marks_has(const struct marks *marks, struct str name)
{
    if (!marks->room)
        return false;
    uint64_t bits = bits_of(name);
    size_t at = (size_t)bits & (marks->room - 1);
    while (marks->slots[at] && marks->slots[at] != bits)
        at = (at + 1) & (marks->room - 1);
    return marks->slots[at] == bits;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

void marks_add_digests(struct marks *marks, struct str text)
{
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        for (end = at; end < text.len && is_hex(text.at[end]);)
            end++;
        if (end - at == DIGEST_LEN)
            marks_add(marks, (struct str){ text.at + at, DIGEST_LEN });
    }
}

void marks_scoped(struct marks *marks)
{
    free(marks->slots);
    *marks = (struct marks){ 0 };
}
