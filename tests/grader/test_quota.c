/* Tries: which day a version counts for, what staff give, when nothing is left. */
#include "grader/quota.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const int64_t receipts[] = { 10, 10, 10, 11 };

static struct quota quota(size_t count)
{
    return (struct quota){ .per_day = 2, .receipt_days = receipts, .receipt_count = count };
}

static void a_day_has_so_many_tries_and_what_is_over_waits_for_the_next(void **state)
{
    (void)state;
    struct quota q = quota(1);
    assert_int_equal(quota_find(&q, 10, 10).day, 10);
    assert_int_equal(quota_find(&q, 10, 10).used, 1);
    q = quota(2);
    assert_int_equal(quota_find(&q, 10, 10).day, 11);
    assert_int_equal(quota_find(&q, 12, 12).day, 12);
    q = quota(3); /* the third of day 10 was graded on day 11 and counts there */
    assert_int_equal(quota_find(&q, 11, 11).day, 11);
    assert_int_equal(quota_find(&q, 11, 11).used, 1);
    q = quota(4);
    assert_int_equal(quota_find(&q, 11, 11).used, 2);
    assert_int_equal(quota_find(&q, 11, 11).day, 12);
    assert_int_equal(quota_find(&q, 11, 10).used, 2);
}

static void tries_given_back_are_room_of_that_day_and_of_the_total(void **state)
{
    (void)state;
    struct quota q = quota(2);
    struct quota_given given = { 10, 3 };
    q.total = 2;
    assert_true(quota_find(&q, 10, 10).spent);
    q.given = &given;
    q.given_count = 1;
    struct quota_room room = quota_find(&q, 10, 10);
    assert_false(room.spent);
    assert_int_equal(room.day, 10);
    assert_int_equal(room.most, 5);
    assert_int_equal(room.all_most, 5);
    assert_int_equal(quota_find(&q, 11, 11).most, 2);
}

static void without_a_limit_every_day_has_room(void **state)
{
    (void)state;
    struct quota q = quota(4);
    q.per_day = 0;
    struct quota_room room = quota_find(&q, 10, 10);
    assert_int_equal(room.day, 10);
    assert_int_equal(room.most, 0);
    assert_false(room.spent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_has_so_many_tries_and_what_is_over_waits_for_the_next),
        cmocka_unit_test(tries_given_back_are_room_of_that_day_and_of_the_total),
        cmocka_unit_test(without_a_limit_every_day_has_room),
    };
    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
