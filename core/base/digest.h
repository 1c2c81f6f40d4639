/*
 * Hashing, random bytes and constant-time comparison: the door to libsodium. And ULIDs.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_HEX 65 /* with the zero */
#define ULID_TEXT 27  /* with the zero */

struct sha256 {
    _Alignas(16) unsigned char state[128];
};
void sha256_start(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t size);
void sha256_end(struct sha256 *hash, char hex[SHA256_HEX]);
void sha256_of(struct str bytes, char hex[SHA256_HEX]);
/* Hash a whole regular file from its start (the offset of fd is not used); out: size. */
bool sha256_file(int fd, char hex[SHA256_HEX], uint64_t *size, struct fault *why);
/* HMAC-SHA256 as lower-case hex. */
void hmac_sha256(struct str key, struct str message, char hex[SHA256_HEX]);
bool sha256_is_hex(struct str text); /* 64 lower-case hex digits */

void random_bytes(void *out, size_t size);
/* `size` bytes that follow from the 64 hex digits of `key` alone (ChaCha20). At most 256 GB. */
void keyed_bytes(const char key[SHA256_HEX], void *out, size_t size);
bool bytes_equal_ct(const void *a, const void *b, size_t size); /* constant time */
uint64_t random_u64(void);

/* 26 Crockford characters: 48 bits of time, 80 random bits; later times sort later. */
void ulid_make(int64_t utc_ms, char out[ULID_TEXT]);
/* The same text for the same time and words, as for rows that follow from others. */
void ulid_from(int64_t utc_ms, struct str words, char out[ULID_TEXT]);
bool ulid_check(struct str text);

/*
 * A stream of pieces locked with a passphrase (Argon2id, XChaCha20-Poly1305 by secretstream): each
 * piece is SEALING_EXTRA bytes longer once locked; a changed, missing or moved one is found out.
 * The head stands in front of the pieces. The last piece is marked.
 */
#define SEALING_HEAD 40
#define SEALING_EXTRA 17
struct sealing {
    _Alignas(16) unsigned char state[64];
};
bool sealing_lock(struct sealing *sealing, struct str passphrase, unsigned char head[SEALING_HEAD],
                  struct fault *why);
bool sealing_unlock(struct sealing *sealing, struct str passphrase,
                    const unsigned char head[SEALING_HEAD], struct fault *why);
void sealing_push(struct sealing *sealing, struct str piece, bool last, void *out);
/* False: it was not locked so. out: piece.len - SEALING_EXTRA bytes. */
bool sealing_pull(struct sealing *sealing, struct str piece, void *out, bool *last);
