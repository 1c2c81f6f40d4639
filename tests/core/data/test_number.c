/* Numbers: read correctly rounded, printed to read back. */
#include "core/data/number_wide.h"
#include "core/math/random.h"
#include "tests/cases.h"
#include <math.h>

static struct str random_decimal(struct random *random, char text[64])
{
    int whole = (int)random_below(random, 12), rest = (int)random_below(random, 14), len = 0;
    if (random_below(random, 2))
        text[len++] = '-';
    for (int i = 0; i <= whole; i++)
        text[len++] = (char)('0' + random_below(random, 10));
    if (random_below(random, 4))
        text[len++] = '.';
    for (int i = 0; i < rest && memchr(text, '.', (size_t)len); i++)
        text[len++] = (char)('0' + random_below(random, 10));
    if (random_below(random, 3) == 0)
        len += snprintf(text + len, 8, "e%d", (int)random_below(random, 80) - 40);
    text[len] = 0;
    return (struct str){ text, (size_t)len };
}

static void each_decimal_is_the_nearest_double(void **state)
{
    (void)state;
    struct random random = { 1 };
    char text[64];
    for (int i = 0; i < 300000; i++) {
        struct str decimal = random_decimal(&random, text);
        double got = 0, expected = strtod(text, NULL);
        if (number_parse(decimal, &got) != NUMBER_FINE || memcmp(&got, &expected, sizeof got) != 0)
            fail_msg("%s: %.17g, expected %.17g", text, got, expected);
    }
}

/* Quotients that end right at one half and a little: the remainder of the division decides. */
static void long_decimals_are_the_nearest_double_too(void **state)
{
    (void)state;
    struct random random = { 4 };
    for (int i = 0; i < 200000; i++) {
        char text[64];
        int len = snprintf(text, sizeof text, "%llue%d",
                           (unsigned long long)(random_next(&random) >> 1 | 1ull << 60),
                           (int)random_below(&random, 10) - 27);
        double got = 0, expected = strtod(text, NULL);
        if (number_parse((struct str){ text, (size_t)len }, &got) != NUMBER_FINE || got != expected)
            fail_msg("%s: %.17g, expected %.17g", text, got, expected);
    }
}

static void any_double_prints_and_reads_back(void **state)
{
    (void)state;
    struct random random = { 2 };
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = random_next(&random);
        double value, back = 0;
        memcpy(&value, &bits, sizeof value);
        if (i % 3 == 0)
            value = random_unit(&random); /* 16 and 17 digits: as programs write probabilities */
        if (!isfinite(value))
            continue;
        char text[NUMBER_BYTES];
        struct str printed = { text, number_print(value, text) };
        assert_true(printed.len < NUMBER_BYTES);
        if (number_parse(printed, &back) != NUMBER_FINE || memcmp(&value, &back, sizeof back) != 0)
            fail_msg("%a printed as %s, read back as %a", value, text, back);
    }
}

static void hard_cases(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum number_found found;
        double value;
    } rows[] = {
        { "0", NUMBER_FINE, 0 },
        { "-0", NUMBER_FINE, -0.0 },
        { "+5", NUMBER_FINE, 5 },
        { ".5", NUMBER_FINE, 0.5 },
        { "5.", NUMBER_FINE, 5 },
        { "1E3", NUMBER_FINE, 1000 },
        { "9007199254740993", NUMBER_FINE, 9007199254740992.0 }, /* half way: to even */
        { "9007199254740993.0", NUMBER_FINE, 9007199254740992.0 },
        { "9007199254740995", NUMBER_FINE, 9007199254740996.0 },
        { "9007199254740993.00000000000000000000000001", NUMBER_FINE, 9007199254740994.0 },
        { "0.000000000000000000000000000000000000000000000000001", NUMBER_FINE, 1e-51 },
        { "1e308", NUMBER_FINE, 1e308 },
        { "1.7976931348623157e308", NUMBER_FINE, 0x1.fffffffffffffp1023 },
        { "1.7976931348623159e308", NUMBER_INFINITE, 0 },
        { "1e999", NUMBER_INFINITE, 0 },
        { "-1e999999999999999999999", NUMBER_INFINITE, 0 },
        { "0e999999999999999999999", NUMBER_FINE, 0 },
        { "1e-999999999999999999999", NUMBER_FINE, 0 },
        { "4.9e-324", NUMBER_FINE, 0x1p-1074 },
        { "2.4703282292062327e-324", NUMBER_FINE, 0 },
        { "2.4703282292062328e-324", NUMBER_FINE, 0x1p-1074 },
        { "inf", NUMBER_INFINITE, 0 },
        { "-Infinity", NUMBER_INFINITE, 0 },
        { "", NUMBER_NONE, 0 },
        { ".", NUMBER_NONE, 0 },
        { "-", NUMBER_NONE, 0 },
        { "e5", NUMBER_NONE, 0 },
        { "1e", NUMBER_NONE, 0 },
        { "1e+", NUMBER_NONE, 0 },
        { "1 ", NUMBER_NONE, 0 },
        { "0x10", NUMBER_NONE, 0 },
        { "1,5", NUMBER_NONE, 0 },
        { "1.2.3", NUMBER_NONE, 0 },
        { "nan", NUMBER_NONE, 0 },
        { "infinit", NUMBER_NONE, 0 },
        { "12345678901234567890123x", NUMBER_NONE, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = 0;
        enum number_found found = number_parse(str_of(rows[i].text), &value);
        if (found != rows[i].found || memcmp(&value, &rows[i].value, sizeof value) != 0)
            fail_msg("\"%s\": %d %a, expected %d %a", rows[i].text, (int)found, value,
                     (int)rows[i].found, rows[i].value);
    }
}

static void digits_beyond_any_double_still_count(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    text_add(&text, S("9007199254740993.")); /* half way between two doubles ... */
    for (int i = 0; i < 100000; i++)
        text_char(&text, '0');
    double value;
    assert_int_equal(number_parse(text_str(&text), &value), NUMBER_FINE);
    assert_true(value == 9007199254740992.0);
    text_char(&text, '1'); /* ... and a little more */
    assert_int_equal(number_parse(text_str(&text), &value), NUMBER_FINE);
    assert_true(value == 9007199254740994.0);
}

static void texts_are_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = { { 0.1, "0.1" },
                 { 100000, "100000" },
                 { -3, "-3" },
                 { 1e-7, "1e-07" },
                 { 0.1 + 0.2, "0.30000000000000004" },
                 { -0.0, "-0" },
                 { NAN, "nan" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[NUMBER_BYTES];
        number_print(rows[i].value, text);
        assert_string_equal(text, rows[i].text);
    }
}

/* The least of 15, 16 and 17 digits that reads back: printf rounds correctly. */
static bool printf_agrees(double value, const char *text)
{
    char expected[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(expected, sizeof expected, "%.*g", digits, value);
        if (strtod(expected, NULL) == value)
            break;
    }
    return strcmp(text, expected) == 0;
}

/* As many digits as printf needs, or fewer: the nearest 16 digits may miss where others do not. */
static void check_shortest(double value)
{
    char text[NUMBER_BYTES], other[40];
    if (!isfinite(value) || fabs(value) < 0x1p-1022)
        return;
    number_print(value, text);
    if (strtod(text, NULL) != value)
        fail_msg("%a printed as %s", value, text);
    if (printf_agrees(value, text))
        return;
    snprintf(other, sizeof other, "%.17g", value);
    size_t digits = strcspn(text, "e"), most = strcspn(other, "e");
    if (digits >= most)
        fail_msg("%a printed as %s, printf says %s", value, text, other);
}

static void prints_are_the_shortest(void **state)
{
    (void)state;
    struct random random = { 5 };
    for (int i = 0; i < 400000; i++) {
        uint64_t bits = random_next(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        check_shortest(i % 4 ? value : random_normal(&random) * 1000);
        check_shortest(round(random_normal(&random) * 1e6) / 1e4);
    }
    for (int power = -1021; power < 1024; power++) {
        double two = ldexp(1, power);
        check_shortest(two);
        check_shortest(nextafter(two, 0));
        check_shortest(nextafter(two, INFINITY));
    }
    for (int power = -307; power < 309; power++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", power);
        check_shortest(strtod(text, NULL));
        check_shortest(nextafter(strtod(text, NULL), 0));
    }
    static const double hard[] = { 5e-324,
                                   1.7976931348623157e308,
                                   2.2250738585072014e-308,
                                   9007199254740993.0,
                                   9007199254740996e15,
                                   9.5367431640625e-07,
                                   2e-44,
                                   5.764607523034235e39,
                                   1.152921504606847e40,
                                   2.305843009213694e40 };
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        check_shortest(hard[i]);
}

/* 1 to 19 digits and any power: most take Eisel & Lemire's way. */
static void any_power_of_ten_is_read_right(void **state)
{
    (void)state;
    struct random random = { 6 };
    for (int i = 0; i < 500000; i++) {
        char text[48];
        uint64_t digits = random_next(&random) >> random_below(&random, 60) | 1;
        int power = (int)random_below(&random, 660) - 340;
        int len = snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, power);
        double got = 0, expected = strtod(text, NULL);
        enum number_found found = number_parse((struct str){ text, (size_t)len }, &got);
        if (isinf(expected) ? found != NUMBER_INFINITE : found != NUMBER_FINE || got != expected)
            fail_msg("%s: %.17g, expected %.17g", text, got, expected);
    }
    for (uint64_t odd = 1; odd < 4000; odd += 2) /* halves between neighbours, and beside them */
        for (int beside = -1; beside <= 1; beside++) {
            char text[48];
            uint64_t digits = ((uint64_t)1 << 54) + odd * 2 + (uint64_t)beside;
            int len =
                snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, (int)(odd % 5));
            double got = 0;
            assert_int_equal(number_parse((struct str){ text, (size_t)len }, &got), NUMBER_FINE);
            assert_true(got == strtod(text, NULL));
        }
}

/* Whatever number was printed before, with whatever places that leaves. */
static void places_of_others_change_no_text(void **state)
{
    (void)state;
    struct random random = { 7 };
    unsigned near = 0;
    for (int i = 0; i < 600000; i++) {
        double ten = pow(10, (double)random_below(&random, 19)),
               value =
                   round(random_normal(&random) * ten) / pow(10, (double)random_below(&random, 18));
        if (random_below(&random, 4) == 0)
            value = nextafter(value, INFINITY);
        if (random_below(&random, 8) == 0)
            near = (unsigned)random_below(&random, 17);
        char alone[NUMBER_BYTES], beside[NUMBER_BYTES + 1];
        beside[NUMBER_BYTES] = '#';
        unsigned places = near;
        size_t len = number_print(value, alone);
        assert_int_equal(number_print_near(value, &near, beside), len);
        if (strcmp(alone, beside) != 0 || near > 16 || beside[NUMBER_BYTES] != '#')
            fail_msg("%a as %s, with %u places before as %s", value, alone, places, beside);
    }
}

/* All at once is what one after the other is, or nothing. */
static void sixteen_characters_at_once(void **state)
{
    (void)state;
#ifdef NUMBER_WIDE
    struct random random = { 8 };
    static const char letters[] = "0123456789012345678901234567890123456789.-+e,\x80\n/:";
    size_t taken = 0;
    for (int i = 0; i < 2000000 && NUMBER_WIDE_RUNS; i++) {
        char text[64];
        size_t len = 1 + random_below(&random, 18);
        size_t most = random_below(&random, 3) ? 40 : sizeof letters - 1;
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = letters[random_below(&random, k < len ? most : sizeof letters - 1)];
        if (random_below(&random, 3) == 0)
            text[0] = '-';
        if (random_below(&random, 2))
            text[random_below(&random, len)] = '.';
        text[len] = random_below(&random, 4) ? ',' : '\n';
        double value = 7, expected = 0;
        struct str whole = { text, len };
        bool has_point, took = number_wide(text, len, &value, &has_point);
        bool fits = number_parse(whole, &expected) == NUMBER_FINE;
        bool bare = strspn(text, "-.0123456789") >= len && len <= 16;
        size_t digits = len - (*text == '-') - (memchr(text, '.', len) != NULL);
        if (took ? !fits || memcmp(&value, &expected, sizeof value) != 0 ||
                       digits > NUMBER_WIDE_DIGITS || has_point != (memchr(text, '.', len) != NULL)
                 : (fits && bare && digits <= NUMBER_WIDE_DIGITS) || value != 7)
            fail_msg("%.*s: %d %g, expected %g", (int)len, text, took, value, expected);
        taken += took;
    }
    assert_true(taken > 200000 || !NUMBER_WIDE_RUNS);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_decimal_is_the_nearest_double),
        cmocka_unit_test(long_decimals_are_the_nearest_double_too),
        cmocka_unit_test(any_double_prints_and_reads_back),
        cmocka_unit_test(hard_cases),
        cmocka_unit_test(digits_beyond_any_double_still_count),
        cmocka_unit_test(texts_are_short),
        cmocka_unit_test(prints_are_the_shortest),
        cmocka_unit_test(any_power_of_ten_is_read_right),
        cmocka_unit_test(places_of_others_change_no_text),
        cmocka_unit_test(sixteen_characters_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
