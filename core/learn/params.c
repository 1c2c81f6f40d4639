/* Hyper-parameters: looked up, checked, shown. */
#include "core/learn/params.h"
#include "core/base/complaint.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>

const struct param_spec *params_find(const struct params *params, struct str name)
{
    for (size_t i = 0; i < params->count; i++) {
        const struct param_spec *spec = &params->specs[i];
        if (str_is(name, spec->name) || (spec->alias && str_is(name, spec->alias)))
            return spec;
    }
    return NULL;
}

/* In at most `size` bytes; false when these are not enough for all choices: then `out` is cut. */
static bool range_print(const struct param_spec *spec, char *out, size_t size)
{
    size_t len = 0;
    if (spec->kind == PARAM_BOOL) {
        len = (size_t)snprintf(out, size, "true or false");
    } else if (spec->kind == PARAM_CHOICE) {
        for (size_t i = 0; spec->choices[i] && len < size; i++)
            len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "one of ",
                                    spec->choices[i]);
    } else if (spec->kind == PARAM_TEXT) {
        len = (size_t)snprintf(out, size, "a text of at most %g bytes", spec->high);
    } else {
        len = (size_t)snprintf(out, size, "%s from %g to %g",
                               spec->kind == PARAM_INTEGER ? "a whole number" : "a number",
                               spec->low, spec->high);
    }
    return len < size;
}

const char *param_range(struct arena *arena, const struct param_spec *spec)
{
    size_t size = 64;
    for (size_t i = 0; spec->kind == PARAM_CHOICE && spec->choices[i]; i++)
        size += strlen(spec->choices[i]) + 2;
    char *out = arena_take(arena, size);
    range_print(spec, out, size);
    return out;
}

/* What is allowed in place of `text`, in a fault: where the choices are too many, the nearest. */
static bool refuse_value(const struct param_spec *spec, const char *of, struct str text,
                         struct fault *why)
{
    char range[120];
    size_t count = 0;
    if (range_print(spec, range, sizeof range))
        return fault_set(why, BLAME_OPEN, "parameter %s of %s was \"%.*s\", allowed is %s",
                         spec->name, of, STR_ARGS(str_until(text, 40)), range);
    while (spec->choices[count])
        count++;
    const char *nearest = words_nearest(text, spec->choices, count);
    return fault_set(why, BLAME_OPEN, "parameter %s of %s was \"%.*s\", %s%s%s", spec->name, of,
                     STR_ARGS(str_until(text, 40)),
                     nearest ? "did you mean \"" : "holdout-ml learners lists what is allowed",
                     nearest ? nearest : "", nearest ? "\"" : "");
}

static bool value_parse(const struct param_spec *spec, struct str text, double *out)
{
    int64_t whole;
    switch (spec->kind) {
    case PARAM_TEXT:
        *out = (double)text.len;
        return *out >= spec->low && *out <= spec->high;
    case PARAM_NUMBER:
        return str_to_double(text, out) && *out >= spec->low && *out <= spec->high;
    case PARAM_INTEGER:
        if (!str_to_int(text, &whole))
            return false;
        *out = (double)whole;
        return *out >= spec->low && *out <= spec->high;
    case PARAM_BOOL:
        *out = str_is(text, "true");
        return *out != 0 || str_is(text, "false");
    case PARAM_CHOICE:
        for (size_t i = 0; spec->choices[i]; i++)
            if (str_is(text, spec->choices[i])) {
                *out = (double)i;
                return true;
            }
        return false;
    }
    return false;
}

struct params params_default(const struct param_spec *specs, size_t count)
{
    assert(count <= PARAMS_MOST);
    struct params params = { .specs = specs, .count = count };
    for (size_t i = 0; i < count; i++) {
        if (!specs[i].otherwise)
            continue;
        params.set[i] = value_parse(&specs[i], str_of(specs[i].otherwise), &params.value[i]);
        params.text[i] = str_of(specs[i].otherwise);
        assert(params.set[i]);
    }
    return params;
}

static bool unknown(const struct params *params, const char *of, struct str name, struct fault *why)
{
    const char *names[PARAMS_MOST * 2];
    size_t count = 0;
    char list[160] = "none";
    size_t len = 0;
    for (size_t i = 0; i < params->count; i++) {
        names[count++] = params->specs[i].name;
        if (len < sizeof list)
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
                                    params->specs[i].name);
        if (params->specs[i].alias)
            names[count++] = params->specs[i].alias;
    }
    const char *nearest = words_nearest(name, names, count);
    if (nearest)
        return fault_set(why, BLAME_OPEN, "%s has no parameter \"%.*s\", did you mean \"%s\"", of,
                         STR_ARGS(str_until(name, 60)), nearest);
    return fault_set(why, BLAME_OPEN, "%s has no parameter \"%.*s\", it has: %s", of,
                     STR_ARGS(str_until(name, 60)), list);
}

bool params_set(struct params *params, const char *of, struct str name, struct str text,
                struct fault *why)
{
    const struct param_spec *spec = params_find(params, name);
    if (!spec)
        return unknown(params, of, name, why);
    size_t at = (size_t)(spec - params->specs);
    if (params->given[at])
        return fault_set(why, BLAME_OPEN, "parameter \"%s\" of %s was given twice", spec->name, of);
    double value;
    if (!value_parse(spec, text, &value))
        return refuse_value(spec, of, text, why);
    params->value[at] = value;
    params->text[at] = text;
    params->set[at] = params->given[at] = true;
    return true;
}

static size_t index_of(const struct params *params, const char *name)
{
    const struct param_spec *spec = params_find(params, str_of(name));
    assert(spec);
    return (size_t)(spec - params->specs);
}

double param_number(const struct params *params, const char *name)
{
    return params->value[index_of(params, name)];
}

size_t param_integer(const struct params *params, const char *name)
{
    return (size_t)params->value[index_of(params, name)];
}

struct str param_text(const struct params *params, const char *name)
{
    size_t at = index_of(params, name);
    assert(params->specs[at].kind == PARAM_TEXT);
    return params->set[at] ? params->text[at] : S("");
}

bool param_flag(const struct params *params, const char *name)
{
    return params->value[index_of(params, name)] != 0;
}

bool param_is(const struct params *params, const char *name, const char *choice)
{
    size_t at = index_of(params, name);
    const struct param_spec *spec = &params->specs[at];
    assert(spec->kind == PARAM_CHOICE);
    return strcmp(spec->choices[(size_t)params->value[at]], choice) == 0;
}

bool param_is_set(const struct params *params, const char *name)
{
    return params->set[index_of(params, name)];
}

bool param_is_given(const struct params *params, const char *name)
{
    return params->given[index_of(params, name)];
}

void params_print(const struct params *params, struct json_out *out)
{
    for (size_t i = 0; i < params->count; i++) {
        const struct param_spec *spec = &params->specs[i];
        if (!params->set[i])
            continue;
        if (spec->kind == PARAM_CHOICE)
            json_add_zero(out, spec->name, spec->choices[(size_t)params->value[i]]);
        else if (spec->kind == PARAM_TEXT)
            json_add_text(out, spec->name, params->text[i]);
        else if (spec->kind == PARAM_BOOL)
            json_add_bool(out, spec->name, params->value[i] != 0);
        else if (spec->kind == PARAM_INTEGER)
            json_add_int(out, spec->name, (int64_t)params->value[i]);
        else
            json_add_double(out, spec->name, params->value[i]);
    }
}

void param_specs_print(const struct param_spec *specs, size_t count, struct json_out *out)
{
    for (size_t i = 0; i < count; i++) {
        json_open_map(out, NULL);
        json_add_zero(out, "name", specs[i].name);
        json_add_zero(out, "alias", specs[i].alias);
        json_add_zero(out, "allowed", param_range(out->text->arena, &specs[i]));
        json_add_zero(out, "default", specs[i].otherwise);
        json_add_zero(out, "what", specs[i].what);
        json_close_map(out);
    }
}
