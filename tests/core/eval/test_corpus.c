/* The fuzz targets of core/data and core/eval on their seeds: tests/fuzz/corpus/. */
#include "tests/cases.h"

#define LLVMFuzzerTestOneInput fuzz_csv
#include "tests/fuzz/fuzz_csv.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_predictions
#include "tests/fuzz/fuzz_predictions.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_kinds
#include "tests/fuzz/fuzz_kinds.c"

static void replay(const char *dir, int (*target)(const uint8_t *data, size_t size))
{
    scoped_arena arena = arena_open(NULL);
    struct cases_names names = cases_list(arena, dir, "");
    size_t count = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct str bytes;
        struct fault why;
        if (str_ends(names.at[i], S("/.")) || str_ends(names.at[i], S("/..")))
            continue;
        assert_true(file_load(arena, AT_FDCWD, names.at[i].at, 1 << 20, &bytes, &why));
        assert_int_equal(target((const uint8_t *)bytes.at, bytes.len), 0);
        count++;
    }
    assert_true(count >= 10);
}

static void csv_seeds(void **state)
{
    (void)state;
    replay("tests/fuzz/corpus/csv", fuzz_csv);
}

static void prediction_seeds(void **state)
{
    (void)state;
    replay("tests/fuzz/corpus/predictions", fuzz_predictions);
}

static void kinds_seeds(void **state)
{
    (void)state;
    replay("tests/fuzz/corpus/kinds", fuzz_kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_seeds),
        cmocka_unit_test(prediction_seeds),
        cmocka_unit_test(kinds_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
