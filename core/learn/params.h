/*
 * Hyper-parameters: each learner has a table of them, from which the command line, pipeline.yaml,
 * the help and the checks are made. Names are scikit-learn's, aliases SageMaker's or XGBoost's.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/json.h"
#include "core/base/str.h"

enum param_kind { PARAM_NUMBER, PARAM_INTEGER, PARAM_BOOL, PARAM_CHOICE, PARAM_TEXT };

struct param_spec {
    const char *name, *alias; /* alias may be NULL */
    enum param_kind kind;
    double low, high;           /* both allowed, of numbers and integers; of a text its bytes */
    const char *otherwise;      /* the default, as text; NULL is "not set", see param_is_set */
    const char *const *choices; /* PARAM_CHOICE: NULL-ended */
    const char *what;           /* one line for the help */
};

#define PARAMS_MOST 48

/* The values for a table; value i belongs to specs[i]. */
struct params {
    const struct param_spec *specs;
    size_t count;
    double value[PARAMS_MOST];    /* bool: 0 or 1; choice: its index */
    struct str text[PARAMS_MOST]; /* PARAM_TEXT: borrowed from whoever set it */
    bool set[PARAMS_MOST];        /* given, or has a default */
    bool given[PARAMS_MOST];      /* by the user */
};

/* All at their defaults. specs must outlive the result. */
struct params params_default(const struct param_spec *specs, size_t count);

/*
 * Set one by name or alias from its text. A fault names the valid range, or the nearest known name:
 * `logistic has no parameter "max_itr", did you mean "max_iter"`. of: whose parameters they are.
 */
bool params_set(struct params *params, const char *of, struct str name, struct str text,
                struct fault *why);

/* The row of this name or alias; NULL when there is none. */
const struct param_spec *params_find(const struct params *params, struct str name);

/* By the name in the table, which must be there. */
double param_number(const struct params *params, const char *name);
size_t param_integer(const struct params *params, const char *name);
struct str param_text(const struct params *params, const char *name); /* empty when not set */
bool param_flag(const struct params *params, const char *name);       /* PARAM_BOOL */
bool param_is(const struct params *params, const char *name, const char *choice);
bool param_is_set(const struct params *params, const char *name);
bool param_is_given(const struct params *params, const char *name);

/* The values that are set, as members of the open map; and the table itself, as a list. */
void params_print(const struct params *params, struct json_out *out);
void param_specs_print(const struct param_spec *specs, size_t count, struct json_out *out);

/* The range of one in words, such as "a number from 0 to 1", whole. */
const char *param_range(struct arena *arena, const struct param_spec *spec);
