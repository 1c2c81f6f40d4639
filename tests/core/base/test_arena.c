/* Arenas: zeroed pieces, and going back to a mark. */
#include "core/base/arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void what_was_taken_since_the_mark_is_given_back_and_zeroed(void **state)
{
    (void)state;
    struct arena *arena = arena_open(NULL);
    struct arena_mark empty = arena_mark(arena);
    char *kept = arena_take(arena, 100);
    memset(kept, 1, 100);
    struct arena_mark mark = arena_mark(arena);
    for (int round = 0; round < 3; round++) {
        char *small = arena_take(arena, 64), *large = arena_take(arena, (size_t)9 << 20);
        for (size_t i = 0; i < 64; i++)
            assert_int_equal(small[i], 0);
        memset(small, 7, 64);
        memset(large, 7, (size_t)9 << 20);
        arena_rewind(arena, mark);
        assert_int_equal(arena_bytes(arena), mark.taken);
    }
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(kept[i], 1);
    arena_rewind(arena, empty);
    assert_int_equal(arena_bytes(arena), 0);
    assert_non_null(arena_take(arena, 1));
    arena_drop(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_since_the_mark_is_given_back_and_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
