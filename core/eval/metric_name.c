/* Metrics by the names that people write. */
#include "core/eval/metric_name.h"

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
