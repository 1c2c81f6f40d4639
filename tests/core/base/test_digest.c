/* SHA-256 as others compute it, in whatever pieces the bytes come. */
#include "core/base/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void known_messages_have_their_digests(void **state)
{
    static char million[1000000];
    char hex[SHA256_HEX];
    (void)state;
    memset(million, 'a', sizeof million);
    const struct {
        struct str message;
        const char *digest;
    } cases[] = {
        { S(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { S("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }, /* FIPS */
        { { million, sizeof million },
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sha256_of(cases[i].message, hex);
        assert_string_equal(hex, cases[i].digest);
    }
}

/* Python: for n in range(301): h.update(sha256(bytes((i * 7 + n) % 256 for i in range(n)))
 * .hexdigest().encode()) */
static void messages_of_each_length_have_their_digests(void **state)
{
    unsigned char bytes[300];
    char hex[SHA256_HEX];
    struct sha256 all;
    (void)state;
    sha256_start(&all);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)(i * 7 + n);
        sha256_of((struct str){ (const char *)bytes, n }, hex);
        sha256_add(&all, hex, strlen(hex));
    }
    sha256_end(&all, hex);
    assert_string_equal(hex, "94bc81110d562891b0adac6bac4837f28ae9118c192446b6ac4414fdf4c6e629");
}

static void pieces_make_the_digest_of_the_whole(void **state)
{
    unsigned char bytes[1000];
    char whole[SHA256_HEX], hex[SHA256_HEX];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i);
    sha256_of((struct str){ (const char *)bytes, sizeof bytes }, whole);
    for (size_t first = 0; first < 130; first++)
        for (size_t piece = 1; piece < 300; piece += piece < 5 ? 1 : 59) {
            struct sha256 hash;
            sha256_start(&hash);
            sha256_add(&hash, bytes, first);
            for (size_t at = first; at < sizeof bytes; at += piece)
                sha256_add(&hash, bytes + at,
                           sizeof bytes - at < piece ? sizeof bytes - at : piece);
            sha256_end(&hash, hex);
            assert_string_equal(hex, whole);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_messages_have_their_digests),
        cmocka_unit_test(messages_of_each_length_have_their_digests),
        cmocka_unit_test(pieces_make_the_digest_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
