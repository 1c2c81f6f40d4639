/* Trees: sums of gradients by bin, however many columns there are. */
#include "core/learn/learn_gbdt_loss.h"
#include "core/math/random.h"
#include "tests/core/learn/trees.h"

#define ROWS 500
#define COLUMNS_MOST 13

static struct binned binned_made(struct arena *arena, size_t columns, uint32_t codes)
{
    struct random random = random_stream(7, columns);
    struct binned binned = { .rows = ROWS, .columns = columns, .bins.count = columns };
    binned.stride = (columns + 3) & ~(size_t)3;
    binned.by_row = arena_array(arena, uint8_t, ROWS * binned.stride);
    binned.codes = arena_array(arena, uint32_t, columns);
    for (size_t c = 0; c < columns; c++) {
        binned.codes[c] = codes ? codes : 2 + (uint32_t)c;
        for (size_t i = 0; i < ROWS; i++)
            binned.by_row[i * binned.stride + c] = (uint8_t)random_below(&random, binned.codes[c]);
    }
    return binned;
}

static void check(const struct histogram_shape *shape, const struct gradients *gradients,
                  const uint32_t *rows, size_t count, gradient_sum *sums)
{
    const struct binned *binned = shape->binned;
    memset(sums, 0, shape->entries * sizeof *sums);
    histogram_add(shape, gradients, rows, count, sums);
    for (size_t k = 0; k < shape->count; k++)
        for (uint32_t code = 0; code < binned->codes[shape->columns[k]]; code++) {
            int64_t g = 0, h = 0;
            for (size_t i = 0; i < count; i++) {
                size_t place = rows[i] * binned->stride + shape->columns[k];
                g += binned->by_row[place] == code ? gradients->at[rows[i]].g : 0;
                h += binned->by_row[place] == code ? gradients->at[rows[i]].h : 0;
            }
            gradient_sum sum = sums[shape->starts[k] - shape->starts[0] + code];
            if (sum[0] != g || sum[1] != h)
                fail_msg("%zu columns, place %zu, code %u: %ld and %ld, not %ld and %ld",
                         binned->columns, k, code, (long)sum[0], (long)sum[1], (long)g, (long)h);
        }
}

static void each_bin_has_the_sum_of_its_rows_for_any_number_of_columns(void **state)
{
    (void)state;
    static const uint32_t codes[] = { 0, 3, 256 }; /* 0: two in the first column, then more */
    for (size_t columns = 1; columns <= COLUMNS_MOST; columns++)
        for (size_t k = 0; k < 6; k++) {
            bool coarse = k >= 3;
            scoped_arena arena = arena_open(NULL);
            struct binned binned = binned_made(arena, columns, codes[k % 3]);
            struct random random = random_stream(8, columns);
            struct gradient at[ROWS];
            struct gradients gradients = { .at = at, .coarse = coarse };
            uint32_t rows[ROWS], most = coarse ? GRADIENT_MOST_COARSE : (uint32_t)GRADIENT_MOST;
            size_t count = 0;
            for (uint32_t i = 0; i < ROWS; i++) {
                at[i].g = (int32_t)random_below(&random, 2 * most + 1) - (int32_t)most;
                at[i].h = (int32_t)random_below(&random, most + 1);
                rows[count] = i;
                count += i % 5 > 0;
            }
            struct histogram_shape shape = histogram_shape_new(arena, &binned);
            gradient_sum *sums = arena_array(arena, gradient_sum, shape.entries);
            check(&shape, &gradients, rows, count, sums);
            struct histogram_shape part = histogram_shape_part(&shape, columns / 2, 1);
            check(&part, &gradients, rows, count, sums);
            bool wanted[COLUMNS_MOST] = { true };
            wanted[columns - 1] = true;
            histogram_shape_set(&shape, wanted);
            check(&shape, &gradients, rows, count, sums);
        }
}

/* All rows in one bin, all gradients the largest: partial sums must not run over. */
static void the_largest_gradients_of_many_rows_are_summed(void **state)
{
    (void)state;
    enum { MANY = 9001, WIDE = 70 };
    static const size_t widths[] = { 1, 7, 28, WIDE };
    for (size_t k = 0; k < 16; k++) {
        scoped_arena arena = arena_open(NULL);
        bool coarse = k % 2, even = k / 2 % 2;
        int32_t most = coarse ? GRADIENT_MOST_COARSE : (int32_t)GRADIENT_MOST;
        size_t columns = widths[k / 4], count = MANY;
        struct binned binned = binned_made(arena, columns, even ? 256 : 1);
        binned.by_row = arena_array(arena, uint8_t, MANY * binned.stride);
        struct gradients gradients = { .at = arena_array(arena, struct gradient, MANY),
                                       .coarse = coarse };
        uint32_t *rows = arena_array(arena, uint32_t, MANY);
        for (uint32_t i = 0; i < MANY; i++) {
            rows[i] = i;
            gradients.at[i] = (struct gradient){ i < MANY / 2 ? most : -most, most };
        }
        struct histogram_shape shape = histogram_shape_new(arena, &binned);
        gradient_sum *sums = arena_array(arena, gradient_sum, shape.entries);
        assert_true(shape.even == even);
        for (size_t from = 0; from < 2; from++, rows += MANY / 2, count -= MANY / 2) {
            memset(sums, 0, shape.entries * sizeof *sums);
            histogram_add(&shape, &gradients, rows, count, sums);
            int64_t g = from ? -(int64_t)(MANY - MANY / 2) : 2 * (MANY / 2) - MANY;
            for (size_t c = 0; c < columns; c++) {
                assert_true(sums[shape.starts[c]][0] == g * most);
                assert_true(sums[shape.starts[c]][1] == (int64_t)count * most);
            }
        }
    }
}

/* Ordinary rows take the coarse way; beside one that is far off they keep their digits. */
static void gradients_are_as_fine_as_they_need_to_be(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    for (size_t far = 0; far < 2; far++) {
        scoped_arena arena = arena_open(NULL);
        struct examples examples = tree_examples(arena, MANY, 3, 0, 0);
        double *y = arena_array(arena, double, MANY);
        memcpy(y, examples.y, MANY * sizeof *y);
        y[7] = far ? 1e7 : y[7];
        struct loss loss = { .objective = objective_of(0, TARGET_NUMBER),
                             .y = y,
                             .margins = arena_array(arena, double, MANY),
                             .rows = MANY,
                             .width = 1,
                             .threads = 2 };
        struct gradients gradients;
        gradients_make(gradient_maker_new(arena, &loss, true), NULL, &gradients);
        assert_true(gradients.coarse == !far);
        for (size_t i = 0; i < MANY; i++)
            if (!(fabs(gradients.at[i].g * gradients.g_unit + y[i]) < 0.01))
                fail_msg("row %zu: %g, not %g", i, gradients.at[i].g * gradients.g_unit, -y[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bin_has_the_sum_of_its_rows_for_any_number_of_columns),
        cmocka_unit_test(the_largest_gradients_of_many_rows_are_summed),
        cmocka_unit_test(gradients_are_as_fine_as_they_need_to_be),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
