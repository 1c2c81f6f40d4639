/* Running a search: trial after trial, the poor ones given up early. */
#include "core/learn/search.h"
#include "core/eval/metric_name.h"
#include "core/data/number.h"
#include "core/learn/search_draw.h"
#include "core/math/order.h"
#include <math.h>

#define PRUNE_AFTER 5 /* trials that are finished before any is given up */
#define PRUNE_FOLDS 2 /* folds that every trial gets */

struct search search_default(void)
{
    return (struct search){ .method = SEARCH_TPE, .trials = 30, .folds = 5, .prune = true };
}

/* The whole run: what is fixed, and what happened so far. */
struct running {
    struct arena *arena;
    const struct search *search;
    const struct recipe *recipe;
    struct validator validator;
    struct trial *trials;
    double *drawn;   /* [trials * param_count]: see search_draw.h */
    double *running; /* [trials * folds]: mean of the metric after each fold */
    size_t count, most;
};

static bool better(const struct running *run, double a, double b)
{
    return metric_better(run->validator.metric, a, b);
}

/* A grid's number as one choice a parameter, the first one slowest. */
static void grid_place(const struct search *search, size_t at, double *out)
{
    for (size_t i = search->param_count; i-- > 0;) {
        size_t steps = search_steps(&search->params[i]);
        out[i] = search_grid_value(&search->params[i], at % steps);
        at /= steps;
    }
}

static size_t trials_most(const struct search *search)
{
    if (search->method != SEARCH_GRID)
        return search->trials;
    size_t most = 1;
    for (size_t i = 0; i < search->param_count; i++)
        if (__builtin_mul_overflow(most, search_steps(&search->params[i]), &most) ||
            most > SEARCH_TRIALS_MOST)
            return SEARCH_TRIALS_MOST + 1;
    return most;
}

/* The values of trial `count`, in [0, 1] or as the number of a choice. */
static void trial_draw(struct running *run, double *out)
{
    const struct search *search = run->search;
    if (search->method == SEARCH_GRID) {
        grid_place(search, run->count, out);
        return;
    }
    struct random random = random_stream(run->recipe->seed, run->count);
    if (search->method == SEARCH_RANDOM || run->count < SEARCH_START) {
        for (size_t i = 0; i < search->param_count; i++)
            out[i] = search_draw_any(&search->params[i], &random);
        return;
    }
    double *values = arena_array(run->arena, double, run->count);
    for (size_t t = 0; t < run->count; t++) {
        const struct trial *trial = &run->trials[t]; /* given up: measured on fewer folds */
        bool none = trial->pruned || isnan(trial->value);
        bool higher = run->validator.metric->higher_is_better;
        values[t] = none ? INFINITY : higher ? -trial->value : trial->value;
    }
    struct search_past past = { search, run->count, run->drawn, values };
    search_draw_tpe(run->arena, &past, &random, out);
}

static bool params_with(struct running *run, const double *drawn, struct params *params,
                        struct str *values, struct fault *why)
{
    *params = run->recipe->params;
    for (size_t i = 0; i < run->search->param_count; i++) {
        const struct search_param *param = &run->search->params[i];
        values[i] = search_text(run->arena, param, drawn[i]);
        const struct param_spec *spec = params_find(params, param->name);
        if (spec)
            params->given[spec - params->specs] = false;
        if (!params_set(params, run->recipe->learner->name, param->name, values[i], why))
            return false;
    }
    return true;
}

/* Is the mean after `fold` worse than the median of the earlier trials' there? */
static bool is_poor(const struct running *run, double mean, size_t fold)
{
    double *others = arena_array(run->arena, double, run->count);
    size_t count = 0;
    for (size_t t = 0; t < run->count; t++) {
        double value = run->running[t * run->validator.splits.count + fold];
        if (run->trials[t].fold_count > fold && !isnan(value))
            others[count++] = value;
    }
    if (!run->search->prune || count < PRUNE_AFTER)
        return false;
    sort_numbers(others, count);
    return better(run, quantile_sorted(others, count, 0.5), mean);
}

static bool trial_run(struct running *run, struct trial *trial, struct fault *why)
{
    size_t folds = run->validator.splits.count;
    double *drawn = run->drawn + run->count * run->search->param_count, sum = 0;
    double *means = run->running + run->count * folds;
    double *values = arena_array(run->arena, double, folds);
    struct str *texts = arena_array(run->arena, struct str, run->search->param_count);
    struct recipe recipe = *run->recipe;
    trial_draw(run, drawn);
    *trial = (struct trial){ .values = texts, .low = NAN, .high = NAN };
    if (!params_with(run, drawn, &recipe.params, texts, why) || !recipe_check(&recipe, why))
        return false;
    for (size_t f = 0; f < folds; f++) {
        if (!validator_fold(run->arena, &run->validator, &recipe, f, NULL, &values[f], why))
            return false;
        sum += values[f];
        means[f] = trial->value = sum / (double)(f + 1);
        trial->fold_count = f + 1;
        if (f + 1 >= PRUNE_FOLDS && f + 1 < folds && is_poor(run, trial->value, f)) {
            trial->pruned = true;
            return true;
        }
    }
    struct validated whole;
    validated_of(&run->validator, values, &whole);
    trial->value = whole.mean;
    trial->low = whole.low;
    trial->high = whole.high;
    return true;
}

static bool trials_run(struct running *run, const struct search_watch *watch, size_t *best,
                       struct fault *why)
{
    size_t since = 0;
    while (run->count < run->most) {
        struct trial *trial = &run->trials[run->count];
        if (!trial_run(run, trial, why))
            return false;
        bool leads = run->count == 0 ||
                     (!trial->pruned && (run->trials[*best].pruned ||
                                         better(run, trial->value, run->trials[*best].value)));
        since = leads ? 0 : since + 1;
        *best = leads ? run->count : *best;
        run->count++;
        if (watch)
            watch->trial_done(watch->who, run->search, trial, run->count, run->most);
        if (run->search->patience && since >= run->search->patience)
            break;
    }
    return true;
}

bool search_run(struct arena *arena, const struct table *table, const struct recipe *recipe,
                const struct search *search, const struct search_watch *watch,
                struct search_result *out, struct fault *why)
{
    struct running run = { .arena = arena, .search = search, .recipe = recipe };
    struct validation how = { .folds = search->folds, .repeats = search->repeats };
    if (!search->param_count)
        return fault_set(why, BLAME_OPEN, "there is no parameter to search");
    if (search->metric.len && !(how.metric = metric_needed(arena, search->metric, why)))
        return false;
    run.most = trials_most(search);
    if (run.most > SEARCH_TRIALS_MOST)
        return fault_set(why, BLAME_OPEN, "the grid has more than %d trials: use random or tpe",
                         SEARCH_TRIALS_MOST);
    if (!validator_open(arena, table, recipe, &how, &run.validator, why))
        return false;
    run.trials = arena_array(arena, struct trial, run.most);
    run.drawn = arena_array(arena, double, run.most * search->param_count);
    run.running = arena_array(arena, double, run.most *run.validator.splits.count);
    size_t best = 0;
    if (!trials_run(&run, watch, &best, why))
        return false;
    *out = (struct search_result){
        .metric = run.validator.metric, .count = run.count, .best = best, .trials = run.trials
    };
    struct str *texts = arena_array(arena, struct str, search->param_count);
    return params_with(&run, run.drawn + best * search->param_count, &out->params, texts, why);
}

bool search_settle(struct arena *arena, const struct table *table, struct recipe *recipe,
                   struct fault *why)
{
    struct search_result result;
    if (!recipe->search)
        return true;
    if (!search_run(arena, table, recipe, recipe->search, NULL, &result, why))
        return false;
    recipe->params = result.params;
    return true;
}
