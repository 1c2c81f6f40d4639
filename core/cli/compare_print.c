/* Comparisons in words and as JSON. */
#include "core/cli/compare_print.h"
#include <math.h>
#include <stdio.h>

/* "a is better than b" */
static const char *verdict(const struct call *call, const struct compared *compared,
                           const struct compared_pair *pair)
{
    if (pair->better == 0)
        return "no difference can be told";
    size_t winner = pair->better < 0 ? pair->a : pair->b;
    return arena_print(call->arena, "%s is better than %s", compared->names[winner],
                       compared->names[pair->a + pair->b - winner]);
}

static const char *interval_words(const struct call *call, double low, double high)
{
    return isnan(low) || isnan(high) ? "" : arena_print(call->arena, "[%.4g, %.4g]", low, high);
}

static const char *range_words(const struct call *call, const struct rank *rank)
{
    return rank->low == rank->high ? arena_print(call->arena, "%zu", rank->low)
                                   : arena_print(call->arena, "%zu-%zu", rank->low, rank->high);
}

static int name_width(const struct compared *compared)
{
    size_t width = 9;
    for (size_t i = 0; i < compared->count; i++)
        width = strlen(compared->names[i]) > width ? strlen(compared->names[i]) : width;
    return (int)(width < 60 ? width : 60);
}

/* A table of contenders, the best first; ranks only where there are more than two. */
static void print_contenders(const struct call *call, const struct compared *compared,
                             const struct rank *at, const struct metric_value *values,
                             const double *means)
{
    bool ranks = compared->count > 2;
    printf("  %-*s %-10s %-*s%s\n", name_width(compared), "contender", means ? "mean" : "value",
           ranks ? 20 : 0, means ? "mean rank" : "95 % interval",
           ranks ? " rank   cluster letters" : "");
    for (size_t place = 0; place < compared->count; place++)
        for (size_t i = 0; i < compared->count; i++) {
            if (at[i].place != place)
                continue;
            const char *second = means ? arena_print(call->arena, "%.3f", at[i].value)
                                       : interval_words(call, values[i].low, values[i].high);
            printf("  %-*s %-10.5g %-*s", name_width(compared), compared->names[i],
                   means ? means[i] : values[i].value, ranks ? 20 : 0, second);
            if (ranks)
                printf(" %-6s %-7zu %s", range_words(call, &at[i]), at[i].cluster, at[i].letters);
            putchar('\n');
        }
}

static void print_pairs(const struct call *call, const struct compared *compared,
                        const struct compared_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct compared_pair *pair = &pairs[i];
        const char *of = interval_words(call, pair->low, pair->high);
        printf("  %s - %s: %.4g%s%s, %s p %.3g", compared->names[pair->a], compared->names[pair->b],
               pair->difference, *of ? " " : "", of, pair->test, pair->p);
        if (count > 1 && pair->adjusted != pair->p)
            printf(", adjusted %.3g", pair->adjusted);
        printf(": %s\n", verdict(call, compared, pair));
    }
}

static void print_one(const struct call *call, const struct compared *compared, size_t m)
{
    const struct comparison *one = &compared->one[m];
    printf("%s (%s is better), %zu row%s\n", compared->metrics[m].name.at,
           one->metric->higher_is_better ? "higher" : "lower", one->rows, PLURAL(one->rows));
    print_contenders(call, compared, one->at, one->values, NULL);
    print_pairs(call, compared, one->pairs, one->pair_count);
}

static void print_many(const struct call *call, const struct compared *compared, size_t m)
{
    const struct sets_comparison *many = &compared->many[m];
    printf("%s (%s is better), %zu %s\n", compared->metrics[m].name.at,
           compared->metrics[m].metric->higher_is_better ? "higher" : "lower", compared->sets,
           compared->folds ? "folds" : "data sets");
    print_contenders(call, compared, many->at, NULL, many->mean);
    printf("  Friedman: chi squared %.4g, p %.3g; Iman and Davenport: F %.4g, p %.3g\n",
           many->friedman.chi2, many->friedman.p, many->friedman.f, many->friedman.p_f);
    if (isfinite(many->nemenyi))
        printf("  mean ranks %.3f apart differ (Nemenyi, 5 %%)\n", many->nemenyi);
    print_pairs(call, compared, many->pairs, many->pair_count);
}

static void add_contenders(struct json_out *out, const struct compared *compared,
                           const struct rank *at, const struct metric_value *values,
                           const double *means)
{
    json_open_list(out, "contenders");
    for (size_t i = 0; i < compared->count; i++) {
        json_open_map(out, NULL);
        json_add_zero(out, "name", compared->names[i]);
        json_add_double(out, means ? "mean" : "value", means ? means[i] : values[i].value);
        if (means)
            json_add_double(out, "mean_rank", at[i].value);
        if (values) {
            json_add_double(out, "low", values[i].low);
            json_add_double(out, "high", values[i].high);
        }
        json_add_int(out, "rank_low", (int64_t)at[i].low);
        json_add_int(out, "rank_high", (int64_t)at[i].high);
        json_add_int(out, "cluster", (int64_t)at[i].cluster);
        json_add_zero(out, "letters", at[i].letters);
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_pairs(const struct call *call, struct json_out *out,
                      const struct compared *compared, const struct compared_pair *pairs,
                      size_t count)
{
    json_open_list(out, "pairs");
    for (size_t i = 0; i < count; i++) {
        const struct compared_pair *pair = &pairs[i];
        json_open_map(out, NULL);
        json_add_zero(out, "a", compared->names[pair->a]);
        json_add_zero(out, "b", compared->names[pair->b]);
        json_add_double(out, "difference", pair->difference);
        json_add_double(out, "low", pair->low);
        json_add_double(out, "high", pair->high);
        json_add_zero(out, "test", pair->test);
        json_add_double(out, "p", pair->p);
        json_add_double(out, "p_adjusted", pair->adjusted);
        json_add_zero(out, "better",
                      pair->better == 0  ? NULL
                      : pair->better < 0 ? compared->names[pair->a]
                                         : compared->names[pair->b]);
        json_add_zero(out, "verdict", verdict(call, compared, pair));
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_many(struct json_out *out, const struct compared *compared, size_t m)
{
    const struct sets_comparison *many = &compared->many[m];
    json_open_list(out, "values"); /* a list of the contenders' values for each truth */
    for (size_t i = 0; i < compared->sets; i++) {
        json_open_list(out, NULL);
        for (size_t k = 0; k < compared->count; k++)
            json_add_double(out, NULL, compared->values[m][i * compared->count + k]);
        json_close_list(out);
    }
    json_close_list(out);
    json_open_map(out, "friedman");
    json_add_double(out, "chi2", many->friedman.chi2);
    json_add_double(out, "p", many->friedman.p);
    json_add_double(out, "f", many->friedman.f);
    json_add_double(out, "p_f", many->friedman.p_f);
    json_add_double(out, "nemenyi_difference", many->nemenyi);
    json_close_map(out);
}

static int print_json(const struct call *call, const struct compared *compared)
{
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    if (!compared->many)
        json_add_int(&out, "rows", (int64_t)compared->one[0].rows);
    else
        json_add_int(&out, compared->folds ? "folds" : "data_sets", (int64_t)compared->sets);
    json_open_list(&out, "metrics");
    for (size_t m = 0; m < compared->metric_count; m++) {
        const struct comparison *one = compared->many ? NULL : &compared->one[m];
        const struct sets_comparison *many = compared->many ? &compared->many[m] : NULL;
        json_open_map(&out, NULL);
        json_add_text(&out, "name", compared->metrics[m].name);
        json_add_bool(&out, "higher_is_better", compared->metrics[m].metric->higher_is_better);
        add_contenders(&out, compared, many ? many->at : one->at, many ? NULL : one->values,
                       many ? many->mean : NULL);
        if (many)
            add_many(&out, compared, m);
        add_pairs(call, &out, compared, many ? many->pairs : one->pairs,
                  many ? many->pair_count : one->pair_count);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

int compared_print(const struct call *call, const struct compared *compared)
{
    if (call_get(call, "--json"))
        return print_json(call, compared);
    for (size_t m = 0; m < compared->metric_count; m++) {
        if (m)
            putchar('\n');
        if (compared->many)
            print_many(call, compared, m);
        else
            print_one(call, compared, m);
    }
    return fflush(stdout) == 0 && !ferror(stdout)
               ? 0
               : call_fail(call, EX_IOERR, "stdout could not be written");
}
