/*
 * The texts of a column, counted: which terms there are, in which rows and how often. For fitting
 * TF-IDF. Memory that lookups will need is asked for ahead of them, since with many terms waiting
 * for it is most of the work; a term's slot says where the text at hand counts it; and the counts
 * are written where the rows of the result will stand.
 */
#pragma once

#include "core/data/table.h"
#include "core/learn/terms.h"
#include "core/learn/word_table.h"

enum ngrams { NGRAMS_WORDS = 1, NGRAMS_PAIRS = 2 };

#define TERM_PAIR ((uint32_t)1 << 31) /* a term's number: of a word, or of a pair and this */

/* How often terms came, by the number of the word or pair; [room], grows. */
struct frequencies {
    uint32_t *texts;       /* rows with it */
    uint32_t *occurrences; /* in all rows; NULL unless they were asked for */
    size_t room;
    struct apart texts_apart, occurrences_apart;
};

struct corpus {
    struct arena *arena; /* for what is void once the terms are chosen */
    const struct column *column;
    size_t rows;
    uint32_t ngrams;
    bool occurrences; /* are wanted */
    uint32_t *weight; /* [levels]: rows that have it */
    struct word_table words;
    struct pairs pairs;
    struct frequencies of_words, of_pairs;
    struct row_writer counts; /* a row for each level: terms in no order, and how often */
};

/*
 * arena, column, rows, ngrams and occurrences are set. O(bytes). Equal texts are counted once.
 *   rows  the arena of the counts
 */
bool corpus_count(struct corpus *corpus, struct arena *rows, struct fault *why);

/* A term that stays. */
struct term {
    uint32_t number; /* of the corpus */
    uint32_t first;  /* a word */
    uint32_t second; /* 0, or 1 + the word behind it */
};

/* What a term must be to stay. */
struct choice {
    size_t least; /* rows with it */
    double most;
    size_t word_bytes; /* of each word, at most */
    size_t terms;      /* at most, the most frequent; SIZE_MAX: all */
};

/*
 * The terms that stay, rising by their texts; their words are those of *words, which is empty
 * before and has its arena. The corpus finds nothing afterwards. O(terms).
 */
const struct term *corpus_choose(struct corpus *corpus, const struct choice *choice,
                                 struct word_table *words, size_t *count);

/* Rows with the term. */
uint32_t corpus_texts(const struct corpus *corpus, uint32_t number);

/* Bytes of the longest level. */
size_t corpus_longest(const struct column *column);
