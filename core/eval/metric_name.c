/* Metrics by the names that people write. */
#include "core/eval/metric_name.h"
#include "core/base/complaint.h"

/* Is "k" one of the words? */
static bool takes_k(const struct metric *metric)
{
    struct str words = str_of(metric->options), word;
    while (str_cut(&words, ' ', &word))
        if (str_is(word, "k"))
            return true;
    return false;
}

const struct metric *metric_named(struct str name, size_t *k)
{
    size_t at;
    int64_t count = 0;
    *k = 0;
    if (!str_find(name, '@', &at))
        return metric_find(name);
    const struct metric *metric = metric_find(str_until(name, at));
    if (!metric || !takes_k(metric) || !str_to_int(str_from(name, at + 1), &count) || count < 1 ||
        count > 1000000000)
        return NULL;
    *k = (size_t)count;
    return metric;
}

const struct metric *metric_needed(struct arena *arena, struct str name, struct fault *why)
{
    const struct metric *metric = metric_find(name);
    if (metric)
        return metric;
    const char *nearest = words_nearest(name, metric_names(arena), metric_count());
    fault_set(why, BLAME_OPEN, "unknown metric \"%.*s\", %s%s%s", STR_ARGS(str_until(name, 40)),
              nearest ? "did you mean \"" : "holdout-ml metrics lists all ",
              nearest ? nearest : arena_print(arena, "%zu", metric_count()), nearest ? "\"" : "");
    return NULL;
}
