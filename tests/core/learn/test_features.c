/* Features: odd columns, wide and long ones, leaks, learners' needs, damaged bytes. */
#include "core/learn/features.h"
#include "core/learn/model.h"
#include "core/learn/words.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define TAKES_ALL (TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE)

static struct column numbers_of(struct arena *arena, const char *name, const double *x, size_t n)
{
    struct column out;
    struct fault why;
    assert_true(column_of_numbers(arena, str_of(name), x, n, &out, &why));
    return out;
}

static struct column texts_of(struct arena *arena, const char *name, const char *const *x, size_t n)
{
    struct str *texts = arena_array(arena, struct str, n);
    struct column out;
    for (size_t i = 0; i < n; i++)
        if (x[i])
            texts[i] = str_of(x[i]);
    column_of_texts(arena, str_of(name), texts, n, &out);
    return out;
}

static struct learner learner_of(unsigned takes)
{
    return (struct learner){ .name = "some",
                             .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
                             .takes = takes };
}

/* steps: words with blanks between, or NULL for the learner's usual ones. */
static struct recipe recipe_of(struct arena *arena, const struct learner *learner,
                               const char *steps)
{
    struct recipe recipe = recipe_default();
    struct fault why = { 0 };
    struct str list = { steps, steps ? strlen(steps) : 0 }, word;
    recipe_use_learner(&recipe, learner);
    for (size_t i = 0; str_cut(&list, ' ', &word); i++)
        if (!recipe_add_transform(arena, &recipe, word, i, &why))
            fail_msg("%s", why.text);
    return recipe;
}

static struct features fit(struct arena *arena, const struct table *table,
                           const struct recipe *recipe, const struct target *target)
{
    struct features features;
    struct fault why = { 0 };
    if (!features_fit(arena, table, recipe, target, &features, &why))
        fail_msg("%s", why.text);
    return features;
}

static struct inputs encode(struct arena *arena, const struct features *features,
                            const struct table *table, unsigned threads)
{
    struct inputs in;
    struct fault why = { 0 };
    if (!features_encode_by(arena, features, table, threads, &in, &why))
        fail_msg("%s", why.text);
    return in;
}

static void check_row(const struct inputs *in, size_t row, const double *expected)
{
    for (size_t c = 0; c < in->dense.columns; c++) {
        double got = matrix_row(in->dense, row)[c];
        if (isnan(got) != isnan(expected[c]) || fabs(got - expected[c]) > 1e-12)
            fail_msg("row %zu, column %zu: got %.17g, expected %.17g", row, c, got, expected[c]);
    }
}

static void odd_columns_stay_finite(void **state)
{
    (void)state;
    static const char *const steps[] = {
        "impute standard",
        "impute min_max",
        "impute robust",
        "impute power",
        "impute log",
        "impute clip:method=iqr",
        "impute bins:encode=ordinal",
        "impute:strategy=most_frequent standard",
    };
    const double nothing[4] = { NAN, NAN, NAN, NAN }, same[4] = { 3, 3, 3, 3 };
    const double huge[4] = { 1e150, -1e150, 1e150, 0 }, one[4] = { NAN, 7, NAN, NAN };
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
        for (size_t rows = 1; rows <= 4; rows += 3) {
            scoped_arena arena = arena_open(NULL);
            struct learner learner = learner_of(0);
            struct column columns[] = { numbers_of(arena, "nothing", nothing, rows),
                                        numbers_of(arena, "same", same, rows),
                                        numbers_of(arena, "huge", huge, rows),
                                        numbers_of(arena, "one", one, rows) };
            struct table table = { rows, 4, columns };
            struct recipe recipe = recipe_of(arena, &learner, steps[s]);
            struct features features = fit(arena, &table, &recipe, NULL);
            struct inputs in = encode(arena, &features, &table, 1);
            for (size_t i = 0; i < rows * in.dense.columns; i++)
                assert_true(isfinite(in.dense.at[i]));
        }
}

static void unseen_and_missing_categories_go_where_they_should(void **state)
{
    (void)state;
    static const char *const train[] = { "b", "a", "b", NULL, "a", "rare", "b", "a" };
    static const char *const new[] = { "b", NULL, "new", "rare" };
    static const struct {
        const char *steps;
        unsigned takes;
        double rows[4][4];
    } cases[] = {
        { "one_hot:min_frequency=2", 0, { { 0, 1, 0 }, { 0, 0, 1 }, { 0 }, { 0 } } },
        { "one_hot:min_frequency=2,handle_unknown=infrequent_if_exist",
          0,
          { { 0, 1, 0, 0 }, { 0, 0, 0, 1 }, { 0, 0, 1, 0 }, { 0, 0, 1, 0 } } },
        { "one_hot:max_categories=1,min_frequency=1", 0, { { 0, 0 }, { 0, 1 }, { 0 }, { 0 } } },
        { "ordinal", TAKES_ALL, { { 1 }, { NAN }, { NAN }, { 2 } } },
        { "ordinal:min_frequency=2", TAKES_LEVELS, { { 1 }, { 3 }, { 2 }, { 2 } } },
        { "impute:strategy=constant,fill_value=new one_hot:min_frequency=1",
          0,
          { { 0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 1, 0 }, { 0, 0, 0, 1 } } },
        { "impute:strategy=most_frequent ordinal", TAKES_ALL, { { 1 }, { 0 }, { NAN }, { 2 } } },
    };
    scoped_arena arena = arena_open(NULL);
    struct column a = texts_of(arena, "c", train, 8), b = texts_of(arena, "c", new, 4);
    struct table fitted = { 8, 1, &a }, table = { 4, 1, &b };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct learner learner = learner_of(cases[i].takes);
        struct recipe recipe = recipe_of(arena, &learner, cases[i].steps);
        struct features features = fit(arena, &fitted, &recipe, NULL);
        struct inputs in = encode(arena, &features, &table, 1);
        for (size_t row = 0; row < 4; row++)
            check_row(&in, row, cases[i].rows[row]);
    }
    struct learner learner = learner_of(0);
    struct recipe recipe =
        recipe_of(arena, &learner, "one_hot:handle_unknown=error,min_frequency=1");
    struct features features = fit(arena, &fitted, &recipe, NULL);
    struct inputs in;
    struct fault why = { 0 };
    assert_false(features_encode(arena, &features, &table, &in, &why));
    assert_string_equal(why.text, "row 3: column \"c\" held \"new\", which training had not");
}

/* A target that is noise: encoded out of fold its level means must say nothing of it. */
static void a_training_row_never_sees_its_own_target(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    scoped_arena arena = arena_open(NULL);
    static char names[ROWS][8];
    const char *texts[ROWS];
    double y[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof names[i], "u%zu", i); /* each level has one row */
        texts[i] = names[i];
        y[i] = (double)(i % 7);
    }
    struct column column = texts_of(arena, "c", texts, ROWS);
    struct table table = { ROWS, 1, &column };
    struct target target = { .kind = TARGET_NUMBER, .y = y };
    struct learner learner = learner_of(0);
    struct recipe recipe = recipe_of(arena, &learner, "target_encode:smooth=0,cv=5");
    struct features features = fit(arena, &table, &recipe, &target);
    struct inputs training, later = encode(arena, &features, &table, 1);
    struct fault why;
    assert_true(features_encode_training(arena, &features, &training, &why));
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(fabs(training.dense.at[i] - 3) < 0.4); /* the mean of the other folds */
        assert_true(fabs(later.dense.at[i] - y[i]) < 1e-9);
    }
    y[17] = 1e6;
    struct features changed = fit(arena, &table, &recipe, &target);
    struct inputs again;
    assert_true(features_encode_training(arena, &changed, &again, &why));
    assert_true(again.dense.at[17] == training.dense.at[17]);
    assert_false(again.dense.at[0] == training.dense.at[0] &&
                 again.dense.at[1] == training.dense.at[1] &&
                 again.dense.at[2] == training.dense.at[2]);
}

static void smoothing_draws_small_levels_to_the_mean(void **state)
{
    (void)state;
    static const char *const texts[] = { "a", "a", "a", "b", "b", "c" };
    double y[] = { 1, 2, 3, 10, 14, 0 };
    scoped_arena arena = arena_open(NULL);
    struct column column = texts_of(arena, "c", texts, 6);
    struct table table = { 6, 1, &column };
    struct target target = { .kind = TARGET_NUMBER, .y = y };
    struct learner learner = learner_of(0);
    struct recipe recipe = recipe_of(arena, &learner, "target_encode:smooth=2");
    struct features features = fit(arena, &table, &recipe, &target);
    struct inputs in = encode(arena, &features, &table, 1);
    double mean = 5; /* (sum + 2 mean) / (count + 2) */
    assert_true(fabs(in.dense.at[0] - (6 + 2 * mean) / 5) < 1e-12);
    assert_true(fabs(in.dense.at[3] - (24 + 2 * mean) / 4) < 1e-12);
    assert_true(fabs(in.dense.at[5] - (0 + 2 * mean) / 3) < 1e-12);
    recipe = recipe_of(arena, &learner, "target_encode");
    features = fit(arena, &table, &recipe, &target);
    in = encode(arena, &features, &table, 1);
    double all = (16 + 9 + 4 + 25 + 81 + 25) / 6.0, own = 4, share = 2 / (2 + own / all);
    assert_true(fabs(in.dense.at[3] - (share * 12 + (1 - share) * mean)) < 1e-12);
}

/* The target's past comes from training rows alone, other columns' also from the new table. */
static void lags_of_new_rows_continue_the_training_rows(void **state)
{
    (void)state;
    const double day[] = { 1, 2, 3, 4 }, y[] = { 10, 20, 30, 40 }, x[] = { 1, 2, 3, 4 };
    const double new_day[] = { 5, 6 }, new_y[] = { 777, 888 }, new_x[] = { 5, 6 };
    scoped_arena arena = arena_open(NULL);
    struct column old[] = { numbers_of(arena, "day", day, 4), numbers_of(arena, "y", y, 4),
                            numbers_of(arena, "x", x, 4) };
    struct column new[] = { numbers_of(arena, "day", new_day, 2), numbers_of(arena, "y", new_y, 2),
                            numbers_of(arena, "x", new_x, 2) };
    struct table train = { 4, 3, old }, table = { 2, 3, new };
    struct learner learner = learner_of(TAKES_MISSING);
    struct recipe recipe = recipe_of(arena, &learner, "lags:columns=y,x,lags=1,2");
    struct fault why;
    recipe.target = S("y");
    recipe.time = S("day");
    struct features features = fit(arena, &train, &recipe, NULL);
    struct inputs in = encode(arena, &features, &table, 1), training;
    assert_true(features_encode_training(arena, &features, &training, &why));
    check_row(&training, 2, (double[]){ 3, 20, 10, 3, 2, 1 }); /* day, y's lags, x, x's lags */
    check_row(&in, 0, (double[]){ 5, 40, 30, 5, 4, 3 });
    check_row(&in, 1, (double[]){ 6, NAN, 40, 6, 5, 4 });
    struct inputs again = encode(arena, &features, &train, 1);
    check_row(&again, 1, (double[]){ 2, NAN, NAN, 2, 1, NAN }); /* no future, no target */
}

static void a_million_categories_and_many_columns_are_fine(void **state)
{
    (void)state;
    enum { LEVELS = 1000000, COLUMNS = 100000 };
    scoped_arena arena = arena_open(NULL);
    int32_t *codes = arena_array(arena, int32_t, LEVELS);
    struct str *texts = arena_array(arena, struct str, LEVELS);
    for (int32_t i = 0; i < LEVELS; i++) {
        codes[i] = i;
        texts[i] = str_of(arena_print(arena, "%d", i * 7 % LEVELS));
    }
    struct column column = { .name = S("c"),
                             .kind = COLUMN_CATEGORY,
                             .codes = codes,
                             .levels = texts,
                             .level_count = LEVELS };
    struct table table = { LEVELS, 1, &column };
    struct learner learner = learner_of(TAKES_ALL);
    struct recipe recipe = recipe_of(arena, &learner, "ordinal");
    struct features features = fit(arena, &table, &recipe, NULL);
    struct inputs in = encode(arena, &features, &table, 2);
    assert_true(in.levels[0] == LEVELS);
    assert_true(in.dense.at[0] == 0 && isfinite(in.dense.at[LEVELS - 1]));

    double x[3] = { 1, NAN, 3 };
    struct column *wide = arena_array(arena, struct column, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        wide[i] = (struct column){ .name = str_of(arena_print(arena, "x%zu", i)),
                                   .kind = COLUMN_NUMBER,
                                   .missing_count = 1,
                                   .numbers = x };
    struct table broad = { 3, COLUMNS, wide };
    recipe = recipe_of(arena, &learner, "impute:add_indicator=false standard");
    size_t before = arena_bytes(arena);
    features = fit(arena, &broad, &recipe, NULL);
    in = encode(arena, &features, &broad, 2);
    assert_int_equal(in.dense.columns, COLUMNS);
    assert_true(fabs(in.dense.at[COLUMNS - 1] + sqrt(1.5)) < 1e-12);
    assert_true(arena_bytes(arena) - before < (size_t)300 << 20);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    scoped_arena arena = arena_open(NULL);
    double x[ROWS], z[ROWS];
    const char *texts[ROWS];
    static const char *const words[] = { "red dog", "blue cat", "red cat", NULL, "the dog" };
    struct random random = { 1 };
    for (size_t i = 0; i < ROWS; i++) {
        x[i] = random_unit(&random) < 0.1 ? NAN : random_normal(&random);
        z[i] = exp(random_normal(&random));
        texts[i] = words[random_below(&random, 5)];
    }
    struct column columns[] = { numbers_of(arena, "x", x, ROWS), numbers_of(arena, "z", z, ROWS),
                                texts_of(arena, "t", texts, ROWS),
                                texts_of(arena, "u", texts, ROWS) };
    struct table table = { ROWS, 4, columns };
    struct learner learner = learner_of(TAKES_ALL);
    struct inputs first = { 0 };
    for (unsigned threads = 1; threads <= 7; threads += 2) {
        struct recipe recipe = recipe_of(
            arena, &learner,
            "impute power:columns=z standard polynomial tfidf:columns=t one_hot:columns=u "
            "pca:n_components=3");
        recipe.threads = threads;
        struct features features = fit(arena, &table, &recipe, NULL);
        struct inputs in = encode(arena, &features, &table, threads);
        if (threads == 1)
            first = in;
        assert_memory_equal(in.dense.at, first.dense.at, ROWS * in.dense.columns * sizeof(double));
        assert_memory_equal(in.sparse->starts, first.sparse->starts, (ROWS + 1) * sizeof(size_t));
        assert_memory_equal(in.sparse->values, first.sparse->values,
                            in.sparse->starts[ROWS] * sizeof(double));
    }
}

static void steps_of_few_columns_leave_room_for_later_ones(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    static const char *const steps[] = {
        "dates impute standard", /* the first step learns no numbers at all */
        "dates power:columns=x impute standard",
    };
    scoped_arena arena = arena_open(NULL);
    double x[ROWS], day[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        x[i] = (double)(i * 37 % ROWS);
        day[i] = (double)i * 86400;
    }
    struct column columns[] = { numbers_of(arena, "x", x, ROWS), numbers_of(arena, "y", x, ROWS),
                                numbers_of(arena, "z", x, ROWS),
                                numbers_of(arena, "day", day, ROWS) };
    columns[3].kind = COLUMN_TIME;
    struct table table = { ROWS, 4, columns };
    struct learner learner = learner_of(0);
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            scoped_arena own = arena_open(NULL); /* of little room: writes beyond are seen */
            struct recipe recipe = recipe_of(own, &learner, steps[s]);
            recipe.threads = threads;
            struct features features = fit(own, &table, &recipe, NULL);
            struct inputs in = encode(own, &features, &table, threads);
            for (size_t c = 1; c < 3; c++)
                assert_true(matrix_row(in.dense, 0)[c] < -1.7);
        }
}

static void usual_steps_fit_the_learner(void **state)
{
    (void)state;
    static const struct {
        unsigned takes;
        const char *steps;
    } rows[] = {
        { 0, "dates impute standard one_hot " },
        { TAKES_SPARSE, "dates impute standard one_hot tfidf " },
        { TAKES_MISSING | TAKES_LEVELS, "dates ordinal " },
        { TAKES_LEVELS | TAKES_SPARSE, "dates impute standard ordinal tfidf " },
        { TAKES_MISSING, "dates one_hot " },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct learner learner = learner_of(rows[i].takes);
        struct recipe recipe = recipe_of(arena, &learner, NULL);
        struct text text = { .arena = arena };
        for (size_t s = 0; s < recipe.step_count; s++)
            text_print(&text, "%s ", recipe.steps[s].transform->name);
        assert_string_equal(text.at, rows[i].steps);
    }
}

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *steps, *fault;
    } rows[] = {
        { "impute standard", "column \"c\" holds text: drop it or add the transform one_hot" },
        { "impute one_hot standard:columns=c", "transform standard cannot follow what made \"c\"" },
        { "pca one_hot", "row 2: column \"x\" was empty, transform pca needs \"impute\" before" },
        { "lags", "transform lags needs the key columns" },
        { "lags:columns=x", "transform lags needs the order of time: set the key time" },
        { "target_encode", "transform target_encode needs a target" },
        { "impute:strategy=constant,fill_value=u",
          "fill_value of impute was \"u\", a number is needed" },
        { "power:method=box-cox one_hot",
          "row 3: column \"x\" was -1, the method box-cox needs numbers over 0" },
        { "dates:columns=x one_hot", "transform dates is for times, column \"x\" holds numbers" },
        { "one_hot", "row 2: column \"x\" was empty and no transform \"impute\" fills it" },
    };
    const double x[] = { 1, NAN, -1 };
    static const char *const texts[] = { "a", "b", "a" };
    scoped_arena arena = arena_open(NULL);
    struct column columns[] = { numbers_of(arena, "x", x, 3), texts_of(arena, "c", texts, 3) };
    struct table table = { 3, 2, columns };
    struct learner learner = learner_of(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recipe recipe = recipe_of(arena, &learner, rows[i].steps);
        struct features features;
        struct inputs in;
        struct fault why = { 0 };
        assert_false(features_fit(arena, &table, &recipe, NULL, &features, &why) &&
                     features_encode_training(arena, &features, &in, &why));
        assert_string_equal(why.text, rows[i].fault);
    }
}

/* Any byte of stored features changed: refused, or safe to use. */
static void damaged_features_are_refused_or_safe(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const double x[] = { 1, NAN, 3, 4 }, day[] = { 1, 2, 3, 4 };
    static const char *const texts[] = { "aa bb", "bb cc", NULL, "aa cc" };
    struct column columns[] = { numbers_of(arena, "x", x, 4), numbers_of(arena, "day", day, 4),
                                texts_of(arena, "t", texts, 4), texts_of(arena, "u", texts, 4),
                                texts_of(arena, "v", texts, 4) };
    struct table table = { 4, 5, columns };
    struct learner learner = learner_of(TAKES_ALL);
    struct recipe recipe = recipe_of(arena, &learner,
                                     "lags:columns=x,lags=1,2 impute bins:columns=day polynomial "
                                     "tfidf:columns=t hashing:columns=u,n_features=8 one_hot");
    recipe.time = S("day");
    struct features features = fit(arena, &table, &recipe, NULL);
    struct text bytes = { .arena = arena };
    features_save(&features, &bytes);
    size_t loaded = 0;
    for (size_t i = 0; i < bytes.len * 3; i++) {
        scoped_arena scratch = arena_open(NULL);
        char *copy = str_zero(scratch, text_str(&bytes));
        copy[i / 3] = (char)(copy[i / 3] ^ (i % 3 == 0 ? 1 : i % 3 == 1 ? 2 : 0x80));
        struct bytes in = { .arena = scratch, .rest = { copy, bytes.len } };
        struct features again;
        struct inputs inputs;
        struct fault why;
        features_load(&in, &again);
        if (in.failed)
            continue;
        loaded++;
        features_encode(scratch, &again, &table, &inputs, &why);
    }
    assert_true(loaded > 0);
}

static void words_are_those_of_unicode(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "The Quick-brown fox_2 x", "the|quick|brown|fox_2|" },
        { "ÄRGER Straße ΟΔΟΣ ΣΊΣΥΦΟΣ", "ärger|straße|οδος|σίσυφος|" },
        { "İstanbul a\xff\xfe"
          "bc \xc3",
          "stanbul|bc|" },
        { "日本語 テキスト, 1 22", "日本語|テキスト|22|" },
        { "", "" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str text = str_of(rows[i][0]), word;
        struct words words = words_of(text, arena_take(arena, words_room(text.len)));
        struct text all = { .arena = arena };
        text_add(&all, S(""));
        while (words_next(&words, &word))
            text_print(&all, "%.*s|", STR_ARGS(word));
        assert_string_equal(all.at, rows[i][1]);
    }
    assert_int_equal(murmur_hash(S("foo"), 0), 0xf6a5c420); /* sklearn.utils.murmurhash3_32 */
    assert_int_equal(murmur_hash(S("hello"), 42), 0xe2dbd2e1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_columns_stay_finite),
        cmocka_unit_test(unseen_and_missing_categories_go_where_they_should),
        cmocka_unit_test(a_training_row_never_sees_its_own_target),
        cmocka_unit_test(smoothing_draws_small_levels_to_the_mean),
        cmocka_unit_test(lags_of_new_rows_continue_the_training_rows),
        cmocka_unit_test(a_million_categories_and_many_columns_are_fine),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(steps_of_few_columns_leave_room_for_later_ones),
        cmocka_unit_test(usual_steps_fit_the_learner),
        cmocka_unit_test(what_does_not_fit_is_said),
        cmocka_unit_test(damaged_features_are_refused_or_safe),
        cmocka_unit_test(words_are_those_of_unicode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
