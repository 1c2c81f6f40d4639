/* Models: features and predictions against scikit-learn, the file, and what is refused. */
#include "core/base/file.h"
#include "core/learn/model.h"
#include "core/learn/table_file.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct table load(struct arena *arena, const char *name, const struct model *model)
{
    struct table table;
    struct fault why = { 0 };
    struct csv_options how = table_pins(arena, S("id"), model);
    if (!table_file_load(arena, arena_print(arena, "tests/core/learn/%s", name), &how, &table,
                         &why))
        fail_msg("%s", why.text);
    return table;
}

static struct table parse(struct arena *arena, const char *csv, const struct model *model)
{
    struct table table;
    struct fault why = { 0 };
    struct csv_options how = table_pins(arena, S("id"), model);
    if (!csv_parse(arena, str_of(csv), &how, &table, &why))
        fail_msg("%s", why.text);
    return table;
}

static struct recipe recipe_of(const char *target, const char *learner, const char *param)
{
    struct recipe recipe = recipe_default();
    struct fault why = { 0 };
    recipe.target = str_of(target);
    if (!recipe_set_learner(&recipe, str_of(learner), &why) ||
        (param && !recipe_set_param(&recipe, str_of(param), &why)))
        fail_msg("%s", why.text);
    return recipe;
}

static struct model train(struct arena *arena, const struct table *table,
                          const struct recipe *recipe)
{
    struct model model;
    struct fault why = { 0 };
    if (!model_train(arena, table, recipe, &model, &why))
        fail_msg("%s", why.text);
    return model;
}

static const struct json *golden(struct arena *arena)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why;
    assert_true(file_load(arena, AT_FDCWD, "tests/core/learn/people.json", 1 << 20, &bytes, &why));
    assert_true(json_parse(arena, bytes, &map, &why));
    return map;
}

static void check_predictions(const char *target, const char *learner, const char *param,
                              const char *drop)
{
    scoped_arena arena = arena_open(NULL);
    struct table people = load(arena, "people.csv", NULL);
    struct recipe recipe = recipe_of(target, learner, param);
    struct str drops[] = { str_of(drop) };
    recipe.drop = drops;
    recipe.drop_count = 1;
    struct model model = train(arena, &people, &recipe);
    struct table new = load(arena, "people_new.csv", &model);
    const struct json *expected = json_get(golden(arena), target);
    struct fault why;
    double out[100];
    assert_int_equal(new.rows, expected->count);
    assert_true(model_predict(arena, &model, &new, 1, out, &why));
    for (size_t i = 0; i < new.rows; i++)
        if (!(fabs(out[i] - expected->members[i].number) <=
              1e-6 * (1 + fabs(expected->members[i].number))))
            fail_msg("row %zu: got %.17g, expected %.17g", i, out[i], expected->members[i].number);
}

static void predictions_equal_the_peers_for_two_classes(void **state)
{
    (void)state;
    check_predictions("late", "logistic", "C=0.7", "spent");
}

static void predictions_equal_the_peers_for_a_number(void **state)
{
    (void)state;
    check_predictions("spent", "ridge", "alpha=2", "late");
}

static struct str saved(struct arena *arena, const char *learner)
{
    struct table people = load(arena, "people.csv", NULL);
    struct recipe recipe = recipe_of("late", learner, NULL);
    struct model model = train(arena, &people, &recipe);
    return model_print(arena, &model);
}

static void a_saved_model_predicts_the_same_bits(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "late", "logistic" }, { "spent", "ridge" }, { "spent", "linear" },
        { "late", "majority" }, { "spent", "mean" },
    };
    scoped_arena arena = arena_open(NULL);
    struct table people = load(arena, "people.csv", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recipe recipe = recipe_of(rows[i][0], rows[i][1], NULL);
        recipe.seed = UINT64_MAX;
        struct model model = train(arena, &people, &recipe), again;
        struct str bytes = model_print(arena, &model);
        struct fault why = { 0 };
        double a[200], b[200];
        assert_true(people.rows <= 200);
        if (!model_parse(arena, bytes, &again, &why))
            fail_msg("%s: %s", rows[i][1], why.text);
        assert_true(model_predict(arena, &model, &people, 1, a, &why));
        assert_true(model_predict(arena, &again, &people, 1, b, &why));
        assert_memory_equal(a, b, people.rows * sizeof(double));
        assert_true(again.seed == UINT64_MAX);
        assert_true(str_equal(bytes, model_print(arena, &again)));
    }
}

static void the_file_is_the_same_for_equal_seeds(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    assert_true(str_equal(saved(arena, "logistic"), saved(arena, "logistic")));
}

/* Any one byte changed, any end missing: refused, whatever it was. */
static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct str bytes = saved(arena, "logistic");
    struct model model;
    struct fault why;
    char *copy = str_zero(arena, bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        copy[i] = (char)(copy[i] ^ 0x10);
        scoped_arena scratch = arena_open(NULL);
        assert_false(model_parse(scratch, (struct str){ copy, bytes.len }, &model, &why));
        copy[i] = (char)(copy[i] ^ 0x10);
    }
    for (size_t len = 0; len < bytes.len; len++) {
        scoped_arena scratch = arena_open(NULL);
        assert_false(model_parse(scratch, str_until(bytes, len), &model, &why));
    }
    assert_true(model_parse(arena, (struct str){ copy, bytes.len }, &model, &why));
}

static void what_is_refused_is_said(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct str bytes = saved(arena, "logistic");
    char *copy = str_zero(arena, bytes);
    struct model model;
    struct fault why;
    assert_false(model_parse(arena, S("id,age\n1,2\n a table, not a model"), &model, &why));
    assert_string_equal(why.text, "this is not a model file of holdout");
    copy[8] = 3;
    assert_false(model_parse(arena, (struct str){ copy, bytes.len }, &model, &why));
    assert_non_null(strstr(why.text, "version 3"));
    copy[8] = 2;
    assert_false(model_parse(arena, (struct str){ copy, bytes.len - 1 }, &model, &why));
    assert_string_equal(why.text, "the model file is cut off or has bytes too many");
    copy[100] ^= 1;
    assert_false(model_parse(arena, (struct str){ copy, bytes.len }, &model, &why));
    assert_string_equal(why.text, "the model file is damaged: its checksum does not fit");
}

static void training_data_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *learner, *fault;
    } rows[] = {
        { "id,a,y\n1,1,0\n", "logistic",
          "the target \"y\" has one class only, the learner needs "
          "two" },
        { "id,a,y\n1,1,a\n2,1,a\n", "logistic",
          "the target \"y\" has one class only, the learner needs two" },
        { "id,a,y\n1,1,0\n2,1,\n", "logistic", "row 2: the target \"y\" was empty" },
        { "id,a,y\n1,1,a\n2,1,\n3,1,b\n", "logistic", "row 2: the target \"y\" was empty" },
        { "id,a,y\n1,1,a\n2,1,b\n", "ridge", "the target \"y\" holds text, numbers are needed" },
        { "id,a,y\n1,1e300,0\n2,-1e300,1\n", "logistic",
          "transform standard of column \"a\" went beyond the range of numbers" },
        { "id,a,y\n1,1,1.7e308\n2,1,1.7e308\n", "mean",
          "the mean of the target went beyond the range of numbers" },
        { "id,a,y\n", "mean", "the training data has no rows" },
        { "id,price,Y\n1,1,1\n", "mean",
          "the target needs the column \"y\", which the data does not have, did you mean \"Y\"" },
        { "id,price,yy\n1,1,1\n", "mean",
          "the target needs the column \"y\", which the data does not have" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table table = parse(arena, rows[i].csv, NULL);
        struct recipe recipe = recipe_of("y", rows[i].learner, NULL);
        struct model model;
        struct fault why = { 0 };
        assert_false(model_train(arena, &table, &recipe, &model, &why));
        assert_string_equal(why.text, rows[i].fault);
    }
}

static void lost_columns_of_a_pipeline_are_named_at_once(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = parse(arena, "id,amount,age,y\n1,1,2,0\n2,3,4,1\n", NULL);
    struct recipe recipe = recipe_of("y", "logistic", NULL);
    struct str drops[] = { S("place") }, columns[] = { S("amuont"), S("age"), S("place") };
    struct model model;
    struct fault why = { 0 };
    recipe.drop = drops;
    recipe.drop_count = 1;
    recipe.steps[1].columns = columns;
    recipe.steps[1].column_count = 3;
    assert_false(model_train(arena, &table, &recipe, &model, &why));
    assert_string_equal(why.text, "the data does not have 2 columns of the pipeline: \"place\", "
                                  "\"amuont\" (did you mean \"amount\"?)");
}

static void forecasts_of_the_past_alone_make_no_dates_unasked(void **state)
{
    (void)state;
    static const struct {
        const char *learner, *step;
        size_t width;
    } rows[] = {
        { "ar", NULL, 1 },        { "seasonal_naive", NULL, 1 }, { "holt_winters", NULL, 1 },
        { "gbdt_lags", NULL, 6 }, { "ridge", NULL, 6 },          { "ar", "dates", 6 },
    };
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    text_print(&csv, "id,t,x,y\n");
    for (unsigned i = 0; i < 28; i++)
        text_print(&csv, "%u,2020-01-%02u,%u,%u\n", i, i + 1, i * i % 7, i % 7 + i * i % 5);
    text_char(&csv, 0);
    struct table table = parse(arena, text_str(&csv).at, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recipe recipe = recipe_of("y", rows[i].learner, NULL);
        struct model model;
        struct fault why = { 0 };
        recipe.time = S("t");
        if (rows[i].step)
            assert_true(recipe_add_transform(arena, &recipe, str_of(rows[i].step), 0, &why));
        assert_true(model_train(arena, &table, &recipe, &model, &why));
        assert_int_equal(model.features.width, rows[i].width);
    }
}

static void rows_to_predict_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *fault;
    } rows[] = {
        { "id,age,home\n1,3,own\n",
          "the model needs the column \"income\", which the data does not have" },
        { "id,age,incomes,home\n1,3,1,own\n",
          "the model needs the column \"income\", which the data does not have, did you mean "
          "\"incomes\"" },
    };
    scoped_arena arena = arena_open(NULL);
    struct table people = load(arena, "people.csv", NULL);
    struct recipe recipe = recipe_of("late", "logistic", NULL);
    struct str drops[] = { S("spent") };
    recipe.drop = drops;
    recipe.drop_count = 1;
    struct model model = train(arena, &people, &recipe);
    struct fault why = { 0 };
    double out[8];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table table = parse(arena, rows[i].csv, &model);
        assert_false(model_predict(arena, &model, &table, 1, out, &why));
        assert_string_equal(why.text, rows[i].fault);
    }
    struct table text = parse(arena, "id,age,income,home\n1,3,4,own\n2,x,4,own\n", NULL);
    assert_false(model_predict(arena, &model, &text, 1, out, &why));
    assert_string_equal(why.text, "row 2: column \"age\" held \"x\", a number is needed");
    struct table empty = parse(arena, "id,age,income,home\n1,,,\n", NULL);
    assert_true(model_predict(arena, &model, &empty, 1, out, &why));
    assert_true(out[0] > 0 && out[0] < 1);
}

/* Codes such as 1 and 2 are categories while one of them is a letter, and stay so. */
static void a_category_of_digits_is_recognised_when_predicting(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    text_print(&csv, "id,code,y\n");
    for (int i = 0; i < 60; i++)
        text_print(&csv, "%d,%s,%d\n", i, i % 3 == 0 ? "A" : i % 3 == 1 ? "1" : "2", i % 3 * 10);
    struct table table = parse(arena, csv.at, NULL);
    struct recipe recipe = recipe_of("y", "linear", NULL);
    struct model model = train(arena, &table, &recipe);
    struct table digits = parse(arena, "id,code\n1,1\n2,2\n", &model);
    struct fault why;
    double out[2];
    assert_true(column_is_numeric(&digits.columns[1]));
    assert_true(model_predict(arena, &model, &digits, 1, out, &why));
    assert_true(fabs(out[0] - 10) < 1e-9 && fabs(out[1] - 20) < 1e-9);
}

static void without_transforms_what_a_learner_cannot_take_is_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct recipe recipe = recipe_of("y", "ridge", NULL);
    struct fault why;
    struct model model;
    recipe.step_count = 0;
    struct table gap = parse(arena, "id,a,y\n1,1,1\n2,,2\n", NULL);
    assert_false(model_train(arena, &gap, &recipe, &model, &why));
    assert_string_equal(why.text,
                        "row 2: column \"a\" was empty and no transform \"impute\" fills it");
    struct table large = parse(arena, "id,a,y\n1,1e200,1\n2,-1e200,2\n", NULL);
    assert_false(model_train(arena, &large, &recipe, &model, &why));
    assert_string_equal(why.text, "the features' or the target's squares went beyond the range of "
                                  "numbers, scale them (transform \"standard\")");
    struct table text = parse(arena, "id,a,y\n1,u,1\n2,v,2\n", NULL);
    assert_false(model_train(arena, &text, &recipe, &model, &why));
    assert_string_equal(why.text, "column \"a\" holds text: drop it or add the transform one_hot");
    assert_true(recipe_add_transform(arena, &recipe, S("log"), 0, &why));
    struct str columns[] = { S("a") };
    recipe.steps[0].columns = columns;
    recipe.steps[0].column_count = 1;
    assert_false(model_train(arena, &text, &recipe, &model, &why));
    assert_string_equal(why.text, "transform log is for numbers, column \"a\" holds text");
    columns[0] = S("aa");
    assert_false(model_train(arena, &text, &recipe, &model, &why));
    assert_string_equal(why.text, "transform log needs the column \"aa\", which the data does not "
                                  "have");
}

static void transforms_run_in_their_order(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct recipe recipe = recipe_of("y", "mean", NULL);
    struct fault why;
    struct table table = parse(arena, "id,a,y\n1,-1,1\n2,0,1\n3,100,1\n4,,1\n", NULL);
    struct inputs x;
    assert_true(recipe_add_transform(arena, &recipe, S("log"), 0, &why));
    assert_true(recipe_add_transform(arena, &recipe, S("impute"), 1, &why));
    struct model model = train(arena, &table, &recipe);
    assert_int_equal(model.features.width, 2);
    assert_true(str_is(model.features.names[1], "a is missing"));
    assert_true(features_encode(arena, &model.features, &table, &x, &why));
    const double expected[] = { -log(2), 0, 0, 0, log(101), 0, 0, 1 };
    for (size_t i = 0; i < 8; i++)
        assert_true(fabs(x.dense.at[i] - expected[i]) < 1e-15);
}

static void prediction_files_keep_the_ids_as_they_were(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = parse(arena, "id,a\n007,1\n\"x,y\",2\n", NULL);
    struct fault why;
    struct str out;
    double prediction[2] = { 0.1, 1e-7 };
    struct prediction_columns columns = { .width = 1, .values = prediction };
    assert_true(predictions_print(arena, &table, S("id"), &columns, &out, &why));
    assert_true(str_equal(out, S("id,prediction\n007,0.1\n\"x,y\",1e-7\n")) ||
                str_equal(out, S("id,prediction\n007,0.1\n\"x,y\",1e-07\n")));
    prediction[1] = NAN;
    assert_false(predictions_print(arena, &table, S("id"), &columns, &out, &why));
    assert_false(predictions_print(arena, &table, S("key"), &columns, &out, &why));
}

static void categories_may_lack_in_what_is_predicted_alone(void **state)
{
    (void)state;
    static const char *const names[] = { "mlp", "factorization_machine", "gbdt", "logistic" };
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    struct fault why = { 0 };
    text_print(&csv, "id,k,x,y\n");
    for (int i = 0; i < 60; i++)
        text_print(&csv, "%d,%s,%d,%d\n", i, i % 3 ? "a" : "b", i % 7, i % 3 == 0);
    struct table table = parse(arena, csv.at, NULL);
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct recipe recipe = recipe_of("y", names[n], NULL);
        struct model model = train(arena, &table, &recipe);
        struct table rows = parse(arena, "id,k,x\n1,,2\n2,c,3\n3,a,1\n", &model);
        double out[3];
        if (!model_predict(arena, &model, &rows, 1, out, &why))
            fail_msg("%s: %s", names[n], why.text);
    }
}

static void many_numbers_are_no_classes_unless_asked(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    struct fault why = { 0 };
    struct model model;
    text_print(&csv, "id,x,y\n");
    for (int i = 0; i < 150; i++)
        text_print(&csv, "%d,%d,%d\n", i, i % 7, i);
    struct table table = parse(arena, csv.at, NULL);
    struct recipe recipe = recipe_of("y", "majority", NULL);
    assert_false(model_train(arena, &table, &recipe, &model, &why));
    assert_non_null(strstr(why.text, "kind multiclass"));
    assert_true(recipe_set_kind(&recipe, S("multiclass"), &why));
    assert_true(model_train(arena, &table, &recipe, &model, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(categories_may_lack_in_what_is_predicted_alone),
        cmocka_unit_test(many_numbers_are_no_classes_unless_asked),
        cmocka_unit_test(predictions_equal_the_peers_for_two_classes),
        cmocka_unit_test(predictions_equal_the_peers_for_a_number),
        cmocka_unit_test(a_saved_model_predicts_the_same_bits),
        cmocka_unit_test(the_file_is_the_same_for_equal_seeds),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(what_is_refused_is_said),
        cmocka_unit_test(training_data_that_does_not_fit_is_refused),
        cmocka_unit_test(lost_columns_of_a_pipeline_are_named_at_once),
        cmocka_unit_test(forecasts_of_the_past_alone_make_no_dates_unasked),
        cmocka_unit_test(rows_to_predict_that_do_not_fit_are_refused),
        cmocka_unit_test(a_category_of_digits_is_recognised_when_predicting),
        cmocka_unit_test(without_transforms_what_a_learner_cannot_take_is_refused),
        cmocka_unit_test(transforms_run_in_their_order),
        cmocka_unit_test(prediction_files_keep_the_ids_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
