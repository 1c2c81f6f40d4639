/* Distributions against scipy's, and what must hold among them. */
#include "core/base/json.h"
#include "core/math/distribution.h"
#include "tests/cases.h"
#include <math.h>

static double exactly(double k, double n, double p)
{
    return binomial_exactly((size_t)k, (size_t)n, p);
}

static double at_most(double k, double n, double p)
{
    return binomial_at_most((size_t)k, (size_t)n, p);
}

static double range_below(double q, double k)
{
    return studentized_range_below(q, (size_t)k);
}

static double range_quantile(double share, double k)
{
    return studentized_range_quantile(share, (size_t)k);
}

static const struct {
    const char *name;
    double (*of2)(double x, double a);
    double (*of3)(double x, double a, double b);
    double tolerance; /* relative */
} functions[] = {
    { "beta_below", NULL, beta_below, 1e-10 },
    { "beta_above", NULL, beta_above, 1e-10 },
    { "beta_quantile", NULL, beta_quantile, 1e-10 },
    { "chi2_above", chi2_above, NULL, 1e-10 },
    { "chi2_quantile", chi2_quantile, NULL, 1e-10 },
    { "t_above", t_above, NULL, 1e-10 },
    { "t_two_sided", t_two_sided, NULL, 1e-10 },
    { "t_quantile", t_quantile, NULL, 1e-8 }, /* ours is exact for df 2 */
    { "f_above", NULL, f_above, 1e-10 },
    { "f_quantile", NULL, f_quantile, 1e-10 },
    { "binomial_exactly", NULL, exactly, 1e-10 },
    { "binomial_at_most", NULL, at_most, 1e-10 },
    { "studentized_range_below", range_below, NULL, 1e-7 }, /* the peer integrates numerically */
    { "studentized_range_quantile", range_quantile, NULL, 1e-7 },
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

static void distributions_are_those_of_scipy(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *rows = NULL;
    struct fault why = { 0 };
    size_t seen[FUNCTIONS] = { 0 };
    if (!json_parse(arena, cases_load(arena, "tests/core/math/distributions.json"), &rows, &why))
        fail_msg("%s", why.text);
    for (size_t i = 0; i < rows->count; i++) {
        const struct json *row = &rows->members[i], *x = json_get(row, "x");
        double expected = json_get_double(row, "value", NAN), got = NAN;
        for (size_t f = 0; f < FUNCTIONS; f++) {
            if (!str_is(json_get_text(row, "f", ""), functions[f].name))
                continue;
            double at[3] = { 0 };
            for (size_t k = 0; k < x->count && k < 3; k++)
                at[k] = x->members[k].number;
            got = functions[f].of2 ? functions[f].of2(at[0], at[1])
                                   : functions[f].of3(at[0], at[1], at[2]);
            seen[f]++;
            if (!(fabs(got - expected) <= functions[f].tolerance * fabs(expected) + 1e-300))
                fail_msg("%s(%g, %g, %g): %.17g, expected %.17g", functions[f].name, at[0], at[1],
                         at[2], got, expected);
        }
    }
    for (size_t f = 0; f < FUNCTIONS; f++)
        assert_true(seen[f] >= 10);
}

static void quantiles_turn_chances_back(void **state)
{
    (void)state;
    for (double share = 0.003; share < 1; share += 0.0217) {
        assert_true(fabs(beta_below(beta_quantile(share, 2.5, 17), 2.5, 17) / share - 1) < 1e-12);
        assert_true(fabs(1 - t_above(t_quantile(share, 4.5), 4.5) - share) < 1e-12);
        assert_true(fabs(1 - chi2_above(chi2_quantile(share, 11), 11) - share) < 1e-12);
        assert_true(fabs(1 - f_above(f_quantile(share, 4, 9), 4, 9) - share) < 1e-12);
        assert_true(fabs(studentized_range_below(studentized_range_quantile(share, 7), 7) - share) <
                    1e-12);
    }
    for (double q = 0.1; q < 6; q += 0.3) /* of two values: their difference over its deviation */
        assert_true(fabs(studentized_range_below(q, 2) - erf(q / 2)) < 1e-13);
}

static void ends_and_nonsense(void **state)
{
    (void)state;
    assert_true(beta_below(0, 2, 3) == 0 && beta_below(1, 2, 3) == 1 && beta_above(1, 2, 3) == 0);
    assert_true(isnan(beta_below(0.5, 0, 3)) && isnan(beta_below(NAN, 1, 3)));
    assert_true(gamma_below(0, 2) == 0 && gamma_above(0, 2) == 1);
    assert_true(gamma_below(INFINITY, 2) == 1 && isnan(gamma_below(1, -1)));
    assert_true(t_two_sided(0, 3) == 1 && t_two_sided(INFINITY, 3) == 0);
    assert_true(isnan(t_two_sided(1, 0)) && isnan(t_quantile(2, 3)));
    assert_true(t_quantile(0.5, 3) == 0 && isinf(t_quantile(1, 3)));
    assert_true(f_above(0, 2, 3) == 1 && f_above(INFINITY, 2, 3) == 0);
    assert_true(chi2_above(-1, 4) == 1 && isinf(chi2_quantile(1, 4)));
    assert_true(binomial_at_most(7, 7, 0.2) == 1 && binomial_exactly(0, 0, 0.3) == 1);
    assert_true(binomial_exactly(8, 7, 0.2) == 0 && binomial_exactly(0, 5, 0) == 1);
    assert_true(binomial_at_most(0, 5, 1) == 0 && isnan(binomial_at_most(1, 5, 1.5)));
    assert_true(isnan(studentized_range_below(1, 1)) && studentized_range_below(-1, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distributions_are_those_of_scipy),
        cmocka_unit_test(quantiles_turn_chances_back),
        cmocka_unit_test(ends_and_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
