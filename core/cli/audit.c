/* holdout-ml audit: what is wrong with a training table, and with a test table beside it. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/data/drift.h"
#include "core/data/duplicates.h"
#include "core/data/leak.h"
#include "core/learn/columns.h"
#include "core/learn/domain.h"
#include <math.h>
#include <stdio.h>

/* A column has shifted when its PSI says so and its p value that it is no accident. */
#define PSI_SHIFTED 0.25
#define P_SHIFTED 0.05
#define PSI_MOVED 0.1
#define P_MOVED 0.001

struct audit {
    struct call *call;
    struct table train, against;
    bool has_against;
    struct str target, id;
    struct duplicates within, near_within, across, near_across;
    struct leak *leaks; /* [leak_count] */
    size_t leak_count;
    struct validated apart; /* ROC AUC of telling the tables apart */
    const char *not_apart;  /* why there is none; NULL when there is */
};

static int audit_read(struct audit *audit)
{
    struct call *call = audit->call;
    const char *against = call_get(call, "--against");
    struct fault why;
    if (!call_word(call, 0) || call_word(call, 1))
        return call_fail(call, EX_USAGE, "one training table is wanted");
    audit->target = str_of(call_get(call, "--target"));
    audit->id = call_get(call, "--id") ? str_of(call_get(call, "--id")) : S("id");
    audit->has_against = against != NULL;
    int code = input_table(call, call_word(call, 0), audit->id, NULL, &audit->train);
    if (!code && !column_needed(&audit->train, audit->target, "--target", &why))
        code = call_fail(call, EX_DATAERR, "%s", why.text);
    if (!code && against)
        code = input_table(call, against, audit->id, NULL, &audit->against);
    return code;
}

static int domain_look(struct audit *audit)
{
    struct arena *arena = audit->call->arena;
    struct str left_out[] = { audit->id };
    struct fault why;
    unsigned threads;
    if (!call_threads(audit->call, &threads))
        return EX_USAGE;
    if (!domain_classify(arena, &audit->train, &audit->against, left_out, 1, 0, threads,
                         &audit->apart, &why))
        audit->not_apart = arena_print(arena, "%s", why.text);
    return 0;
}

static int audit_look(struct audit *audit)
{
    struct arena *arena = audit->call->arena;
    struct str left_out[] = { audit->id, audit->target };
    struct duplicates_form exact = { left_out, 2, false }, near = { left_out, 2, true };
    struct fault why;
    duplicates_within(arena, &audit->train, &exact, &audit->within);
    duplicates_within(arena, &audit->train, &near, &audit->near_within);
    if (audit->has_against) {
        duplicates_across(arena, &audit->train, &audit->against, &exact, &audit->across);
        duplicates_across(arena, &audit->train, &audit->against, &near, &audit->near_across);
    }
    audit->leak_count = audit->train.column_count;
    audit->leaks = arena_array(arena, struct leak, audit->leak_count);
    if (!leaks_find(arena, &audit->train, audit->target, audit->id, audit->leaks, &why))
        return call_fail(audit->call, EX_DATAERR, "%s", why.text);
    return audit->has_against ? domain_look(audit) : 0;
}

/* What is compared: not ids and texts, and only what both tables have in one storage. */
static bool drift_of(const struct audit *audit, size_t at, struct drift *out)
{
    const struct column *before = &audit->train.columns[at];
    const struct column *after =
        audit->has_against ? table_find(&audit->against, before->name) : NULL;
    if (!after || str_equal(before->name, audit->id) || before->kind == COLUMN_TEXT ||
        column_is_numeric(before) != column_is_numeric(after))
        return false;
    column_drift(audit->call->arena, before, audit->train.rows, after, audit->against.rows, out);
    return true;
}

static bool is_shifted(const struct drift *drift)
{
    double p = isnan(drift->ks_p) ? drift->chi2_p : drift->ks_p;
    return (drift->psi > PSI_SHIFTED && p < P_SHIFTED) || (drift->psi > PSI_MOVED && p < P_MOVED);
}

/* ---- In words ---- */

static void duplicates_print(const struct duplicates *found, const struct duplicates *near,
                             const char *what, struct text *out)
{
    text_print(out, "\n%zu row%s %s", found->count, PLURAL(found->count), what);
    for (size_t i = 0; i < found->shown; i++)
        text_print(out, "%s%zu = %zu", i ? ", " : ": ", found->row[i] + 1, found->first_row[i] + 1);
    text_print(out, "%s; %zu nearly", found->count > found->shown ? ", ..." : "",
               near->count - found->count);
}

static void leaks_print(const struct audit *audit, struct text *out)
{
    size_t count = 0;
    for (size_t i = 0; i < audit->leak_count; i++) {
        const struct leak *leak = &audit->leaks[i];
        if (leak->kind == LEAK_NONE)
            continue;
        text_print(out, "\n  %s%.*s%s%s (%.3f)", leak->column.len ? "\"" : "",
                   STR_ARGS(leak->column), leak->column.len ? "\" " : "", leak_text(leak->kind),
                   leak->strength);
        count++;
    }
    if (!count)
        text_add(out, S(" none"));
}

static void drift_print(const struct audit *audit, struct text *out)
{
    text_print(out, "\n%-24s %8s %8s %10s %10s %10s\n", "drift", "PSI", "KS", "p", "missing",
               "new levels");
    for (size_t i = 0; i < audit->train.column_count; i++) {
        struct drift d;
        if (!drift_of(audit, i, &d))
            continue;
        text_print(out, "  %-22.*s %8.4f ", STR_ARGS(audit->train.columns[i].name), d.psi);
        if (isnan(d.ks))
            text_print(out, "%8s", "-");
        else
            text_print(out, "%8.4f", d.ks);
        text_print(out, " %10.3g %+9.2f%% %10zu%s\n", isnan(d.ks_p) ? d.chi2_p : d.ks_p,
                   100 * (d.missing_after - d.missing_before), d.unseen_rows,
                   is_shifted(&d) ? "  shifted" : "");
    }
    if (audit->not_apart)
        text_print(out, "%s", audit->not_apart);
    else
        text_print(out,
                   "a model tells the tables apart with roc_auc %.3f (%.3f to %.3f), 0.5 is "
                   "not at all",
                   audit->apart.mean, audit->apart.low, audit->apart.high);
}

static void words_print(const struct audit *audit, struct text *out)
{
    const char *name = call_word(audit->call, 0);
    text_print(out, "%s: %zu rows, %zu columns", name, audit->train.rows,
               audit->train.column_count);
    duplicates_print(&audit->within, &audit->near_within, "repeat an earlier one", out);
    if (audit->has_against)
        duplicates_print(&audit->across, &audit->near_across,
                         arena_print(audit->call->arena, "of %s stand there too",
                                     call_get(audit->call, "--against")),
                         out);
    text_add(out, S("\nleaks:"));
    leaks_print(audit, out);
    if (audit->has_against)
        drift_print(audit, out);
}

/* ---- As JSON ---- */

static void duplicates_json(const struct duplicates *found, const struct duplicates *near,
                            const char *key, struct json_out *out)
{
    json_open_map(out, key);
    json_add_int(out, "exact", (int64_t)found->count);
    json_add_int(out, "near", (int64_t)near->count);
    json_open_list(out, "rows"); /* from 1: the row and the one that it repeats */
    for (size_t i = 0; i < near->shown; i++) {
        json_open_list(out, NULL);
        json_add_int(out, NULL, (int64_t)near->row[i] + 1);
        json_add_int(out, NULL, (int64_t)near->first_row[i] + 1);
        json_close_list(out);
    }
    json_close_list(out);
    json_close_map(out);
}

static void leaks_json(const struct audit *audit, struct json_out *out)
{
    json_open_list(out, "leaks");
    for (size_t i = 0; i < audit->leak_count; i++) {
        const struct leak *leak = &audit->leaks[i];
        json_open_map(out, NULL);
        if (leak->column.len)
            json_add_text(out, "column", leak->column);
        else
            json_add_null(out, "column");
        json_add_double(out, "strength", leak->strength);
        json_add_bool(out, "suspect", leak->kind != LEAK_NONE);
        json_add_zero(out, "why", leak_text(leak->kind));
        json_close_map(out);
    }
    json_close_list(out);
}

static void drift_json(const struct audit *audit, struct json_out *out)
{
    json_open_list(out, "drift");
    for (size_t i = 0; i < audit->train.column_count; i++) {
        struct drift d;
        if (!drift_of(audit, i, &d))
            continue;
        json_open_map(out, NULL);
        json_add_text(out, "column", audit->train.columns[i].name);
        json_add_double(out, "psi", d.psi);
        json_add_double(out, "ks", d.ks);
        json_add_double(out, "ks_p", d.ks_p);
        json_add_double(out, "chi2", d.chi2);
        json_add_double(out, "chi2_p", d.chi2_p);
        json_add_double(out, "missing_before", d.missing_before);
        json_add_double(out, "missing_after", d.missing_after);
        json_add_int(out, "unseen_rows", (int64_t)d.unseen_rows);
        json_add_bool(out, "shifted", is_shifted(&d));
        json_close_map(out);
    }
    json_close_list(out);
}

static void json_print(const struct audit *audit, struct text *text)
{
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_int(&out, "rows", (int64_t)audit->train.rows);
    duplicates_json(&audit->within, &audit->near_within, "duplicates", &out);
    if (audit->has_against) {
        json_add_int(&out, "against_rows", (int64_t)audit->against.rows);
        duplicates_json(&audit->across, &audit->near_across, "across", &out);
    }
    leaks_json(audit, &out);
    if (audit->has_against) {
        drift_json(audit, &out);
        json_open_map(&out, "domain");
        json_add_double(&out, "roc_auc", audit->not_apart ? NAN : audit->apart.mean);
        json_add_double(&out, "low", audit->not_apart ? NAN : audit->apart.low);
        json_add_double(&out, "high", audit->not_apart ? NAN : audit->apart.high);
        json_close_map(&out);
    }
    json_close_map(&out);
}

static int run(struct call *call)
{
    struct audit audit = { .call = call };
    struct text text = { .arena = call->arena };
    int code = audit_read(&audit);
    if (!code)
        code = audit_look(&audit);
    if (code)
        return code;
    if (call_get(call, "--json"))
        json_print(&audit, &text);
    else
        words_print(&audit, &text);
    return call_print(call, &text);
}

static const struct option options[] = {
    { "--target", "COLUMN", "what is to be predicted", OPTION_REQUIRED },
    { "--against", "FILE", "the test table: rows in both, drift", 0 },
    { "--id", "COLUMN", "the identifier; default id", 0 },
    { "--schema", "FILE", "the kinds of the columns", 0 },
    { "--threads", "N", "to read with; 0: all processors; default 1", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_audit = {
    .name = "audit",
    .what = "look for duplicates, leaks and drift in tables",
    .words = "TRAIN",
    .example = "audit train.csv --against test.csv --target bad",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
