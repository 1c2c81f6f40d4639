/* Facts: the table of names, and finding one among those measured. */
#include "rubrics/fact.h"
#include <math.h>

#define METRIC_PREFIX "metric."

/* Units stand in the name's end too, so that a name alone is clear. */
static const struct fact_name names[] = {
    { "build.cpu_s", "s", "processor time of the build" },
    { "build.wall_s", "s", "elapsed time of the build" },
    { "build.memory_mb", "MB", "peak memory of the build" },
    { "train.cpu_s", "s", "processor time of training" },
    { "train.wall_s", "s", "elapsed time of training" },
    { "train.memory_mb", "MB", "peak memory of training" },
    { "predict.cpu_s", "s", "processor time of prediction" },
    { "predict.wall_s", "s", "elapsed time of prediction" },
    { "predict.memory_mb", "MB", "peak memory of prediction" },
    { "serve.ready", "", "a server that answered GET /ping in time" },
    { "serve.ping_ms", "ms", "time until GET /ping was answered" },
    { "serve.p50_ms", "ms", "median time of an answer" },
    { "serve.p95_ms", "ms", "time within which 95 % of the answers came" },
    { "serve.p99_ms", "ms", "time within which 99 % of the answers came" },
    { "serve.rps", "/s", "answers a second" },
    { "serve.errors", "", "requests that were not answered as they should be" },
    { "serve.types", "", "content types that were answered as they should be" },
    { "serve.agreement", "", "share of rows answered as in predictions.csv" },
    { "serve.survived", "", "survival of malformed requests" },
    { "serve.stopped_cleanly", "", "an end in time after SIGTERM" },
    { "serve.memory_mb", "MB", "peak memory of the server" },
    { "reproducible.same_seed", "", "share of equal predictions when trained again with one seed" },
    { "seeds.spread", "", "standard deviation of the primary metric over the seeds" },
    { "seeds.count", "", "seeds trained with" },
};
const char *const fact_words[] = {
    "build.cpu_s",
    "build.wall_s",
    "build.memory_mb",
    "train.cpu_s",
    "train.wall_s",
    "train.memory_mb",
    "predict.cpu_s",
    "predict.wall_s",
    "predict.memory_mb",
    "serve.ready",
    "serve.ping_ms",
    "serve.p50_ms",
    "serve.p95_ms",
    "serve.p99_ms",
    "serve.rps",
    "serve.errors",
    "serve.types",
    "serve.agreement",
    "serve.survived",
    "serve.stopped_cleanly",
    "serve.memory_mb",
    "reproducible.same_seed",
    "seeds.spread",
    "seeds.count",
    NULL,
};
_Static_assert(sizeof names / sizeof *names + 1 == sizeof fact_words / sizeof *fact_words,
               "a name has its word");

static const struct fact_name metric_name = { METRIC_PREFIX, "", "metric" };

static const char *const rows_words[] = { "none", "train", "sample", "public", "private" };
static const char *const audience_words[] = { "public", "team", "staff" };

const char *fact_rows_name(enum fact_rows rows)
{
    return rows_words[rows];
}

const char *audience_name(enum audience audience)
{
    return audience_words[audience];
}

bool fact_rows_find(struct str name, enum fact_rows *out)
{
    for (unsigned i = 0; i <= ROWS_PRIVATE; i++)
        if (str_is(name, rows_words[i])) {
            *out = (enum fact_rows)i;
            return true;
        }
    return false;
}

bool audience_find(struct str name, enum audience *out)
{
    for (unsigned i = 0; i <= AUDIENCE_STAFF; i++)
        if (str_is(name, audience_words[i])) {
            *out = (enum audience)i;
            return true;
        }
    return false;
}

const struct fact_name *fact_name_find(struct str name)
{
    if (str_starts(name, S(METRIC_PREFIX)) && name.len > sizeof METRIC_PREFIX - 1)
        return &metric_name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i].name))
            return &names[i];
    return NULL;
}

const struct fact *fact_find(const struct fact *facts, size_t count, struct str name,
                             enum fact_rows rows)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i].rows == rows && str_is(name, facts[i].name) && isfinite(facts[i].value))
            return &facts[i];
    return NULL;
}

const char *fact_number(struct arena *arena, double number)
{
    bool large = fabs(number) >= 1e4 && fabs(number) < 1e15;
    return arena_print(arena, large ? "%.0f" : "%.4g", number);
}

const char *fact_print(struct arena *arena, const struct fact *fact)
{
    struct text out = { .arena = arena }, behind = { .arena = arena };
    const char *unit = fact->unit ? fact->unit : "";
    bool range = isfinite(fact->low) && isfinite(fact->high);
    if (range)
        text_print(&behind, "95 %% interval %s to %s", fact_number(arena, fact->low),
                   fact_number(arena, fact->high));
    const char *comma = range ? ", " : "";
    if (fact->rows != ROWS_NONE && fact->n > 1)
        text_print(&behind, "%s%lld %s rows", comma, (long long)fact->n,
                   fact_rows_name(fact->rows));
    else if (fact->rows > ROWS_TRAIN)
        text_print(&behind, "%s%s rows", comma, fact_rows_name(fact->rows));
    else if (fact->n > 1)
        text_print(&behind, "%sn = %lld", comma, (long long)fact->n);
    text_print(&out, "%s%s%s", fact_number(arena, fact->value), unit[0] ? " " : "", unit);
    if (behind.len)
        text_print(&out, " (%s)", behind.at);
    return out.at;
}

enum audience fact_audience(const struct fact *fact)
{
    bool heldout = fact->rows == ROWS_PUBLIC || fact->rows == ROWS_PRIVATE;
    return heldout && fact->audience < AUDIENCE_STAFF ? AUDIENCE_STAFF : fact->audience;
}
