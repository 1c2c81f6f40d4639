/* The sentences of verdicts: what they name, and what they keep to themselves. */
#include "grader/verdict.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char *words(struct arena *arena, const char *kind, const char *verdict)
{
    struct verdict v = { .kind = kind,
                         .verdict = verdict,
                         .command = "./x",
                         .message = "link at /opt/ml/model/x",
                         .wall_s = 70,
                         .disk_mb = 64 };
    return verdict_words(arena, &v);
}

static void what_the_box_saw_is_told_of_steps_without_heldout_data_only(void **state)
{
    (void)state;
    static const char *const verdicts[] = { "artifact", "forbidden" };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(words(arena, "train", verdicts[i]), "link at /opt/ml/model/x"));
        assert_non_null(strstr(words(arena, "sample", verdicts[i]), "link at /opt/ml/model/x"));
        assert_null(strstr(words(arena, "predict", verdicts[i]), "link at"));
    }
}

static void without_a_message_nothing_is_appended(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct verdict v = { .kind = "train", .verdict = "artifact", .message = "" };
    assert_null(strstr(verdict_words(arena, &v), "Seen:"));
    v.message = NULL;
    assert_null(strstr(verdict_words(arena, &v), "Seen:"));
}

static void the_wall_sentence_names_the_limit(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    assert_non_null(strstr(words(arena, "train", "wall"), "after 70 s"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_box_saw_is_told_of_steps_without_heldout_data_only),
        cmocka_unit_test(without_a_message_nothing_is_appended),
        cmocka_unit_test(the_wall_sentence_names_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
