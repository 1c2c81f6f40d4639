/* Counting the terms of texts. */
#include "core/learn/corpus.h"
#include "core/learn/words.h"

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

static uint32_t term_new(struct corpus *in, uint32_t first, uint32_t second)
{
    if (in->term_count == in->term_room) {
        size_t room = in->term_room * 2 + 4096;
        in->terms = apart_grow(in->arena, &in->terms_apart, in->term_room * sizeof *in->terms,
                               room * sizeof *in->terms);
        in->term_room = room;
    }
    in->terms[in->term_count] = (struct term){ first, second, 0, 0 };
    return (uint32_t)in->term_count++;
}

static uint32_t *word_term(struct corpus *in, uint32_t word)
{
    if (word >= in->word_room) {
        size_t room = in->word_room * 2 + 4096;
        in->word_terms = arena_grow(in->arena, in->word_terms, in->word_room * sizeof(uint32_t),
                                    room * sizeof(uint32_t));
        memset(in->word_terms + in->word_room, 0xff, (room - in->word_room) * sizeof(uint32_t));
        in->word_room = room;
    }
    return &in->word_terms[word];
}

size_t corpus_longest(const struct column *column)
{
    size_t longest = 0;
    for (size_t k = 0; k < column->level_count; k++)
        if (column->levels[k].len > longest)
            longest = column->levels[k].len;
    return longest;
}

#define AHEAD 12 /* tokens that memory is asked for before their turn */

/* A word on its way to its number. */
struct asked {
    struct str word;
    uint64_t key;
};

/* The text as numbers of words; gives how many. Each word waits until AHEAD others were read. */
static size_t read_tokens(struct corpus *in, struct str text, char *room)
{
    struct words words = words_of(text, room);
    struct asked waiting[AHEAD];
    size_t asked = 0, count = 0;
    for (bool more = true; more || count < asked;) {
        struct str word;
        if (more && (more = words_next(&words, &word))) {
            waiting[asked % AHEAD] = (struct asked){ word, word_ask(&in->words, word) };
            asked++;
        }
        if (count == asked || (more && asked - count < AHEAD))
            continue;
        const struct asked *first = &waiting[count % AHEAD];
        in->tokens[count++] = word_add_asked(&in->words, first->word, first->key);
    }
    return count;
}

static void add_all(struct counts *counts, const uint32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            counts_prefetch(counts, numbers[i + AHEAD]);
        counts_add(counts, numbers[i]);
    }
}

static void count_level(struct corpus *in, size_t level, char *room)
{
    size_t count = read_tokens(in, in->column->levels[level], room);
    const uint32_t *tokens = in->tokens;
    uint32_t *terms = in->tokens + in->token_room;
    counts_open(&in->counts);
    if (in->ngrams == NGRAMS_WORDS) { /* the term is the word */
        while (in->term_count < in->words.count)
            term_new(in, (uint32_t)in->term_count, 0);
        add_all(&in->counts, tokens, count);
        return;
    }
    for (size_t i = 0; in->ngrams & NGRAMS_WORDS && i < count; i++) {
        uint32_t *term = word_term(in, tokens[i]);
        if (*term == TERM_NONE)
            *term = term_new(in, tokens[i], 0);
        terms[i] = *term;
    }
    if (in->ngrams & NGRAMS_WORDS)
        add_all(&in->counts, terms, count);
    for (size_t i = 1; in->ngrams & NGRAMS_PAIRS && i < count; i++) {
        if (i + AHEAD < count)
            pairs_prefetch(&in->pairs, tokens[i + AHEAD - 1], tokens[i + AHEAD]);
        uint32_t *term = pairs_at(&in->pairs, tokens[i - 1], tokens[i]);
        if (*term == TERM_NONE)
            *term = term_new(in, tokens[i - 1], tokens[i] + 1);
        terms[i - 1] = *term;
    }
    if (in->ngrams & NGRAMS_PAIRS && count)
        add_all(&in->counts, terms, count - 1);
}

void corpus_count(struct corpus *in)
{
    const struct column *column = in->column;
    uint32_t *weight = arena_array(in->arena, uint32_t, column->level_count);
    size_t longest = corpus_longest(column), bytes = 0;
    char *room = arena_take(in->arena, words_room(longest));
    for (size_t i = 0; i < in->rows; i++)
        if (column->codes[i] >= 0)
            weight[column->codes[i]]++;
    for (size_t k = 0; k < column->level_count; k++)
        bytes += weight[k] ? column->levels[k].len : 0;
    in->words.arena = in->pairs.arena = in->counts.arena = in->arena;
    in->token_room = longest / 2 + 1;
    in->tokens = arena_array(in->arena, uint32_t, 2 * in->token_room);
    /* Untouched room costs nothing, moving it does: a text has about a term in 16 bytes. */
    counts_room(&in->counts, bytes / (in->ngrams & NGRAMS_PAIRS ? 6 : 12) + 1024);
    in->starts = arena_array(in->arena, size_t, column->level_count + 1);
    for (size_t k = 0; k < column->level_count; k++) {
        if (weight[k])
            count_level(in, k, room);
        in->starts[k + 1] = in->counts.count;
        for (size_t e = in->starts[k]; e < in->counts.count; e++) {
            if (e + AHEAD < in->counts.count)
                __builtin_prefetch(&in->terms[in->counts.entries[e + AHEAD] >> 32]);
            struct term *term = &in->terms[in->counts.entries[e] >> 32];
            term->texts += weight[k];
            term->occurrences += weight[k] * (uint32_t)in->counts.entries[e];
        }
    }
}
