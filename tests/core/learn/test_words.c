/* Words of texts: cut the same wherever they stand, told apart however long they are. */
#include "core/learn/word_table.h"
#include "core/math/random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* The words of a text with "|" behind each. */
static struct str cut(struct arena *arena, struct str text)
{
    struct str word;
    char *copy = arena_take(arena, text.len);
    memcpy(copy, text.at, text.len); /* exactly its bytes, so that a read behind it is seen */
    struct words words =
        words_of((struct str){ copy, text.len }, arena_take(arena, words_room(text.len)));
    struct text all = { .arena = arena };
    text_add(&all, S(""));
    while (words_next(&words, &word))
        text_print(&all, "%.*s|", STR_ARGS(word));
    return text_str(&all);
}

/* Pieces of letters, of other scripts, of what is no letter and of what is no text. */
static const char *const pieces[] = {
    "a",    "Ab",   "zZ9_",     "longerword", "0123456789abcdefghij",
    "é",    "ÄÖ",   "Σ",        "İ",          "日本",
    "£",    " ",    "  ",       "-",          ".\n",
    "\xff", "\xc3", "\xe2\x82", "\x7f",       "@",
    "[",    "`",    "{",        "/",          ":",
};

static struct str some_text(struct arena *arena, struct random *random)
{
    struct text out = { .arena = arena };
    text_add(&out, S(""));
    for (uint64_t n = random_below(random, 40); n; n--)
        text_add(&out, str_of(pieces[random_below(random, sizeof pieces / sizeof *pieces)]));
    return text_str(&out);
}

/* Blocks of 64 bytes are read at once: where a text begins in them makes no difference. */
static void words_do_not_depend_on_their_place(void **state)
{
    (void)state;
    struct random random = { 3 };
    for (size_t round = 0; round < 300; round++) {
        scoped_arena arena = arena_open(NULL);
        struct str text = some_text(arena, &random), expected = cut(arena, text);
        for (size_t ahead = 1; ahead < 130; ahead += 1 + round % 5) {
            struct text moved = { .arena = arena };
            for (size_t i = 0; i < ahead; i++)
                text_char(&moved, ' ');
            text_add(&moved, text);
            if (!str_equal(cut(arena, text_str(&moved)), expected))
                fail_msg("\"%.*s\" behind %zu blanks", STR_ARGS(text), ahead);
        }
    }
}

static void a_word_of_many_blocks_is_one(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t len = 60; len < 200; len++) {
        char *text = arena_print(arena, "x %*s y", (int)len, "");
        memset(text + 2, 'Q', len);
        struct str words = cut(arena, str_of(text));
        assert_int_equal(words.len, len + 1);
        assert_memory_equal(words.at, "qqqq", 4);
    }
}

static void words_of_any_length_are_told_apart(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct word_table table = { .arena = arena };
    struct str words[3 * 60];
    size_t count = 0;
    for (size_t len = 2; len <= 61; len++)
        for (int kind = 0; kind < 3; kind++) { /* other at the front, at the end, beyond ASCII */
            char *at = arena_take(arena, len + WORD_PADDING);
            memset(at, 'a', len + WORD_PADDING);
            if (kind == 0)
                at[0] = 'b';
            else
                at[len - 1] = kind == 1 ? 'c' : '\xbf';
            words[count++] = (struct str){ at, len };
        }
    words_put(&table, words, count);
    assert_int_equal(table.count, count);
    for (size_t w = 0; w < count; w++) {
        assert_int_equal(word_find(&table, words[w]), w);
        assert_true(str_equal(table.texts[w], words[w]));
        char other[80] = { 0 };
        memcpy(other, words[w].at, words[w].len);
        other[words[w].len / 2] = 'x';
        assert_int_equal(word_find(&table, (struct str){ other, words[w].len }), WORD_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_do_not_depend_on_their_place),
        cmocka_unit_test(a_word_of_many_blocks_is_one),
        cmocka_unit_test(words_of_any_length_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
