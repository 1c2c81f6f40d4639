/* The chain of receipts: what was changed, taken away or added is found and named. */
#include "grader/repeat/receipts.h"
#include "core/base/file.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define LINKS 5

struct fixture {
    char dir[40];
    int fd;
    struct arena *arena;
    char digests[LINKS][SHA256_HEX];
    bool store_knows;
    struct receipts all;
    struct erased_list erased; /* what the inbox says */
};

static void put(struct fixture *f, const char *name, const char *previous, int number, char *digest)
{
    struct fault why = { 0 };
    struct str bytes = str_of(arena_print(
        f->arena, "{\"previous\":\"%s\",\"run\":\"R%d\",\"n\":%d}\n", previous, number, number));
    if (!file_save(f->fd, name, bytes, 0400, &why))
        fail_msg("%s", why.text);
    if (digest)
        sha256_of(bytes, digest);
}

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/holdout-receipts-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->arena = arena_open(NULL);
    for (int i = 0; i < LINKS; i++)
        put(f, arena_print(f->arena, "R%d.json", i), i ? f->digests[i - 1] : "", i, f->digests[i]);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    struct fault why;
    close(f->fd);
    dir_remove(AT_FDCWD, f->dir, &why);
    arena_drop(f->arena);
    free(f);
    return 0;
}

static struct str run_of(void *at, struct arena *arena, struct str sha256)
{
    struct fixture *f = at;
    for (int i = 0; f->store_knows && i < LINKS; i++)
        if (str_is(sha256, f->digests[i]))
            return str_of(arena_print(arena, "R%d", i));
    return S("");
}

static const struct receipts *look(struct fixture *f)
{
    struct fault why = { 0 };
    struct receipts_source source = { .dir = f->fd,
                                      .head = str_of(f->digests[LINKS - 1]),
                                      .run_of = run_of,
                                      .at = f,
                                      .erased = &f->erased };
    if (!receipts_read(f->arena, &source, &f->all, &why))
        fail_msg("%s", why.text);
    return &f->all;
}

static void an_untouched_chain_holds(void **state)
{
    const struct receipts *all = look(*state);
    assert_int_equal(all->count, LINKS);
    assert_int_equal(all->chained, LINKS);
    assert_int_equal(all->break_count, 0);
    assert_string_equal(all->links[0].file, "R4.json");
    assert_string_equal(all->links[LINKS - 1].file, "R0.json");
}

static void a_changed_receipt_is_named(void **state)
{
    struct fixture *f = *state;
    for (int knows = 0; knows < 2; knows++) {
        f->store_knows = knows;
        put(f, "R2.json", f->digests[1], 99, NULL);
        const struct receipts *all = look(f);
        assert_int_equal(all->break_count, 1);
        assert_string_equal(all->breaks[0].after, "R3.json");
        assert_string_equal(all->breaks[0].instead, "R2.json");
        assert_int_equal(all->chained, LINKS);
    }
}

static void the_newest_cannot_be_changed_either(void **state)
{
    struct fixture *f = *state;
    put(f, "R4.json", f->digests[3], 99, NULL);
    const struct receipts *all = look(f);
    assert_int_equal(all->break_count, 1);
    assert_string_equal(all->breaks[0].after, "");
    assert_string_equal(all->breaks[0].instead, "R4.json");
}

static void of_two_broken_links_the_older_is_the_first(void **state)
{
    struct fixture *f = *state;
    f->store_knows = true;
    put(f, "R3.json", f->digests[2], 99, NULL);
    put(f, "R1.json", f->digests[0], 99, NULL);
    const struct receipts *all = look(f);
    assert_int_equal(all->break_count, 2);
    assert_string_equal(all->breaks[0].instead, "R1.json");
    assert_string_equal(all->breaks[1].instead, "R3.json");
}

static void a_missing_receipt_is_told_by_its_digest(void **state)
{
    struct fixture *f = *state;
    f->store_knows = true;
    unlinkat(f->fd, "R2.json", 0);
    const struct receipts *all = look(f);
    assert_int_equal(all->break_count, 1);
    assert_string_equal(all->breaks[0].after, "R3.json");
    assert_string_equal(all->breaks[0].instead, "");
    assert_true(str_is(all->breaks[0].wanted, f->digests[2]));
    assert_int_equal(all->chained, 2);
}

static void what_an_interrupted_run_left_breaks_nothing(void **state)
{
    struct fixture *f = *state;
    put(f, "R9.json", f->digests[4], 9, NULL);
    const struct receipts *all = look(f);
    assert_int_equal(all->break_count, 0);
    assert_int_equal(all->chained, LINKS);
    assert_int_equal(all->links[LINKS].place, 0);
}

static void a_receipt_that_names_itself_in_a_circle_ends_the_walk(void **state)
{
    struct fixture *f = *state;
    f->store_knows = true;
    put(f, "R0.json", f->digests[4], 0, NULL);
    assert_int_equal(look(f)->break_count, 1);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

/* R2 of an erased team; `previous` as the file tells it. */
static void erase(struct fixture *f, const char *previous)
{
    struct fault why = { 0 };
    struct erased_receipt was = { S("R2"), str_of(f->digests[2]), str_of(previous) };
    if (!file_save(f->fd, "R2.json", erased_print(f->arena, &was, 5), 0400, &why))
        fail_msg("%s", why.text);
}

static void an_erased_receipt_keeps_its_place_where_the_inbox_says_so(void **state)
{
    struct fixture *f = *state;
    struct erased_receipt said = { S("R2"), str_of(f->digests[2]), str_of(f->digests[1]) };
    erase(f, f->digests[1]);
    f->erased = (struct erased_list){ &said, 1 };
    const struct receipts *all = look(f);
    assert_int_equal(all->break_count, 0);
    assert_int_equal(all->chained, LINKS);
    assert_int_equal(all->erased, 1);
    assert_true(all->links[2].erased);
    assert_string_equal(all->links[2].sha256, f->digests[2]);
}

static void one_that_nobody_erased_or_that_leads_elsewhere_is_broken(void **state)
{
    struct fixture *f = *state;
    erase(f, f->digests[1]);
    assert_int_equal(look(f)->break_count, 1); /* the inbox says nothing */
    struct erased_receipt said = { S("R2"), str_of(f->digests[2]), str_of(f->digests[1]) };
    f->erased = (struct erased_list){ &said, 1 };
    erase(f, f->digests[0]); /* past R1 */
    const struct receipts *all = look(f);
    assert_int_equal(all->break_count, 1);
    assert_string_equal(all->breaks[0].after, "R3.json");
    assert_int_equal(all->erased, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(an_untouched_chain_holds),
        EACH(a_changed_receipt_is_named),
        EACH(the_newest_cannot_be_changed_either),
        EACH(of_two_broken_links_the_older_is_the_first),
        EACH(a_missing_receipt_is_told_by_its_digest),
        EACH(what_an_interrupted_run_left_breaks_nothing),
        EACH(a_receipt_that_names_itself_in_a_circle_ends_the_walk),
        EACH(an_erased_receipt_keeps_its_place_where_the_inbox_says_so),
        EACH(one_that_nobody_erased_or_that_leads_elsewhere_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
