/* Hashing, random bytes, ULIDs: the only file that includes sodium.h. */
#include "core/base/digest.h"
#include <errno.h>
#include <sodium.h>
#include <unistd.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct sha256), "state fits");

static void hex_print(const unsigned char *bytes, char hex[SHA256_HEX])
{
    sodium_bin2hex(hex, SHA256_HEX, bytes, SHA256_BYTES);
}

void sha256_start(struct sha256 *hash)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)hash->state);
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t size)
{
    if (size)
        crypto_hash_sha256_update((crypto_hash_sha256_state *)(void *)hash->state, bytes, size);
}

void sha256_end(struct sha256 *hash, char hex[SHA256_HEX])
{
    unsigned char out[SHA256_BYTES];
    crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)hash->state, out);
    hex_print(out, hex);
}

void sha256_of(struct str bytes, char hex[SHA256_HEX])
{
    struct sha256 hash;
    sha256_start(&hash);
    sha256_add(&hash, bytes.at, bytes.len);
    sha256_end(&hash, hex);
}

bool sha256_file(int fd, char hex[SHA256_HEX], uint64_t *size, struct fault *why)
{
    struct sha256 hash;
    sha256_start(&hash);
    unsigned char buffer[1 << 16];
    off_t at = 0;
    for (;;) {
        ssize_t got = pread(fd, buffer, sizeof buffer, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_errno(why, "could not read while hashing");
        if (got == 0)
            break;
        sha256_add(&hash, buffer, (size_t)got);
        at += got;
    }
    sha256_end(&hash, hex);
    if (size)
        *size = (uint64_t)at;
    return true;
}

void hmac_sha256(struct str key, struct str message, char hex[SHA256_HEX])
{
    unsigned char out[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.at, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)message.at, message.len);
    crypto_auth_hmacsha256_final(&state, out);
    hex_print(out, hex);
}

bool sha256_is_hex(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f')))
            return false;
    return text.len == SHA256_HEX - 1;
}

void random_bytes(void *out, size_t size)
{
    randombytes_buf(out, size);
}

void keyed_bytes(const char key[SHA256_HEX], void *out, size_t size)
{
    unsigned char seed[randombytes_SEEDBYTES] = { 0 };
    sodium_hex2bin(seed, sizeof seed, key, SHA256_HEX - 1, NULL, NULL, NULL);
    randombytes_buf_deterministic(out, size, seed);
}

bool bytes_equal_ct(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value;
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void ulid_print(int64_t utc_ms, const unsigned char chance[16], char out[ULID_TEXT])
{
    uint64_t time = (uint64_t)utc_ms & 0xFFFFFFFFFFFFu;
    for (int i = 9; i >= 0; i--, time >>= 5)
        out[i] = crockford[time & 31];
    for (int i = 0; i < 16; i++)
        out[10 + i] = crockford[chance[i] & 31];
    out[26] = 0;
}

void ulid_make(int64_t utc_ms, char out[ULID_TEXT])
{
    unsigned char chance[16];
    random_bytes(chance, sizeof chance);
    ulid_print(utc_ms, chance, out);
}

void ulid_from(int64_t utc_ms, struct str words, char out[ULID_TEXT])
{
    char hex[SHA256_HEX];
    sha256_of(words, hex);
    ulid_print(utc_ms, (const unsigned char *)hex, out);
}

bool ulid_check(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.at[i] || !strchr(crockford, text.at[i]))
            return false;
    return text.len == ULID_TEXT - 1 && text.at[0] <= '7';
}

#define SALT crypto_pwhash_SALTBYTES
_Static_assert(SALT + crypto_secretstream_xchacha20poly1305_HEADERBYTES == SEALING_HEAD, "head");
_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == SEALING_EXTRA, "extra");
_Static_assert(sizeof(crypto_secretstream_xchacha20poly1305_state) <= sizeof(struct sealing),
               "state fits");

static bool key_of(struct str passphrase, const unsigned char *salt, unsigned char key[32],
                   struct fault *why)
{
    return crypto_pwhash(key, 32, passphrase.at, passphrase.len, salt,
                         crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                         crypto_pwhash_ALG_ARGON2ID13) == 0 ||
           fault_set(why, BLAME_SYSTEM, "out of memory for the passphrase");
}

bool sealing_lock(struct sealing *sealing, struct str passphrase, unsigned char head[SEALING_HEAD],
                  struct fault *why)
{
    unsigned char key[32];
    randombytes_buf(head, SALT);
    if (!key_of(passphrase, head, key, why))
        return false;
    crypto_secretstream_xchacha20poly1305_init_push((void *)sealing->state, head + SALT, key);
    sodium_memzero(key, sizeof key);
    return true;
}

bool sealing_unlock(struct sealing *sealing, struct str passphrase,
                    const unsigned char head[SEALING_HEAD], struct fault *why)
{
    unsigned char key[32];
    if (!key_of(passphrase, head, key, why))
        return false;
    bool ok = crypto_secretstream_xchacha20poly1305_init_pull((void *)sealing->state, head + SALT,
                                                              key) == 0;
    sodium_memzero(key, sizeof key);
    return ok || fault_set(why, BLAME_OPEN, "it is damaged");
}

void sealing_push(struct sealing *sealing, struct str piece, bool last, void *out)
{
    crypto_secretstream_xchacha20poly1305_push(
        (void *)sealing->state, out, NULL, (const void *)piece.at, piece.len, NULL, 0,
        last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
}

bool sealing_pull(struct sealing *sealing, struct str piece, void *out, bool *last)
{
    unsigned char tag = 0;
    bool ok = piece.len >= SEALING_EXTRA && crypto_secretstream_xchacha20poly1305_pull(
                                                (void *)sealing->state, out, NULL, &tag,
                                                (const void *)piece.at, piece.len, NULL, 0) == 0;
    *last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return ok;
}
