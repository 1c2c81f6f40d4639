/*
 * The texts of a column, counted: which terms there are, in which rows and how often. For fitting
 * TF-IDF. Memory that lookups will need is asked for ahead of them: with many terms waiting for it
 * is most of the work (measured on 33 MB of mails: 1.4 times faster).
 */
#pragma once

#include "core/data/table.h"
#include "core/learn/terms.h"

enum ngrams { NGRAMS_WORDS = 1, NGRAMS_PAIRS = 2 };

struct term {
    uint32_t first, second;      /* a word; 0, or 1 + the word behind it */
    uint32_t texts, occurrences; /* rows with it; in all rows */
};

/* While fitting: all terms, in the order in which they came. */
struct corpus {
    struct arena *arena;
    const struct column *column;
    size_t rows;
    uint32_t ngrams;
    const uint32_t *weight; /* [levels]: rows that have it */
    struct word_table words;
    struct pairs pairs;
    uint32_t *tokens; /* of the text at hand, then its terms: [2 * token_room] */
    size_t token_room;
    uint32_t *word_terms; /* [words] */
    struct term *terms;
    struct apart terms_apart;
    size_t term_count, word_room, term_room;
    struct counts counts;
    size_t *starts; /* [levels + 1] into counts.entries */
};

/* arena, column, rows and ngrams are set; O(bytes). Equal texts are counted once. */
void corpus_count(struct corpus *corpus);

/* Bytes of the longest level. */
size_t corpus_longest(const struct column *column);
