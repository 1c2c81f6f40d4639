/* Complaints: lines gathered in an arena, and the nearest known word. */
#include "core/base/complaint.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <strings.h>

#define LINE_BYTES_MOST 500
#define WORD_BYTES_MOST 63
#define LINES_KEPT (sizeof((struct complaints){ 0 }.lines) / sizeof(struct str))

/* Foreign text goes to terminals and pages: no control characters. */
static void make_printable(char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < 0x20 || *line == 0x7f)
            *line = '?';
}

/* A cut in the middle of a character leaves no half of it behind. */
static void cut_whole(char *line)
{
    size_t len = strlen(line);
    while (len && !str_is_utf8((struct str){ line, len }) && len > LINE_BYTES_MOST - 5)
        line[--len] = 0;
}

void complain(struct complaints *to, const char *file, int line, const char *format, ...)
{
    to->count++;
    if (to->kept == LINES_KEPT)
        return;
    char text[LINE_BYTES_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cut_whole(text);
    make_printable(text);
    const char *whole;
    if (file && line > 0)
        whole = arena_print(to->arena, "%s:%d: %s", file, line, text);
    else if (file)
        whole = arena_print(to->arena, "%s: %s", file, text);
    else
        whole = arena_print(to->arena, "%s", text);
    to->lines[to->kept++] = str_of(whole);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time; both words at most WORD_BYTES_MOST bytes. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t row[WORD_BYTES_MOST + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.len; j++) {
            size_t swap = diagonal + (a.at[i] != b.at[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(row[j + 1] + 1, row[j] + 1, swap);
        }
    }
    return row[b.len];
}

static bool is_near(size_t distance, struct str word, struct str known)
{
    size_t shorter = word.len < known.len ? word.len : known.len;
    return distance <= 1 + word.len / 4 && 2 * distance <= shorter;
}

static bool differs_in_case(struct str word, struct str known)
{
    return word.len == known.len && strncasecmp(word.at, known.at, word.len) == 0;
}

const char *words_nearest(struct str word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    if (word.len == 0 || word.len > WORD_BYTES_MOST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct str known = str_of(words[i]);
        if (known.len == 0 || known.len > WORD_BYTES_MOST)
            continue;
        size_t distance = edit_distance(word, known);
        if (differs_in_case(word, known))
            return words[i];
        if (distance < best_distance && is_near(distance, word, known)) {
            best = words[i];
            best_distance = distance;
        }
    }
    return best;
}

void complain_unknown(struct complaints *to, const char *file, int line, struct str key,
                      const struct known_words *known)
{
    const char *nearest = words_nearest(key, known->words, known->count);
    struct text list = { .arena = to->arena };
    for (size_t i = 0; i < known->count; i++)
        text_print(&list, "%s%s", i ? ", " : "", known->words[i]);
    if (nearest)
        complain(to, file, line, "unknown key \"%.*s\", did you mean \"%s\"",
                 STR_ARGS(str_until(key, 60)), nearest);
    else
        complain(to, file, line, "unknown key \"%.*s\", allowed are: %s",
                 STR_ARGS(str_until(key, 60)), list.at ? list.at : "none");
}
