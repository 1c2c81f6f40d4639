/* Answers of servers: what is understood, and what counts as the same as predictions.csv. */
#include "grader/execute/serve_answer.h"
#include "tests/cases.h"

static const struct job_serve plan = { .id = "id", .item = "" };
static const struct job_serve pairs = { .id = "query", .item = "item" };

/* rows_csv is asked about, predictions_csv is what predict left. */
struct stage {
    struct arena *arena;
    struct serve_rows rows;
    struct serve_beside beside;
};

static void stage_open(struct stage *stage, const struct job_serve *how, const char *rows_csv,
                       const char *predictions_csv)
{
    struct fault why = { .text = "" };
    stage->arena = arena_open(NULL);
    if (!serve_rows_parse(stage->arena, str_of(rows_csv), how, &stage->rows, &why) ||
        !serve_beside_parse(stage->arena, str_of(predictions_csv), how, &stage->beside, &why))
        fail_msg("%s", why.text);
}

/* "equal/rows", or the fault. */
static const char *outcome(struct stage *stage, enum job_serve_type type, const char *body)
{
    struct serve_answer answer;
    struct serve_compared compared;
    struct fault why = { .text = "" };
    const size_t all[2] = { 0, stage->rows.table.row_count };
    if (!serve_answer_parse(stage->arena, str_of(body), type, &stage->beside, &answer, &why) ||
        !serve_compare(stage->arena, &stage->beside, &stage->rows, all, &answer, &compared, &why))
        return arena_print(stage->arena, "%s", why.text);
    return arena_print(stage->arena, "%d/%d", (int)compared.equal, (int)compared.rows);
}

static const struct {
    enum job_serve_type type;
    const char *body, *outcome; /* of a fault a part */
} bodies[] = {
    { SERVE_CSV, "id,prediction\n7,0.25\n9,1.5\n", "2/2" },
    { SERVE_CSV, "prediction,id\r\n1.5,9\r\n0.25,7\r\n", "2/2" }, /* any order */
    { SERVE_CSV, "0.25\n1.5\n", "2/2" },                          /* SageMaker's: values alone */
    { SERVE_CSV, "7,0.25\n9,1.5\n", "2/2" },
    { SERVE_CSV, "0.25\n\n1.5", "2/2" },
    { SERVE_CSV, "1.5\n0.25\n", "0/2" },
    { SERVE_CSV, "id,prediction,extra\n7,\"0.25\",\"a\"\"b\"\n9,1.50004,\n", "2/2" }, /* within */
    { SERVE_CSV, "id,prediction\n7,0.25\n9,1.6\n", "1/2" },
    { SERVE_CSV, "id,prediction\n7,0.25\n", "1/2" },
    { SERVE_CSV, "id,prediction\n7,0.25\n9,1.5\n8,1\n9,1.5\n", "2/4" }, /* nobody asked */
    { SERVE_CSV, "id,prediction\n7,nan\n9,cat\n", "0/2" },
    { SERVE_CSV, "", "0 rows without ids" },
    { SERVE_CSV, "0.25\n", "1 rows without ids" },
    { SERVE_CSV, "a,b,c\n", "a line had 3 cells" },
    { SERVE_CSV, "id,score\n7,1\n", "no column prediction" },
    { SERVE_CSV, "id,prediction\n7,\"0.25\n", "a quote was not closed" },
    { SERVE_CSV, "id,prediction\n7,\"0.25\"x\n", "something followed" },
    { SERVE_CSV, "id,prediction\n7\n", "a line had 1 cells" },
    { SERVE_JSON, "{\"predictions\":[0.25,1.5]}", "2/2" },
    { SERVE_JSON, "[[0.25],[1.5]]", "2/2" },
    { SERVE_JSON,
      "{\"predictions\":[{\"id\":9,\"prediction\":\"1.5\"},{\"id\":\"7\","
      "\"prediction\":0.25}]}",
      "2/2" },
    { SERVE_JSON, "{\"predictions\":[{\"prediction\":0.25},{\"prediction\":1.5}],\"more\":1}",
      "2/2" },
    { SERVE_JSON, "{\"predictions\":[{\"prediction\":0.25},{\"id\":9,\"prediction\":1.5}]}",
      "some members had an id" },
    { SERVE_JSON, "{\"predictions\":[{\"id\":{},\"prediction\":0.25}]}", "an id was neither" },
    { SERVE_JSON, "{\"predictions\":[{\"id\":7,\"prediction\":[0.25]}]}", "no plain value" },
    { SERVE_JSON, "{\"predictions\":[[0.25,1]]}", "a member had 2 values" },
    { SERVE_JSON, "{\"predictions\":{}}", "no list" },
    { SERVE_JSON, "0.25", "no list" },
    { SERVE_JSON, "{\"predictions\":[0.25,1.5]", "JSON" },
    { SERVE_JSONLINES, "0.25\n1.5\n", "2/2" },
    { SERVE_JSONLINES, "{\"id\":7,\"prediction\":0.25}\n\n{\"id\":9,\"prediction\":2}", "1/2" },
    { SERVE_JSONLINES, "0.25 1.5\n", "JSON" },
};

static void answers_are_understood_in_the_usual_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct stage stage;
        stage_open(&stage, &plan, "id,x\n7,1\n9,2\n", "id,prediction\n9,1.5\n7,0.25\n8,4\n");
        const char *got = outcome(&stage, bodies[i].type, bodies[i].body);
        if (!strstr(got, bodies[i].outcome))
            fail_msg("%s: got \"%s\", expected \"%s\"", bodies[i].body, got, bodies[i].outcome);
        arena_drop(stage.arena);
    }
}

static void pairs_and_repeated_rows_are_told_apart(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, &pairs, "query,item,x\n1,a,0\n1,b,0\n2,a,0\n",
               "query,item,score\n1,a,5\n1,b,6\n2,a,7\n");
    assert_string_equal(outcome(&stage, SERVE_CSV, "query,item,score\n2,a,7\n1,b,6\n1,a,5\n"),
                        "3/3");
    assert_string_equal(outcome(&stage, SERVE_CSV, "5\n6\n7\n"), "3/3");
    assert_string_equal(outcome(&stage, SERVE_JSON, "[{\"query\":1,\"item\":\"b\",\"score\":6}]"),
                        "1/3");
    arena_drop(stage.arena);
    /* boxes of an image: as many rows as the model found, in its order */
    stage_open(&stage, &plan, "id,x\n1,0\n2,0\n3,0\n",
               "id,class,score\n1,cat,1\n1,dog,2\n3,cow,3\n");
    assert_string_equal(outcome(&stage, SERVE_CSV, "id,class,score\n1,cat,1\n1,dog,2\n3,cow,3\n"),
                        "3/3");
    assert_string_equal(outcome(&stage, SERVE_CSV, "id,class,score\n1,dog,2\n1,cat,1\n3,cow,3\n"),
                        "1/3");
    arena_drop(stage.arena);
}

static void bodies_say_the_same_in_each_type(void **state)
{
    (void)state;
    static const char *const bodies_of[SERVE_TYPES] = {
        "id,n,word,gap\n007,1.5,\"a,\"\"b\",\n8,-2e3,NA,\n",
        "{\"instances\":[{\"id\":\"007\",\"n\":1.5,\"word\":\"a,\\\"b\",\"gap\":null},"
        "{\"id\":\"8\",\"n\":-2e3,\"word\":null,\"gap\":null}]}",
        "{\"id\":\"007\",\"n\":1.5,\"word\":\"a,\\\"b\",\"gap\":null}\n"
        "{\"id\":\"8\",\"n\":-2e3,\"word\":null,\"gap\":null}\n",
    };
    struct stage stage;
    stage_open(&stage, &plan, "id,n,word,gap\n007,1.5,\"a,\"\"b\",\n8,-2e3,NA,\n", "id,p\n8,1\n");
    for (int i = 0; i < SERVE_TYPES; i++) {
        struct str body = serve_body(stage.arena, &stage.rows, (enum job_serve_type)i, 0, 2);
        assert_string_equal(str_zero(stage.arena, body), bodies_of[i]);
    }
    arena_drop(stage.arena);
}

static void batches_and_cuts_keep_rows_of_one_id_together(void **state)
{
    (void)state;
    struct stage stage;
    const char *csv = "id,x\n1,a\n2,b\n2,\"c\nd\"\n2,e\n3,f\n";
    stage_open(&stage, &plan, csv, "id,p\n1,1\n");
    assert_int_equal(serve_batch_end(&stage.rows, 0, 1), 1);
    assert_int_equal(serve_batch_end(&stage.rows, 0, 2), 4);
    assert_int_equal(serve_batch_end(&stage.rows, 4, 9), 5);
    assert_int_equal(serve_batch_end(&stage.rows, 5, 9), 5);
    static const char *const cut[] = { "id,x\n", "id,x\n1,a\n",
                                       "id,x\n1,a\n2,b\n2,\"c\nd\"\n2,e\n" };
    for (size_t i = 1; i < 3; i++)
        assert_string_equal(
            str_zero(stage.arena, serve_rows_cut(stage.arena, str_of(csv), "id", i)), cut[i]);
    assert_int_equal(serve_rows_cut(stage.arena, str_of(csv), "id", 9).len, strlen(csv));
    arena_drop(stage.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_understood_in_the_usual_shapes),
        cmocka_unit_test(pairs_and_repeated_rows_are_told_apart),
        cmocka_unit_test(bodies_say_the_same_in_each_type),
        cmocka_unit_test(batches_and_cuts_keep_rows_of_one_id_together),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
