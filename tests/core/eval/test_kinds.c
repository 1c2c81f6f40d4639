/* Truth and prediction files of forecasts, labels, rankings, clusters and boxes. */
#include "core/eval/metrics.h"
#include "core/eval/predictions.h"
#include "tests/core/eval/vectors.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

struct form {
    unsigned kinds;
    bool is_forecast;
};
static const struct form forecast = { TRUTH_NUMBER, true }, labels = { TRUTH_LABELS, false },
                         ranking = { TRUTH_RANKING, false }, clusters = { TRUTH_CLUSTERS, false },
                         boxes = { TRUTH_BOXES, false };

static void boxes_print(struct text *out, const struct box *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_print(out, " %u:%u@%g[%g,%g,%g,%g]%s", at[i].image, at[i].class, at[i].score, at[i].x1,
                   at[i].y1, at[i].x2, at[i].y2, at[i].is_crowd ? "c" : "");
}

static struct str truth_text(struct arena *arena, const char *csv, struct form form)
{
    struct truth truth;
    struct fault why = { 0 };
    struct text out = { .arena = arena };
    struct truth_form how = { .file = S("t.csv"), .kinds = form.kinds };
    how.is_forecast = form.is_forecast;
    if (!truth_parse(arena, str_of(csv), &how, &truth, &why))
        return str_keep(arena, str_of(why.text));
    text_print(&out, "%d", truth.kind);
    for (size_t i = 0; i < truth.class_count; i++)
        text_print(&out, "%s%s", i ? "," : " of ", truth.classes[i].at);
    for (size_t i = 0; i < truth.row_count; i++) {
        size_t width = truth.kind == TRUTH_LABELS ? truth.class_count : 1;
        text_print(&out, " %s%s", truth.ids[i].at, truth.usage[i] == USAGE_PRIVATE ? "p" : "");
        for (size_t k = 0; truth.target && k < width; k++)
            text_print(&out, "%s%g", k ? "," : "=", truth.target[i * width + k]);
        if (truth.group)
            text_print(&out, "/%u", truth.group[i]);
        if (truth.time)
            text_print(&out, "@%g", truth.time[i]);
    }
    boxes_print(&out, truth.boxes, truth.box_count);
    text_print(&out, " %zu+%zu", truth.public_count, truth.private_count);
    return text_str(&out);
}

static const struct {
    const struct form *form;
    const char *csv, *expected;
} truth_rows[] = {
    { &forecast, "id,y\na,1\nb,0\n", "4 a=1 b=0 2+0" },
    { &forecast, "id,y,series,time\na,1,s,2\nb,2,t,1\nc,3,s,1\n", "4 a=1/0@2 b=2/1@1 c=3/0@1 3+0" },
    { &forecast, "id,y,time\na,1,2024-02-01\nb,2,2023-12-31\n", "4 a=1@1 b=2@0 2+0" },
    { &forecast, "id,y,series\na,1,7\nb,2,7\n", "4 a=1 b=2 2+0" },
    { &forecast, "id,y,series\na,1,7\nb,2,\n", "t.csv:3: no series" },
    { &forecast, "id,y,time\na,1,\nb,2,3\n", "t.csv:2: no time" },
    { &forecast, "id,time,series\na,1,1\n", "t.csv:1: no column for the target" },
    { &labels, "id,x,y\na,1,0\nb,0,0\n", "8 of x,y a=1,0 b=0,0 2+0" },
    { &labels, "Usage,x,id\nPrivate,1,a\nPublic,0,b\n", "8 of x ap=1 b=0 1+1" },
    { &labels, "id,x,y\na,1,0\nb,0,0.5\n", "t.csv:3: column \"y\" held no 0 or 1" },
    { &labels, "id,x,y\na,1,0\nb,0,\n", "t.csv:3: column \"y\" held no 0 or 1" },
    { &labels, "id,x,y\na,1,z\n", "t.csv:2: column \"y\" held no 0 or 1" },
    { &labels, "id\na\n", "t.csv:1: 0 columns for labels, allowed are 1 to 1000" },
    { &labels, "id,x\na,1\na,0\n", "t.csv:3: id \"a\" is there twice" },
    { &ranking, "query,item,relevance\nq,a,3\nr,a,0\nq,b,1.5\n", "16 q=3/0 r=0/1 q=1.5/0 3+0" },
    { &ranking, "query,item,relevance\n1,07,3\n1,7,0\n", "16 1=3/0 1=0/0 2+0" },
    { &ranking, "query,item,relevance\nq,a,3\nq,a,0\n",
      "t.csv:3: item \"a\" of query \"q\" is there twice" },
    { &ranking, "query,item,relevance\nq,a,-1\n",
      "t.csv:2: column \"relevance\" held no number from 0 on" },
    { &ranking, "query,item,relevance\nq,a,\n",
      "t.csv:2: column \"relevance\" held no number from 0 on" },
    { &ranking, "query,item,relevance\n,a,1\n", "t.csv:2: no query" },
    { &ranking, "query,item,relevance\nq,,1\n", "t.csv:2: no item" },
    { &ranking, "query,relevance\nq,1\n", "t.csv:1: no column \"item\"" },
    { &ranking, "query,item,rel\nq,a,1\n", "t.csv:1: no column \"relevance\"" },
    { &ranking, "query,item,relevance,Usage\nq,a,1,Public\nq,b,1,Private\n",
      "t.csv:3: \"q\" is Public and Private, one of them is needed" },
    { &clusters, "id,y\n1,b\n2,a\n3,b\n", "32 of a,b 1=1 2=0 3=1 3+0" },
    { &clusters, "id,y\n1,5\n2,5\n", "32 of 5 1=0 2=0 2+0" },
    { &clusters, "id,y\n1,0\n2,0\n", "32 of 0 1=0 2=0 2+0" },
    { &boxes, "id,class,x1,y1,x2,y2\nb,cat,0,0,1,1\na,dog,1,2,3,4\nb,dog,0,0,0,0\n",
      "64 of cat,dog b a 0:0@0[0,0,1,1] 1:1@0[1,2,3,4] 0:1@0[0,0,0,0] 2+0" },
    { &boxes, "id,class,x1,y1,x2,y2,iscrowd,Usage\n1,c,0,0,1,1,1,Public\n2,,,,,,,Private\n",
      "64 of c 1 2p 0:0@0[0,0,1,1]c 1+1" },
    { &boxes, "id,class,x1,y1,x2,y2\na,c,1,0,0,1\n",
      "t.csv:2: no box: a class, x1 <= x2 and y1 <= y2 are needed" },
    { &boxes, "id,class,x1,y1,x2,y2\na,c,0,0,1,1\na,,0,0,1,1\n",
      "t.csv:3: no box: a class, x1 <= x2 and y1 <= y2 are needed" },
    { &boxes, "id,class,x1,y1,x2,y2,iscrowd\na,c,0,0,1,1,2\n",
      "t.csv:2: no box: a class, x1 <= x2 and y1 <= y2 are needed" },
    { &boxes, "id,class,x1,y1,x2,y2\na,,,,,\n",
      "t.csv: boxes of 0 classes, allowed are 1 to 1000" },
    { &boxes, "id,class,x1,y1,x2\na,c,0,0,1\n", "t.csv:1: no column \"y2\"" },
    { &boxes, "id,class,x1,y1,x2,y2,Usage\na,c,0,0,1,1,Public\na,c,0,0,1,1,Private\n",
      "t.csv:3: \"a\" is Public and Private, one of them is needed" },
    { &boxes, "id,class,x1,y1,x2,y2\n,c,0,0,1,1\n", "t.csv:2: no id" },
};

static void truth_files_of_each_kind(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < COUNT(truth_rows); i++) {
        struct str got = truth_text(arena, truth_rows[i].csv, *truth_rows[i].form);
        if (!str_is(got, truth_rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", truth_rows[i].csv, STR_ARGS(got),
                     truth_rows[i].expected);
    }
}

static const char *const truths[] = {
    [0] = "id,y\na,1\nb,2\n",
    [1] = "id,x,y\na,1,0\nb,0,0\n",
    [2] = "query,item,relevance\nq,a,3\nr,a,0\nq,b,1\n",
    [3] = "id,y\n1,b\n2,a\n3,b\n",
    [4] = "id,class,x1,y1,x2,y2\nb,cat,0,0,1,1\na,dog,1,2,3,4\nc,,,,,\n",
};
static const struct form *const forms[] = { &forecast, &labels, &ranking, &clusters, &boxes };

static struct truth truth_of(struct arena *arena, size_t at, const char *csv)
{
    struct truth truth;
    struct fault why = { 0 };
    struct truth_form form = { .kinds = forms[at]->kinds };
    form.is_forecast = forms[at]->is_forecast;
    if (!truth_parse(arena, str_of(csv ? csv : truths[at]), &form, &truth, &why))
        fail_msg("%s", why.text);
    return truth;
}

static struct str matched(struct arena *arena, size_t at, struct str csv,
                          struct prediction_form form)
{
    struct truth truth = truth_of(arena, at, NULL);
    struct predictions got;
    struct fault why = { 0 };
    struct text out = { .arena = arena };
    form.file = S("p.csv");
    form.quantiles = true;
    if (!predictions_parse(arena, csv, &truth, &form, &got, NULL, &why))
        return str_keep(arena, str_of(why.text));
    for (size_t i = 0; i < got.row_count * got.width; i++)
        text_print(&out, " %g", got.values[i]);
    for (size_t k = 0; k < got.quantile_count; k++) {
        text_print(&out, " q%g", got.quantile_levels[k]);
        for (size_t i = 0; i < got.row_count; i++)
            text_print(&out, ",%g", got.quantiles[i * got.quantile_count + k]);
    }
    for (size_t i = 0; i < got.cluster_count; i++)
        text_print(&out, "%s%s", i ? "," : " of ", got.clusters[i].at);
    boxes_print(&out, got.boxes, got.box_count);
    return text_str(&out);
}

static void predictions_of_each_kind(void **state)
{
    (void)state;
    static const struct {
        size_t truth;
        const char *csv, *expected;
    } rows[] = {
        { 0, "id,prediction\nb,2\na,1\n", " 1 2" },
        { 0, "id,q0.9,prediction,q0.1\nb,3,2,1\na,30,20,10\n", " 20 2 q0.1,10,1 q0.9,30,3" },
        { 0, "q.5,id\n2,b\n1,a\n", " 1 2 q0.5,1,2" },
        { 0, "id,q0.1,q0.5\nb,3,2\na,30,20\n", " 20 2 q0.1,30,3 q0.5,20,2" },
        { 0, "id,q0.1\na,1\nb,2\n",
          "p.csv: the header must be id,prediction and columns of quantiles such as q0.1, or these "
          "with q0.5" },
        { 0, "id,prediction,q0.5,q0.50\n",
          "p.csv: the header must be id,prediction and columns of quantiles such as q0.1, or these "
          "with q0.5" },
        { 0, "id,prediction,q1\n",
          "p.csv: the header must be id,prediction and columns of quantiles such as q0.1, or these "
          "with q0.5" },
        { 0, "id,prediction,q0.5\na,1,nan\nb,1,x\n",
          "p.csv: 1 value not a number or class (in line 3, id \"b\"); 1 value not finite (in line "
          "2, id \"a\")" },
        { 1, "id,y,x\na,0.25,-3\nb,0,1\n", " -3 0.25 1 0" },
        { 1, "id,x\na,1\n",
          "p.csv: the header must be id and a column for each of the 2 labels (x, ...)" },
        { 1, "id,x,y\na,1,\nb,1,1\nb,0,0\n",
          "p.csv: 1 id there again (in line 4, id \"b\"); 1 value not a number or class (in line "
          "2, id \"a\")" },
        { 2, "query,item,score\nr,a,0.5\nq,b,2\nq,a,-1\n", " -1 0.5 2" },
        { 2, "score,item,query\n0.5,a,r\n2,b,q\n2,b,q\n",
          "p.csv: 1 id missing (id \"q,a\"); 1 id there again (in line 4, id \"q,b\")" },
        { 2, "query,item,score\nr,a,0.5\nq,b,2\nq,a,inf\nr,b,1\n",
          "p.csv: 1 unknown id (in line 5, id \"r,b\"); 1 value not finite (in line 4, id "
          "\"q,a\")" },
        { 2, "id,score\n", "p.csv: the header must be query,item,score" },
        { 3, "id,cluster\n2,z\n3,9\n1,9\n", " 0 1 0 of 9,z" },
        { 3, "cluster,id\n\"a \"\"b\",1\n-1,2\n1.0,3\n", " 0 1 2 of a \"b,-1,1.0" },
        { 3, "id,cluster\n1,a\n2,\n3,b\n",
          "p.csv: 1 value not a number or class (in line 3, id \"2\")" },
        { 3, "id,prediction\n", "p.csv: the header must be id,cluster" },
        { 4, "id,class,score,x1,y1,x2,y2\na,dog,0.5,1,2,3,4\nb,cat,1,0,0,1,1\na,cow,2,0,0,0,0\n",
          " 0:0@1[0,0,1,1] 1:1@0.5[1,2,3,4] 1:2@2[0,0,0,0]" },
        { 4, "id,class,score,x1,y1,x2,y2\nc,,,,,,\n", "" },
        { 4, "id,class,score,x1,y1,x2,y2\n", "" },
        { 4, "id,class,score,x1,y1,x2,y2\nz,dog,1,0,0,1,1\na,,1,0,0,1,1\na,dog,1,5,0,1,1\n",
          "p.csv: 1 unknown id (in line 2, id \"z\"); 1 value not a number or class (in line 3, id "
          "\"a\"); 1 box whose corners are not x1 <= x2 and y1 <= y2 (in line 4, id \"a\")" },
        { 4, "id,class,score,x1,y1,x2,y2\na,dog,nan,0,0,1,1\n",
          "p.csv: 1 value not finite (in line 2, id \"a\")" },
        { 4, "id,class,x1,y1,x2,y2\n", "p.csv: the header must be id,class,score,x1,y1,x2,y2" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str got =
            matched(arena, rows[i].truth, str_of(rows[i].csv), (struct prediction_form){ 0 });
        if (!str_is(got, rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", rows[i].csv, STR_ARGS(got),
                     rows[i].expected);
    }
}

static void held_out_faults_of_each_kind_tell_no_rows(void **state)
{
    (void)state;
    static const struct {
        size_t truth;
        const char *csv, *expected;
    } rows[] = {
        { 0, "id,prediction\na,nan\n", "p.csv: 1 id missing; 1 value not finite" },
        { 1, "id,x,y\na,1,1\nz,1,1\n", "p.csv: 1 id missing; 1 unknown id" },
        { 2, "query,item,score\nq,a,1\n", "p.csv: 2 ids missing" },
        { 3, "id,cluster\n1,a\n1,b\n2,c\n3,d\n", "p.csv: 1 id there again" },
        { 4, "id,class,score,x1,y1,x2,y2\na,dog,1,5,0,1,1\n",
          "p.csv: 1 box whose corners are not x1 <= x2 and y1 <= y2" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct prediction_form form = { .discreet = true };
        assert_string_equal(matched(arena, rows[i].truth, str_of(rows[i].csv), form).at,
                            rows[i].expected);
    }
}

static void quantiles_need_to_be_allowed(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, 0, NULL);
    struct predictions got;
    struct fault why;
    assert_false(predictions_parse(arena, S("id,prediction,q0.5\na,1,1\nb,1,1\n"), &truth,
                                   &(struct prediction_form){ 0 }, &got, NULL, &why));
    assert_string_equal(why.text, "predictions: the header must be id,prediction");
}

/* The private part of each kind, and that nothing of the public one is left in it. */
static void usage_cuts_rows_queries_and_images(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct predictions predictions;
    struct prediction_form form = { .quantiles = true };
    struct fault why;
    struct scored rows;
    struct truth truth = truth_of(
        arena, 0, "id,y,series,time,Usage\na,1,s,1,Public\nb,2,t,2,Private\nc,3,s,3,Private\n");
    assert_true(
        truth_add_history(arena, &truth, S("y,series\n1,s\n3,s\n4,s\n9,t\n"), S("h"), 1, &why));
    assert_true(predictions_parse(arena, S("id,q0.5,q0.9\nc,7,8\na,5,6\nb,3,4\n"), &truth, &form,
                                  &predictions, NULL, &why));
    scored_rows(arena, &truth, &predictions, USAGE_PRIVATE, &rows);
    assert_true(rows.n == 2 && rows.truth[1] == 3 && rows.prediction[0] == 3);
    assert_true(rows.group[0] == 1 && rows.group[1] == 0 && rows.time[1] == 3);
    assert_true(rows.quantile_count == 2 && rows.quantiles[1] == 4 && rows.quantiles[2] == 7);
    assert_true(rows.history->naive[0] == 9 && rows.history->naive[1] == 4);
    assert_true(rows.history->scale[0] == 1.5 && rows.history->squares[0] == 2.5);
    assert_true(isnan(rows.history->scale[1]));

    truth = truth_of(arena, 1, "id,x,y,Usage\na,1,0,Public\nb,0,1,Private\n");
    assert_true(predictions_parse(arena, S("id,x,y\na,.1,.2\nb,.3,.4\n"), &truth, &form,
                                  &predictions, NULL, &why));
    scored_rows(arena, &truth, &predictions, USAGE_PRIVATE, &rows);
    assert_true(rows.n == 1 && rows.truth[1] == 1 && rows.prediction[0] == .3);

    truth = truth_of(arena, 3, "id,y,Usage\na,u,Public\nb,v,Private\n");
    assert_true(truth_add_features(arena, &truth, S("f,id,g\n1,b,2\n3,a,4\n9,z,9\n"),
                                   &(struct truth_form){ 0 }, &why));
    assert_true(predictions_parse(arena, S("id,cluster\nb,1\na,2\n"), &truth, &form, &predictions,
                                  NULL, &why));
    scored_rows(arena, &truth, &predictions, USAGE_PRIVATE, &rows);
    assert_true(rows.n == 1 && rows.truth[0] == 1);
    assert_true(rows.cluster_count == 1 && rows.prediction[0] == 0); /* the other is not there */
    assert_true(rows.feature_count == 2 && rows.features[0] == 1 && rows.features[1] == 2);

    truth = truth_of(arena, 4,
                     "id,class,x1,y1,x2,y2,Usage\na,c,0,0,1,1,Public\nb,d,0,0,2,2,Private\n"
                     "b,c,0,0,3,3,Private\n");
    assert_true(predictions_parse(arena,
                                  S("id,class,score,x1,y1,x2,y2\nb,c,1,0,0,1,1\na,c,1,0,0,2,2\n"),
                                  &truth, &form, &predictions, NULL, &why));
    scored_rows(arena, &truth, &predictions, USAGE_PRIVATE, &rows);
    assert_true(rows.n == 1 && rows.true_count == 2 && rows.predicted_count == 1);
    assert_true(rows.true_boxes[1].image == 0 && rows.true_boxes[1].x2 == 3);
    assert_true(rows.predicted_boxes[0].image == 0 && rows.predicted_boxes[0].x2 == 1);
    scored_rows(arena, &truth, &predictions, USAGE_ALL, &rows);
    assert_true(rows.n == 2 && rows.true_count == 3 && rows.predicted_count == 2);
}

static const char *const printed[] = {
    "id,prediction,q0.1,q0.5,q0.9\na,1,0.25,1,3\nb,2,1,2,1e+300\n",
    "id,x,y\na,0.1,-3\nb,0,1\n",
    "query,item,score\nq,a,3\nr,a,0.1\nq,b,-1\n",
    "id,cluster\n1,\"x,\"\"y\"\n2,NA\n3,\"x,\"\"y\"\n",
    "id,class,score,x1,y1,x2,y2\nb,dog,1,0,0,1,1\nb,cat,1,0,0,0.5,1\na,dog,0.5,1,2,3,4\n",
};

static struct predictions parsed(struct arena *arena, const struct truth *truth, struct str csv)
{
    struct predictions out;
    struct fault why = { 0 };
    struct prediction_form form = { .quantiles = true };
    if (!predictions_parse(arena, csv, truth, &form, &out, NULL, &why))
        fail_msg("%.*s\n%s", STR_ARGS(csv), why.text);
    return out;
}

static void printed_predictions_read_back_equal(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(printed); i++) {
        scoped_arena arena = arena_open(NULL);
        struct truth truth = truth_of(arena, i, NULL);
        struct predictions one = parsed(arena, &truth, str_of(printed[i])), other;
        struct text csv = { .arena = arena };
        predictions_print_csv(&csv, &truth, &one);
        other = parsed(arena, &truth, text_str(&csv));
        assert_true(predictions_share_equal(&one, &other) == 1);
        if (i != 3 && !str_is(text_str(&csv), printed[i])) /* quotes are put where they matter */
            fail_msg("got      %s\nexpected %s", csv.at, printed[i]);
        for (size_t k = 0; k < one.cluster_count; k++)
            assert_true(str_equal(one.clusters[k], other.clusters[k]));
    }
}

static void equal_predictions_are_counted(void **state)
{
    (void)state;
    static const struct {
        size_t truth;
        const char *csv;
        double share;
    } rows[] = {
        { 0, "id,prediction,q0.1,q0.5,q0.9\na,1,0.25,1,3.1\nb,2,1,2,1e+300\n", 0.5 },
        { 0, "id,prediction\na,1\nb,2\n", 0 },
        { 1, "id,x,y\na,0.1,-3\nb,0.1,1\n", 0.5 },
        { 3, "id,cluster\n1,5\n2,6\n3,5\n", 1 }, /* names do not matter */
        { 4, "id,class,score,x1,y1,x2,y2\nb,dog,1,0,0,1,1\nb,cat,1,0,0,0.5,1\n", 2 / 3.0 },
        { 4, "id,class,score,x1,y1,x2,y2\nb,cat,1,0,0,0.5,1\nb,dog,1,0,0,1,1\nc,cat,1,0,0,1,1\n",
          0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena arena = arena_open(NULL);
        struct truth truth = truth_of(arena, rows[i].truth, NULL);
        struct predictions one = parsed(arena, &truth, str_of(printed[rows[i].truth]));
        struct predictions other = parsed(arena, &truth, str_of(rows[i].csv));
        assert_near(predictions_share_equal(&one, &other), rows[i].share, 1e-15);
        assert_near(predictions_share_equal(&other, &one), rows[i].share, 1e-15);
    }
}

static void perfect_predictions_have_the_best_value(void **state)
{
    (void)state;
    static const struct {
        size_t truth;
        const char *metric;
        double value;
    } rows[] = {
        { 0, "mae", 0 },     { 0, "weighted_quantile_loss", 0 },
        { 0, "winkler", 0 }, { 1, "multilabel_f1_micro", 1 },
        { 2, "ndcg", 1 },    { 3, "adjusted_rand_index", 1 },
        { 4, "coco_ap", 1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena arena = arena_open(NULL);
        struct truth truth = truth_of(arena, rows[i].truth, NULL);
        struct predictions perfect;
        struct prediction_form form = { .quantiles = true };
        struct scored scored;
        predictions_perfect(arena, &truth, &form, &perfect);
        scored_rows(arena, &truth, &perfect, USAGE_ALL, &scored);
        const struct metric *metric = metric_find(str_of(rows[i].metric));
        assert_near(metric_measure(arena, metric, &scored, NULL).value, rows[i].value, 1e-15);
    }
}

static void what_stands_beside_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        bool features;
        const char *csv, *expected;
    } rows[] = {
        { false, "x\n1\n", "f.csv:1: no column \"y\"" },
        { false, "y\n1\n", "f.csv:1: no column \"series\"" },
        { false, "y,series\nx,s\n", "f.csv: column \"y\" must hold a number in each row" },
        { false, "y,series\n,s\n1,s\n", "f.csv: column \"y\" must hold a number in each row" },
        { false, "y,series,time\n1,s,2\n1,s,\n", "f.csv: row 2 has no time" },
        { false, "y,series,time\n1,other,2\n", "" },
        { true, "id\n1\n", "f.csv:1: no column \"id\" and features" },
        { true, "key,x\n1,1\n", "f.csv:1: no column \"id\"" },
        { true, "id,x\n1,1\n2,1\n", "f.csv: id \"3\" is missing" },
        { true, "id,x\n1,1\n1,1\n", "f.csv: id \"1\" is there twice" },
        { true, "id,x\n1,1\n2,a\n3,1\n", "f.csv: column \"x\" holds text, numbers are needed" },
        { true, "id,x\n1,1\n2,\n3,1\n", "f.csv: column \"x\" has no number in row 2" },
        { true, "id,x\n1,1\n4,\n2,1\n3,1\n", "" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct truth truth = rows[i].features ? truth_of(arena, 3, NULL)
                                              : truth_of(arena, 0, "id,y,series\na,1,s\nb,1,t\n");
        struct truth_form form = { .file = S("f.csv") };
        struct fault why = { 0 };
        if (rows[i].features)
            truth_add_features(arena, &truth, str_of(rows[i].csv), &form, &why);
        else
            truth_add_history(arena, &truth, str_of(rows[i].csv), S("f.csv"), 1, &why);
        if (strcmp(why.text, rows[i].expected) != 0)
            fail_msg("%s\ngot      %s\nexpected %s", rows[i].csv, why.text, rows[i].expected);
    }
}

static void hostile_files_take_little(void **state)
{
    (void)state;
    static const struct {
        size_t truth;
        const char *before, *repeated, *expected;
        size_t times;
    } rows[] = {
        { 0, "id", ",q0.5", "p.csv:1: columns 2 and 3 are both named \"q0.5\": is it a header?",
          1000000 },
        { 2, "query,item,score\n", "q,a,1\n",
          "p.csv: 2 ids missing (first id \"r,a\"); 999999 ids there again (first in line 3, id "
          "\"q,a\")",
          1000000 },
        { 3, "id,cluster\n", "9,unknown rows make no clusters\n",
          "p.csv: 3 ids missing (first id \"1\"); 1000000 unknown ids (first in line 2, id \"9\")",
          1000000 },
        { 3, "id,cluster\n1,", "long",
          "p.csv: 2 ids missing (first id \"2\"); 1 value not a number or class (in line 2, id "
          "\"1\")",
          1000 },
        { 4, "id,class,score,x1,y1,x2,y2\n", "z,c,1,0,0,1,1\n",
          "p.csv: 1000000 unknown ids (first in line 2, id \"z\")", 1000000 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        scoped_arena arena = arena_open(NULL);
        scoped_arena bytes = arena_open(NULL);
        struct text csv = { .arena = bytes };
        text_add(&csv, str_of(rows[i].before));
        for (size_t k = 0; k < rows[i].times; k++)
            text_add(&csv, str_of(rows[i].repeated));
        struct str got =
            matched(arena, rows[i].truth, text_str(&csv), (struct prediction_form){ 0 });
        if (!str_is(got, rows[i].expected))
            fail_msg("%s%s...\ngot      %.*s\nexpected %s", rows[i].before, rows[i].repeated,
                     STR_ARGS(got), rows[i].expected);
        if (arena_bytes(arena) > (rows[i].truth == 4 ? 5 * csv.len : 4 << 20))
            fail_msg("%s%s...: %zu bytes", rows[i].before, rows[i].repeated, arena_bytes(arena));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_files_of_each_kind),
        cmocka_unit_test(predictions_of_each_kind),
        cmocka_unit_test(held_out_faults_of_each_kind_tell_no_rows),
        cmocka_unit_test(quantiles_need_to_be_allowed),
        cmocka_unit_test(usage_cuts_rows_queries_and_images),
        cmocka_unit_test(printed_predictions_read_back_equal),
        cmocka_unit_test(equal_predictions_are_counted),
        cmocka_unit_test(perfect_predictions_have_the_best_value),
        cmocka_unit_test(what_stands_beside_is_refused_with_a_reason),
        cmocka_unit_test(hostile_files_take_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
