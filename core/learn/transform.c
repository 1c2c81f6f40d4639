/* The table of feature transforms: add a row here and a transform_NAME.c. */
#include "core/learn/transform.h"
#include "core/base/complaint.h"
#include <stdio.h>

static const struct transform *const transforms[] = {
    &transform_impute,     &transform_standard, &transform_min_max, &transform_robust,
    &transform_log,        &transform_power,    &transform_clip,    &transform_bins,
    &transform_one_hot,    &transform_ordinal,  &transform_hashing, &transform_target,
    &transform_dates,      &transform_lags,     &transform_rolling, &transform_differences,
    &transform_polynomial, &transform_tfidf,    &transform_pca,
};

#define TRANSFORMS (sizeof transforms / sizeof *transforms)

const struct transform *transform_at(size_t at)
{
    return at < TRANSFORMS ? transforms[at] : NULL;
}

const struct transform *transform_stored(struct str name)
{
    for (size_t i = 0; i < TRANSFORMS; i++)
        if (str_is(name, transforms[i]->name))
            return transforms[i];
    return str_is(name, transform_fill.name) ? &transform_fill : NULL;
}

const struct transform *transform_find(struct str name, struct fault *why)
{
    const char *names[TRANSFORMS];
    char list[200] = "";
    size_t len = 0;
    for (size_t i = 0; i < TRANSFORMS; i++) {
        if (str_is(name, transforms[i]->name))
            return transforms[i];
        names[i] = transforms[i]->name;
        if (len < sizeof list)
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", names[i]);
    }
    const char *nearest = words_nearest(name, names, TRANSFORMS);
    if (nearest)
        fault_set(why, BLAME_OPEN, "unknown transform \"%.*s\", did you mean \"%s\"",
                  STR_ARGS(str_until(name, 60)), nearest);
    else
        fault_set(why, BLAME_OPEN, "unknown transform \"%.*s\", known are: %s",
                  STR_ARGS(str_until(name, 60)), list);
    return NULL;
}

struct transform_step transform_step_default(const struct transform *transform)
{
    return (struct transform_step){
        .transform = transform,
        .params = params_default(transform->params, transform->param_count),
    };
}

bool transform_step_covers(const struct transform_step *step, struct str column)
{
    for (size_t i = 0; i < step->column_count; i++)
        if (str_equal(step->columns[i], column))
            return true;
    return step->column_count == 0;
}
