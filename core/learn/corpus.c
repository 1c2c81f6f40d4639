/* Counting the terms of texts. */
#include "core/learn/corpus.h"

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define BATCH 32 /* words that memory is asked for before their turn */
#define AHEAD 12 /* pairs, and terms whose frequencies are added to */

size_t corpus_longest(const struct column *column)
{
    size_t longest = 0;
    for (size_t k = 0; k < column->level_count; k++)
        if (column->levels[k].len > longest)
            longest = column->levels[k].len;
    return longest;
}

/* Once more in the row from `start` on; *at: the term's place in it plus 1, or in an older row. */
static inline void count(struct row_writer *counts, size_t start, uint32_t term, uint32_t *at)
{
    if (*at > start) {
        counts->values[*at - 1]++;
        return;
    }
    row_writer_add(counts, term, 1);
    *at = (uint32_t)counts->count;
}

/* The words of the text: counted, and their numbers into tokens[]; gives how many. */
static size_t count_words(struct corpus *in, struct str text, char *room, uint32_t *tokens)
{
    struct words words = words_of(text, room);
    struct word_table *table = &in->words;
    struct str batch[BATCH];
    struct word_key keys[BATCH];
    size_t start = in->counts.count, total = 0, taken;
    while ((taken = words_take(&words, batch, BATCH))) {
        for (size_t i = 0; i < taken; i++) {
            keys[i] = word_key_of(batch[i]);
            word_ask(table, keys[i]);
        }
        for (size_t i = 0; i < taken; i++) {
            struct word_slot *slot = word_at(table, batch[i], keys[i]);
            if (!slot->number)
                slot = word_put(table, slot, batch[i], keys[i]);
            if (in->ngrams & NGRAMS_WORDS)
                count(&in->counts, start, slot->number - 1, &slot->at);
            if (in->ngrams & NGRAMS_PAIRS)
                tokens[total++] = slot->number - 1;
        }
    }
    return total;
}

static void count_pairs(struct corpus *in, const uint32_t *tokens, size_t n)
{
    size_t start = in->counts.count;
    for (size_t i = 1; i < n; i++) {
        if (i + AHEAD < n)
            pair_ask(&in->pairs, pair_key(tokens[i + AHEAD - 1], tokens[i + AHEAD]));
        struct pair_slot *slot = pair_add(&in->pairs, tokens[i - 1], tokens[i]);
        if (slot->number == TERM_NONE)
            slot->number = (uint32_t)in->pairs.count - 1;
        count(&in->counts, start, slot->number | TERM_PAIR, &slot->at);
    }
}

static void frequencies_room(struct corpus *in, struct frequencies *of, size_t count)
{
    size_t room = count + count / 2 + 4096, old = of->room * sizeof(uint32_t);
    if (count <= of->room)
        return;
    of->texts = apart_grow(in->arena, &of->texts_apart, old, room * sizeof(uint32_t));
    if (in->occurrences)
        of->occurrences =
            apart_grow(in->arena, &of->occurrences_apart, old, room * sizeof(uint32_t));
    of->room = room;
}

/* Of the counts from `start` on, which are all of words or all of pairs. */
static void frequencies_add(struct corpus *in, struct frequencies *of, size_t start,
                            uint32_t weight)
{
    const struct row_writer *counts = &in->counts;
    for (size_t e = start; e < counts->count; e++) {
        if (e + AHEAD < counts->count)
            __builtin_prefetch(&of->texts[counts->columns[e + AHEAD] & ~TERM_PAIR]);
        uint32_t term = counts->columns[e] & ~TERM_PAIR;
        of->texts[term] += weight;
        if (of->occurrences)
            of->occurrences[term] += weight * (uint32_t)counts->values[e];
    }
}

/* Rows that have each level, and the bytes of those that any has. */
static size_t weigh(struct corpus *in)
{
    const struct column *column = in->column;
    size_t bytes = 0;
    in->weight = arena_array(in->arena, uint32_t, column->level_count);
    for (size_t i = 0; i < in->rows; i++)
        if (column->codes[i] >= 0)
            in->weight[column->codes[i]]++;
    for (size_t k = 0; k < column->level_count; k++)
        bytes += in->weight[k] ? column->levels[k].len : 0;
    return bytes;
}

bool corpus_count(struct corpus *in, struct arena *rows, struct fault *why)
{
    const struct column *column = in->column;
    size_t longest = corpus_longest(column), bytes = weigh(in);
    char *room = arena_take(in->arena, words_room(longest));
    uint32_t *tokens = arena_array(in->arena, uint32_t, longest / 2 + 1);
    in->words.arena = in->pairs.arena = in->arena;
    word_room(&in->words, 1);
    pairs_room(&in->pairs, 1);
    /* Untouched room costs nothing, moving it does. */
    row_writer_open(&in->counts, rows, column->level_count,
                    (in->ngrams & NGRAMS_WORDS ? bytes / 8 : 0) +
                        (in->ngrams & NGRAMS_PAIRS ? bytes / 6 : 0) + 1024);
    for (size_t k = 0; k < column->level_count; row_writer_end(&in->counts, NORM_NONE), k++) {
        if (!in->weight[k])
            continue;
        size_t start = in->counts.count, n = count_words(in, column->levels[k], room, tokens);
        frequencies_room(in, &in->of_words, in->words.count);
        frequencies_add(in, &in->of_words, start, in->weight[k]);
        start = in->counts.count;
        if (n)
            count_pairs(in, tokens, n);
        frequencies_room(in, &in->of_pairs, in->pairs.count);
        frequencies_add(in, &in->of_pairs, start, in->weight[k]);
        if (in->counts.count > UINT32_MAX - 2 * (size_t)longest || in->words.count >= TERM_PAIR ||
            in->pairs.count >= TERM_PAIR)
            return fault_set(why, BLAME_OPEN,
                             "column \"%.*s\" has too many words: 4e9 at most are counted",
                             STR_ARGS(str_until(column->name, 60)));
    }
    return true;
}
