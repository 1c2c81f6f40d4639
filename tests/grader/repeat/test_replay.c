/* Receipts beside each other: what a replay tells, and what it never looks at. */
#include "core/base/json.h"
#include "grader/repeat/replay.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define RECEIPT                                                                                    \
    "{\"tree\":\"t\",\"holdout\":\"1\",\"limits\":{\"train_s\":3},\"state\":\"done\",\"steps\":["  \
    "{\"name\":\"train\",\"seed_at\":1,\"verdict\":\"ok\",\"wall_us\":11,\"artifacts\":"           \
    "[{\"path\":\"/m\",\"sha256\":\"aa\",\"bytes\":3}]},"                                          \
    "{\"name\":\"record\",\"seed_at\":0,\"verdict\":\"internal\",\"artifacts\":[]}],"              \
    "\"predictions\":[\"d1\",\"d2\"]}"

static bool load(void *at, struct arena *arena, struct str sha256, struct str *out)
{
    (void)at;
    (void)arena;
    *out = str_is(sha256, "d1") ? S("# task x\nid,p\na,0.5\nb,0.25\nc,x\n")
                                : S("# task x\nid,p\na,0.5\nb,0.75\nc,y\n");
    return true;
}

/* Rows that are not the same, of RECEIPT beside itself with `from` replaced by `to`. */
static size_t differing(struct arena *arena, const char *from, const char *to,
                        struct store_replayed **first)
{
    struct replay_pair pair = { .load = load };
    struct fault why = { 0 };
    struct text text = { .arena = arena };
    const char *at = from ? strstr(RECEIPT, from) : NULL;
    struct store_replayed *rows;
    size_t count, different = 0;
    if (at) {
        text_add(&text, (struct str){ RECEIPT, (size_t)(at - RECEIPT) });
        text_add(&text, str_of(to));
        text_add(&text, str_of(at + strlen(from)));
    }
    if (!json_parse(arena, str_of(RECEIPT), &pair.before, &why) ||
        !json_parse(arena, at ? text_str(&text) : str_of(RECEIPT), &pair.now, &why))
        fail_msg("%s", why.text);
    replay_compare(arena, &pair, &rows, &count);
    *first = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].verdict, "same") != 0 && different++ == 0)
            *first = &rows[i];
    return different;
}

static void each_difference_is_told_once(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *step, *name, *verdict;
    } cases[] = {
        { NULL, NULL, NULL, NULL, NULL },
        { "\"wall_us\":11", "\"wall_us\":12", NULL, NULL, NULL },
        { "\"internal\"", "\"ok\"", NULL, NULL, NULL },
        { "\"holdout\":\"1\"", "\"holdout\":\"2\"", "conditions", "holdout", "differs" },
        { "\"train_s\":3", "\"train_s\":4", "conditions", "limits", "differs" },
        { "\"state\":\"done\"", "\"state\":\"failed_team\"", "end", "state", "differs" },
        { "\"verdict\":\"ok\"", "\"verdict\":\"cpu\"", "train", "verdict", "differs" },
        { "\"aa\"", "\"ab\"", "train", "/m", "differs" },
        { "[{\"path\":\"/m\",\"sha256\":\"aa\",\"bytes\":3}]", "[]", "train", "/m", "missing" },
        { "[]}]", "[]},{\"name\":\"serve\",\"artifacts\":[]}]", "serve", "verdict", "new" },
        { ",\"d2\"]", "]", "predictions", "held-out rows", "missing" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scoped_arena arena = arena_open(NULL);
        struct store_replayed *first;
        size_t count = differing(arena, cases[i].from, cases[i].to, &first);
        if (count != (cases[i].step != NULL))
            fail_msg("case %zu: %zu differences", i, count);
        if (!first)
            continue;
        assert_string_equal(first->step, cases[i].step);
        assert_string_equal(first->name, cases[i].name);
        assert_string_equal(first->verdict, cases[i].verdict);
    }
}

static void of_predictions_cells_are_counted_and_none_is_shown(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct store_replayed *first;
    assert_int_equal(differing(arena, "\"d1\"", "\"d3\"", &first), 1);
    assert_int_equal(first->cells, 2);
    assert_true(fabs(first->largest - 0.5) < 1e-12);
    assert_string_equal(first->before, "");
    assert_string_equal(first->now, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_difference_is_told_once),
        cmocka_unit_test(of_predictions_cells_are_counted_and_none_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
