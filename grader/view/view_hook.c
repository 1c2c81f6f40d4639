/* The window out, for webhooks: which repository is whose. */
#include "grader/source/address.h"
#include "grader/view/view_sql.h"

struct str view_repository_key(struct arena *arena, struct str url)
{
    struct address address;
    struct fault why = { 0 };
    struct str git = S(".git");
    if (str_starts(url, S("file:")))
        return str_keep(arena, str_ends(url, git) ? str_until(url, url.len - git.len) : url);
    if (!address_parse(arena, url, &address, &why))
        return S("");
    struct str path = address.path;
    if (str_ends(path, git))
        path = str_until(path, path.len - git.len);
    return str_of(arena_print(arena, "%.*s%.*s", STR_ARGS(address.host), STR_ARGS(path)));
}

bool view_repositories(struct view *view, struct arena *arena, struct view_repository **out,
                       size_t *count, struct fault *why)
{
    *out = NULL;
    *count = 0;
    struct row *row = db_start(view->db, VIEW_REPOSITORIES, "");
    while (row_next(row, why)) {
        struct view_repository *one = MORE(arena, *out, *count);
        *one = (struct view_repository){
            .team = row_text(row, 0, arena),
            .key = view_repository_key(arena, row_text(row, 1, arena)),
        };
    }
    return row_end(row, why);
}
