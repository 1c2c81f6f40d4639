/* The table of `from:` kinds: to add one, write from_NAME.c and a row here. */
#include "rubrics/kinds.h"

#define CURVE_KEYS "zero_at", "full_at", "curve", "through"

static const char *const metric_keys[] = { "metric", "rows", CURVE_KEYS, NULL };
static const char *const resource_keys[] = { "fact", CURVE_KEYS, NULL };
static const char *const no_keys[] = { NULL };
static const char *const human_keys[] = { "guidance", NULL };

const struct rubric_kind rubric_kinds[] = {
    { "metric", metric_keys, from_metric_check, from_metric_judge },
    { "resource", resource_keys, from_resource_check, from_resource_judge },
    { "reproducible", no_keys, NULL, from_reproducible_judge },
    { "human", human_keys, NULL, from_human_judge },
};
const char *const rubric_kind_words[] = { "metric", "resource", "reproducible", "human", NULL };

_Static_assert(sizeof rubric_kinds / sizeof *rubric_kinds + 1 ==
                   sizeof rubric_kind_words / sizeof *rubric_kind_words,
               "a kind has its word");
