/* Packed bytes: what is read, what is refused. */
#include "core/base/unpack.h"
#include "tests/cases.h"
#include <zlib.h>
#include <zstd.h>

static struct str gzip(struct arena *arena, struct str bytes)
{
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes.at, .avail_in = (uInt)bytes.len };
    size_t room = bytes.len + 1000;
    char *out = arena_take(arena, room);
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return (struct str){ out, room - stream.avail_out };
}

/* With a checksum, as the command line tool does. */
static struct str zstd(struct arena *arena, struct str bytes)
{
    ZSTD_CCtx *how = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(how, ZSTD_c_checksumFlag, 1);
    size_t room = ZSTD_compressBound(bytes.len);
    char *out = arena_take(arena, room);
    size_t len = ZSTD_compress2(how, out, room, bytes.at, bytes.len);
    assert_false(ZSTD_isError(len));
    ZSTD_freeCCtx(how);
    return (struct str){ out, len };
}

static struct str join(struct arena *arena, struct str a, struct str b)
{
    struct text text = { .arena = arena };
    text_add(&text, a);
    text_add(&text, b);
    return text_str(&text);
}

static void both_formats_are_read_and_refused(void **state)
{
    (void)state;
    static struct str (*const pack[])(struct arena *, struct str) = { gzip, zstd };
    static const char *const names[] = { "gzip", "zstd" };
    for (int i = 0; i < 2; i++) {
        scoped_arena arena = arena_open(NULL);
        struct text text = { .arena = arena };
        struct str out;
        struct fault why = { 0 };
        char expected[100];
        for (int k = 0; k < 400000; k++)
            text_print(&text, "%d,", k % 10007 * 7);
        struct str packed = pack[i](arena, text_str(&text));
        assert_true(bytes_are_packed(packed));
        assert_true(bytes_unpack(arena, packed, SIZE_MAX, &out, &why));
        assert_true(str_equal(out, text_str(&text)));
        struct str twice = join(arena, packed, pack[i](arena, S("end")));
        assert_true(bytes_unpack(arena, twice, SIZE_MAX, &out, &why));
        assert_true(str_equal(out, join(arena, text_str(&text), S("end"))));
        assert_true(bytes_unpack(arena, pack[i](arena, S("")), 0, &out, &why));
        assert_int_equal(out.len, 0);

        for (size_t len = 5; len < packed.len; len += packed.len / 7) {
            assert_false(bytes_unpack(arena, str_until(packed, len), SIZE_MAX, &out, &why));
            snprintf(expected, sizeof expected, "the %s data ended too early", names[i]);
            assert_string_equal(why.text, expected);
        }
        assert_false(bytes_unpack(arena, packed, text.len - 1, &out, &why));
        snprintf(expected, sizeof expected, "the %s data was over %zu bytes unpacked", names[i],
                 text.len - 1);
        assert_string_equal(why.text, expected);
        ((char *)(uintptr_t)packed.at)[packed.len - 3] ^= 1;
        assert_false(bytes_unpack(arena, packed, SIZE_MAX, &out, &why));
        snprintf(expected, sizeof expected, "the %s data was damaged", names[i]);
        assert_string_equal(why.text, expected);
        assert_false(bytes_unpack(arena, join(arena, pack[i](arena, S("a")), S("xyz")), SIZE_MAX,
                                  &out, &why));
        assert_string_equal(why.text, expected);
    }
}

static void other_bytes_are_no_packed_ones(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct str out;
    struct fault why = { 0 };
    assert_false(bytes_are_packed(S("")));
    assert_false(bytes_are_packed(S("\x1F")));
    assert_false(bytes_are_packed(S("a,b\n")));
    assert_false(bytes_unpack(arena, S("a,b\n"), 100, &out, &why));
    assert_string_equal(why.text, "neither gzip nor zstd data");
}

static void a_bomb_is_stopped_early(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    size_t size = (size_t)200 << 20;
    struct str zeros = { arena_take(arena, size), size };
    struct str packed = zstd(arena, zeros), out;
    struct fault why = { 0 };
    scoped_arena other = arena_open(NULL);
    assert_true(packed.len < 100000);
    assert_false(bytes_unpack(other, packed, 1 << 20, &out, &why));
    assert_string_equal(why.text, "the zstd data was over 1048576 bytes unpacked");
}

/* Zeros, up to a thousandfold in gzip: what few bytes may become, and what is too much. */
static void few_bytes_do_not_become_very_many(void **state)
{
    (void)state;
    static struct str (*const pack[])(struct arena *, struct str) = { gzip, zstd };
    static const char *const names[] = { "gzip", "zstd" };
    static const size_t always = (size_t)64 << 20;
    scoped_arena arena = arena_open(NULL);
    struct str zeros = { arena_take(arena, always + 1), always + 1 };
    for (int i = 0; i < 2; i++) {
        scoped_arena other = arena_open(NULL);
        struct str out, packed = pack[i](other, str_until(zeros, always));
        struct fault why = { 0 };
        char expected[100];
        assert_true(packed.len < always / 200);
        assert_true(bytes_unpack(other, packed, SIZE_MAX, &out, &why));
        assert_int_equal(out.len, always);
        packed = pack[i](other, zeros);
        assert_false(bytes_unpack(other, packed, SIZE_MAX, &out, &why));
        snprintf(expected, sizeof expected, "the %s data unpacks to more than 200 times its size",
                 names[i]);
        assert_string_equal(why.text, expected);
        assert_false(bytes_unpack(other, packed, always, &out, &why));
        snprintf(expected, sizeof expected, "the %s data was over %zu bytes unpacked", names[i],
                 always);
        assert_string_equal(why.text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_are_read_and_refused),
        cmocka_unit_test(other_bytes_are_no_packed_ones),
        cmocka_unit_test(a_bomb_is_stopped_early),
        cmocka_unit_test(few_bytes_do_not_become_very_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
