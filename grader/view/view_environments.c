/* The window out: what teams can use. */
#include "grader/view.h"
#include "grader/view/view_sql.h"

/* "a, b (c; d)": each on its own. */
static void take_has(struct arena *arena, struct str text, struct view_environment *out)
{
    struct str part;
    while (str_cut(&text, ',', &part)) {
        part = str_trim(part);
        if (part.len)
            *MORE(arena, out->has, out->has_count) = part;
    }
}

bool view_environments(struct view *view, struct arena *arena, enum viewer viewer,
                       struct view_environments *out, struct fault *why)
{
    *out = (struct view_environments){ 0 };
    const struct json *found;
    if (!view_meta(view, arena, "environments", &found, why))
        return false;
    const struct json *list = json_get(found, "list");
    for (size_t i = 0; list && i < list->count; i++) {
        const struct json *one = &list->members[i];
        struct view_environment *to = MORE(arena, out->at, out->count);
        *to = (struct view_environment){ .name = json_get_text(one, "name", ""),
                                         .what = json_get_text(one, "what", ""),
                                         .digest = json_get_text(one, "digest", ""),
                                         .state = json_get_text(one, "state", "unknown") };
        take_has(arena, json_get_text(one, "has", ""), to);
        if (viewer == VIEWER_STAFF)
            to->lacks = json_get_text(one, "lacks", "");
    }
    return true;
}
