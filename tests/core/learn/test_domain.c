/* The domain classifier: rows of one source cannot be told apart, shifted and joint ones can. */
#include "core/learn/domain.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define ROWS 400

/* a and b; correlated: the same margins, another joint distribution. */
static struct table made(struct arena *arena, uint64_t seed, double shift, bool correlated)
{
    struct column *columns = arena_array(arena, struct column, 3);
    struct random random = { seed };
    struct fault why;
    double a[ROWS], b[ROWS], id[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        double common = random_normal(&random);
        a[i] = common + shift;
        b[i] = correlated ? 0.95 * common + 0.31 * random_normal(&random) : random_normal(&random);
        id[i] = (double)(i + seed * ROWS);
    }
    column_of_numbers(arena, S("a"), a, ROWS, &columns[0], &why);
    column_of_numbers(arena, S("b"), b, ROWS, &columns[1], &why);
    column_of_numbers(arena, S("key"), id, ROWS, &columns[2], &why);
    return (struct table){ ROWS, 3, columns };
}

static void tables_are_told_apart_when_they_differ(void **state)
{
    (void)state;
    const struct {
        double shift;
        bool correlated;
        double least, most;
    } cases[] = { { 0, false, 0.4, 0.6 }, { 1, false, 0.7, 0.9 }, { 0, true, 0.7, 1 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scoped_arena arena = arena_open(NULL);
        struct table first = made(arena, 1, 0, false);
        struct table second = made(arena, 2, cases[c].shift, cases[c].correlated);
        struct validated one, three;
        struct fault why = { 0 };
        const struct str id = S("key");
        if (!domain_classify(arena, &first, &second, &id, 1, 0, 1, &one, &why))
            fail_msg("%s", why.text);
        assert_true(domain_classify(arena, &first, &second, &id, 1, 0, 3, &three, &why));
        if (!(one.mean >= cases[c].least && one.mean <= cases[c].most))
            fail_msg("case %zu: got %g, expected %g to %g", c, one.mean, cases[c].least,
                     cases[c].most);
        assert_true(one.mean == three.mean);
    }
}

static void an_id_would_give_every_row_away(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table first = made(arena, 1, 0, false), second = made(arena, 2, 0, false);
    struct validated found;
    struct fault why = { 0 };
    assert_true(domain_classify(arena, &first, &second, NULL, 0, 0, 1, &found, &why));
    assert_true(found.mean > 0.99);
    const struct str all[] = { S("a"), S("b"), S("key") };
    assert_false(domain_classify(arena, &first, &second, all, 3, 0, 1, &found, &why));
    first.rows = 3;
    assert_false(domain_classify(arena, &first, &second, NULL, 0, 0, 1, &found, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_told_apart_when_they_differ),
        cmocka_unit_test(an_id_would_give_every_row_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
