/*
 * Words of a text, as scikit-learn's vectorizers take them: lower case, runs of two or more word
 * characters (letters, numbers, underscore, in all scripts). Bytes that are no UTF-8 are no word
 * characters.
 */
#pragma once

#include "core/base/str.h"

struct words {
    struct str rest;
    const char *text, *small; /* the whole text, and as it is with ASCII's letters in lower case */
    char *out;                /* where the next word with other letters is written */
};

/* Bytes of room that the words of a text of `len` bytes need, and 8 behind the last one. */
size_t words_room(size_t len);

/* room: words_room(text.len). */
struct words words_of(struct str text, char *room);

/* The next word, in the room until that is used for another text; false at the end. */
bool words_next(struct words *words, struct str *word);

/* MurmurHash3, 32 bits (Appleby 2011), what scikit-learn hashes terms by. */
uint32_t murmur_hash(struct str text, uint32_t seed);
