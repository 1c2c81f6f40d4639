/* Arenas: zeroed pieces, and going back to a mark. */
#include "core/base/arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

/* How many mappings of this process are of the file. */
static size_t maps_count(const char *path)
{
    char line[4096];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        count += strstr(line, path) != NULL;
    fclose(maps);
    return count;
}

static void a_mapped_file_ends_with_its_arena_also_when_that_jumps(void **state)
{
    (void)state;
    char path[] = "/tmp/holdout-map-XXXXXX";
    jmp_buf way_out;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "text", 4) == 4);
    struct arena *arena = arena_open(&way_out);
    if (setjmp(way_out) == 0) {
        struct arena_map *one = arena_map(arena, fd, 4), *two = arena_map(arena, fd, 4);
        assert_memory_equal(two->at, "text", 4);
        assert_int_equal(maps_count(path), 2);
        arena_unmap(one);
        assert_int_equal(maps_count(path), 1);
        arena_take(arena, SIZE_MAX); /* jumps */
        fail();
    }
    arena_drop(arena);
    assert_int_equal(maps_count(path), 0);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_taken_since_the_mark_is_given_back_and_zeroed),
        cmocka_unit_test(a_mapped_file_ends_with_its_arena_also_when_that_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
