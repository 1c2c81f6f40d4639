/* Which terms of a corpus stay, and their order. */
#include "core/learn/corpus.h"
#include <stdlib.h>

struct ranked {
    uint64_t key; /* that decides the order */
    uint32_t term;
};

#define DIGIT 11

/* Rising by key, equal keys as they stood: by digits, those that all keys share left out. */
static void sort_ranked(struct arena *arena, struct ranked *ranked, size_t n)
{
    struct ranked *from = ranked, *to = arena_array(arena, struct ranked, n);
    uint64_t differing = 0;
    for (size_t i = 1; i < n; i++)
        differing |= ranked[i].key ^ ranked[0].key;
    for (unsigned shift = 0; shift < 64; shift += DIGIT) {
        size_t starts[1 << DIGIT] = { 0 }, total = 0;
        if (!(differing >> shift & ((1 << DIGIT) - 1)))
            continue;
        for (size_t i = 0; i < n; i++)
            starts[from[i].key >> shift & ((1 << DIGIT) - 1)]++;
        for (size_t d = 0; d < 1 << DIGIT; d++) {
            size_t count = starts[d];
            starts[d] = total;
            total += count;
        }
        for (size_t i = 0; i < n; i++)
            to[starts[from[i].key >> shift & ((1 << DIGIT) - 1)]++] = from[i];
        struct ranked *swap = from;
        from = to;
        to = swap;
    }
    if (from != ranked)
        memcpy(ranked, from, n * sizeof *ranked);
}

/* The first bytes as a number: decides most of the order of texts. */
static uint64_t front_of(struct str text)
{
    uint64_t front = 0;
    memcpy(&front, text.at, text.len < sizeof front ? text.len : sizeof front);
    return __builtin_bswap64(front);
}

static int by_text(const void *a, const void *b, void *texts)
{
    const struct ranked *x = a, *y = b;
    const struct str *of = texts;
    return str_order(of[x->term], of[y->term]);
}

/* Words rising by their text; the key is their front. */
static void sort_words(const struct corpus *in, struct ranked *words, size_t n)
{
    sort_ranked(in->arena, words, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && words[end].key == words[i].key;)
            end++;
        if (end - i > 1)
            qsort_r(words + i, end - i, sizeof *words, by_text, in->words.texts);
    }
}

/* Words that the terms have, in the order of their text, into *out; rank[word] of all. */
static uint32_t *rank_words(const struct corpus *in, const struct term *terms, size_t count,
                            struct word_table *out)
{
    size_t used = 0, n = 0;
    uint32_t *rank = arena_array(in->arena, uint32_t, in->words.count);
    for (size_t i = 0; i < count; i++) {
        rank[terms[i].first] = 1;
        if (terms[i].second)
            rank[terms[i].second - 1] = 1;
    }
    for (uint32_t w = 0; w < in->words.count; w++)
        used += rank[w];
    struct ranked *words = arena_array(in->arena, struct ranked, used);
    for (uint32_t w = 0; w < in->words.count; w++)
        if (rank[w])
            words[n++] = (struct ranked){ front_of(in->words.texts[w]), w };
    sort_words(in, words, used);
    struct str *texts = arena_array(in->arena, struct str, used);
    for (uint32_t i = 0; i < used; i++) {
        texts[i] = in->words.texts[words[i].term];
        rank[words[i].term] = i;
    }
    words_put(out, texts, used);
    return rank;
}

/* Longer words are no terms. */
static bool word_stays(const struct corpus *in, const struct choice *by, uint32_t word)
{
    uint32_t texts = in->of_words.texts[word];
    return texts >= by->least && texts <= by->most && in->words.texts[word].len <= by->word_bytes;
}

static bool pair_stays(const struct corpus *in, const struct choice *by,
                       const struct pair_slot *slot)
{
    const struct str *words = in->words.texts;
    if (!slot->key)
        return false;
    uint32_t texts = in->of_pairs.texts[slot->number];
    return texts >= by->least && texts <= by->most &&
           words[(slot->key - 1) >> 32].len <= by->word_bytes &&
           words[(uint32_t)(slot->key - 1)].len <= by->word_bytes;
}

/* Terms that stay, in no order; into *terms unless that is NULL. */
static size_t collect(const struct corpus *in, const struct choice *by, struct term *terms)
{
    size_t count = 0;
    for (uint32_t w = 0; in->ngrams & NGRAMS_WORDS && w < in->words.count; w++) {
        if (!word_stays(in, by, w))
            continue;
        if (terms)
            terms[count] = (struct term){ w, w, 0 };
        count++;
    }
    for (size_t i = 0; i < in->pairs.slot_count; i++) {
        const struct pair_slot *slot = &in->pairs.slots[i];
        if (!pair_stays(in, by, slot))
            continue;
        if (terms)
            terms[count] =
                (struct term){ slot->number | TERM_PAIR, (uint32_t)((slot->key - 1) >> 32),
                               (uint32_t)(slot->key - 1) + 1 };
        count++;
    }
    return count;
}

uint32_t corpus_texts(const struct corpus *in, uint32_t term)
{
    return (term & TERM_PAIR ? in->of_pairs : in->of_words).texts[term & ~TERM_PAIR];
}

/* The most frequent of the terms to the front, equally frequent ones as they came. */
static void most_frequent(const struct corpus *in, size_t most, struct term *terms, size_t count)
{
    struct ranked *ranked = arena_array(in->arena, struct ranked, count);
    struct term *kept = arena_array(in->arena, struct term, most);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t term = terms[i].number;
        const struct frequencies *of = term & TERM_PAIR ? &in->of_pairs : &in->of_words;
        uint64_t seldom = UINT32_MAX - of->occurrences[term & ~TERM_PAIR];
        ranked[i] = (struct ranked){ seldom << 32 | term, i };
    }
    sort_ranked(in->arena, ranked, count);
    for (size_t i = 0; i < most; i++)
        kept[i] = terms[ranked[i].term];
    memcpy(terms, kept, most * sizeof *terms);
}

const struct term *corpus_choose(struct corpus *in, const struct choice *by,
                                 struct word_table *words, size_t *count)
{
    size_t n = collect(in, by, NULL);
    struct term *terms = arena_array(in->arena, struct term, n);
    struct term *out = arena_array(in->arena, struct term, n);
    struct ranked *ranked = arena_array(in->arena, struct ranked, n);
    collect(in, by, terms);
    apart_drop(&in->pairs.slots_apart); /* found no more from here on */
    apart_drop(&in->words.slots_apart);
    in->pairs.slot_count = in->words.slot_count = 0;
    if (n > by->terms)
        most_frequent(in, by->terms, terms, n);
    n = n > by->terms ? by->terms : n;
    const uint32_t *rank = rank_words(in, terms, n, words);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t second = terms[i].second ? rank[terms[i].second - 1] + 1 : 0;
        ranked[i] = (struct ranked){ (uint64_t)rank[terms[i].first] << 32 | second, i };
    }
    sort_ranked(in->arena, ranked, n);
    for (size_t c = 0; c < n; c++)
        out[c] = (struct term){ terms[ranked[c].term].number, (uint32_t)(ranked[c].key >> 32),
                                (uint32_t)ranked[c].key };
    *count = n;
    return out;
}
