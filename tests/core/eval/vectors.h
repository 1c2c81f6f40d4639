/* Numbers from other implementations: tests/core/eval/vectors/. */
#pragma once

#include "core/base/json.h"
#include "core/eval/scored.h"
#include "tests/cases.h"
#include <math.h>

static inline const struct json *vectors_load(struct arena *arena, const char *name)
{
    const struct json *out = NULL;
    struct fault why = { 0 };
    struct str bytes = cases_load(arena, arena_print(arena, "tests/core/eval/vectors/%s", name));
    if (!json_parse(arena, bytes, &out, &why))
        fail_msg("%s: %s", name, why.text);
    return out;
}

/* A list of numbers, or of lists of numbers one after the other. */
static inline double *vectors_numbers(struct arena *arena, const struct json *list, size_t *n)
{
    assert_non_null(list);
    size_t each = list->count && list->members[0].kind == JSON_LIST ? list->members[0].count : 1;
    double *out = arena_array(arena, double, list->count *each);
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < each; k++)
            out[i * each + k] = list->members[i].kind == JSON_LIST
                                    ? list->members[i].members[k].number
                                    : list->members[i].number;
    if (n)
        *n = list->count;
    return out;
}

static inline struct scored vectors_binary(struct arena *arena, const struct json *map,
                                           const char *prediction)
{
    struct scored out = { .kind = TRUTH_BINARY, .class_count = 2, .width = 1 };
    out.truth = vectors_numbers(arena, json_get(map, "y"), &out.n);
    out.prediction = vectors_numbers(arena, json_get(map, prediction), NULL);
    return out;
}

#define assert_near(got, expected, tolerance)                                                      \
    do {                                                                                           \
        double got_ = (got), expected_ = (expected);                                               \
        if (!(fabs(got_ - expected_) <= (tolerance)*fmax(1, fabs(expected_))))                     \
            fail_msg("%s: %.17g, expected %.17g", #got, got_, expected_);                          \
    } while (0)
