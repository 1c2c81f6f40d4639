/*
 * Words of a text, as scikit-learn's vectorizers take them: lower case, runs of two or more word
 * characters (letters, numbers, underscore, in all scripts). Bytes that are no UTF-8 are no word
 * characters.
 */
#pragma once

#include "core/base/str.h"

struct words {
    const char *text; /* [len] */
    char *small;      /* the text with ASCII's letters in lower case */
    char *out;        /* where the next word with other letters is written */
    uint64_t *marks;  /* a bit for each byte: of a word, or beyond ASCII; zeros behind */
    size_t len, at;
    bool wide; /* bytes beyond ASCII are in it */
};

#define WORD_PADDING 16 /* bytes behind a word that can be read */

/* Bytes of room that the words of a text of `len` bytes need. */
size_t words_room(size_t len);

/* room: words_room(text.len), aligned to 16 bytes. O(bytes). */
struct words words_of(struct str text, char *room);

/* The next words, at most `most`, in the room until that is used for another text; 0: the end. */
size_t words_take(struct words *words, struct str *out, size_t most);
bool words_next(struct words *words, struct str *word); /* one */

/* MurmurHash3, 32 bits (Appleby 2011), what scikit-learn hashes terms by. */
uint32_t murmur_hash(struct str text, uint32_t seed);
