/* --usage and --set. */
#include "core/cli/measure_options.h"

bool measure_usage(const struct call *call, enum usage *out)
{
    const char *word = call_get(call, "--usage");
    *out = USAGE_ALL;
    if (!word || strcmp(word, "all") == 0)
        return true;
    *out = strcmp(word, "public") == 0 ? USAGE_PUBLIC : USAGE_PRIVATE;
    if (*out == USAGE_PUBLIC || strcmp(word, "private") == 0)
        return true;
    call_fail(call, EX_USAGE, "--usage was \"%s\", allowed is one of all, public, private", word);
    return false;
}

bool measure_set(const struct call *call, struct metric_options *out)
{
    const char *text;
    for (size_t at = 0; (text = call_next(call, "--set", &at));) {
        struct str rest = str_of(text), name;
        struct fault why = { 0 };
        str_cut(&rest, '=', &name);
        if (!rest.at)
            fault_set(&why, BLAME_OPEN, "\"%.60s\" is no NAME=VALUE", text);
        if (rest.at && metric_option_set(call->arena, out, name, rest, &why))
            continue;
        call_fail(call, EX_USAGE, "--set: %s", why.text);
        return false;
    }
    return true;
}
