/* Commit statuses: what differs between forges is a table. */
#include "grader/outbound/forge.h"
#include "core/base/json.h"
#include "grader/outbound/url.h"
#include <stdio.h>

static const struct forge {
    const char *name;
    const char *known;  /* host that everybody knows */
    const char *api;    /* of that host; NULL: as any other's */
    const char *beside; /* path of the API on any host */
    const char *token;  /* header line's beginning */
    const char *accept;
    const char *context; /* key of the context */
    bool whole;          /* the repository is one quoted part of the path */
    const char *states[FORGE_STATE_COUNT];
} forges[FORGE_KIND_COUNT] = {
    [FORGE_GITHUB] = { "github",
                       "github.com",
                       "https://api.github.com",
                       "/api/v3",
                       "Authorization: Bearer ",
                       "Accept: application/vnd.github+json",
                       "context",
                       false,
                       { "pending", "pending", "success", "failure", "error", "error", "error" } },
    [FORGE_GITLAB] = { "gitlab",
                       "gitlab.com",
                       NULL,
                       "/api/v4",
                       "PRIVATE-TOKEN: ",
                       "Accept: application/json",
                       "name",
                       true,
                       { "pending", "running", "success", "failed", "failed", "canceled",
                         "canceled" } },
    [FORGE_GITEA] = { "gitea",
                      NULL,
                      NULL,
                      "/api/v1",
                      "Authorization: token ",
                      "Accept: application/json",
                      "context",
                      false,
                      { "pending", "pending", "success", "failure", "error", "warning",
                        "warning" } },
    [FORGE_FORGEJO] = { "forgejo",
                        "codeberg.org",
                        NULL,
                        "/api/v1",
                        "Authorization: token ",
                        "Accept: application/json",
                        "context",
                        false,
                        { "pending", "pending", "success", "failure", "error", "warning",
                          "warning" } },
};

const char *forge_kind_name(enum forge_kind kind)
{
    return forges[kind].name;
}

bool forge_known(struct str host, enum forge_kind *kind)
{
    for (int i = 0; i < FORGE_KIND_COUNT; i++)
        if (forges[i].known && str_is(host, forges[i].known)) {
            *kind = (enum forge_kind)i;
            return true;
        }
    return false;
}

struct str forge_api(struct arena *arena, enum forge_kind kind, struct str host, uint16_t port)
{
    const struct forge *forge = &forges[kind];
    char colon[8] = "";
    if (forge->api && str_is(host, forge->known))
        return str_of(forge->api);
    if (port && port != 443)
        snprintf(colon, sizeof colon, ":%d", port);
    return str_of(arena_print(arena, "https://%.*s%s%s", STR_ARGS(host), colon, forge->beside));
}

enum forge_state forge_state_of(struct str run_state)
{
    static const struct {
        const char *run;
        enum forge_state state;
    } rows[] = {
        { "received", FORGE_QUEUED },
        { "queued", FORGE_QUEUED },
        { "done", FORGE_DONE },
        { "failed_team", FORGE_FAILED_TEAM },
        { "failed_ours", FORGE_FAILED_OURS },
        { "cancelled", FORGE_CANCELLED },
        { "superseded", FORGE_SUPERSEDED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_is(run_state, rows[i].run))
            return rows[i].state;
    return FORGE_RUNNING;
}

const char *forge_state_word(enum forge_kind kind, enum forge_state state)
{
    return forges[kind].states[state];
}

static bool path_make(struct arena *arena, const struct forge_status *status, struct str *path,
                      struct fault *why)
{
    struct str name = str_from(status->repository, 1), part;
    if (str_ends(name, S(".git")))
        name = str_until(name, name.len - 4);
    if (forges[status->kind].whole) {
        *path = str_of(arena_print(arena, "/projects/%s/statuses/%.*s", url_quote(arena, name).at,
                                   STR_ARGS(status->commit)));
        return true;
    }
    struct str rest = name, owner;
    if (!str_cut(&rest, '/', &owner) || !str_cut(&rest, '/', &part) || rest.len)
        return fault_set(why, BLAME_COURSE, "%.*s is no repository of a forge of kind %s",
                         STR_ARGS(str_until(status->repository, 100)), forges[status->kind].name);
    *path = str_of(arena_print(arena, "/repos/%s/%s/statuses/%.*s", url_quote(arena, owner).at,
                               url_quote(arena, part).at, STR_ARGS(status->commit)));
    return true;
}

/* The branch or tag, without which GitLab may not find the commit. */
static struct str plain_ref(struct str ref)
{
    static const char *const prefixes[] = { "refs/heads/", "refs/tags/" };
    for (size_t i = 0; i < 2; i++)
        if (str_starts(ref, str_of(prefixes[i])))
            return str_from(ref, strlen(prefixes[i]));
    return S("");
}

bool forge_status_print(struct arena *arena, const struct forge_status *status, struct str *path,
                        struct str *body, struct fault *why)
{
    const struct forge *forge = &forges[status->kind];
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    if (!path_make(arena, status, path, why))
        return false;
    json_open_map(&out, NULL);
    json_add_zero(&out, "state", forge->states[status->state]);
    json_add_text(&out, forge->context, status->context);
    json_add_text(&out, "description", forge_description(arena, status->description));
    if (status->target_url.len)
        json_add_text(&out, "target_url", status->target_url);
    if (forge->whole && plain_ref(status->ref).len)
        json_add_text(&out, "ref", plain_ref(status->ref));
    json_close_map(&out);
    *body = text_str(&text);
    return true;
}

const char *const *forge_headers(struct arena *arena, enum forge_kind kind, struct str token)
{
    const char **lines = arena_array(arena, const char *, 6);
    size_t count = 0;
    lines[count++] = forges[kind].accept;
    lines[count++] = "Content-Type: application/json";
    lines[count++] = "User-Agent: holdout/" HOLDOUT_VERSION; /* GitHub refuses who has none */
    lines[count++] = arena_print(arena, "%s%.*s", forges[kind].token, STR_ARGS(token));
    if (kind == FORGE_GITHUB)
        lines[count++] = "X-GitHub-Api-Version: 2022-11-28";
    lines[count] = NULL;
    return lines;
}

/* Bytes of the first `most` characters. */
static size_t characters(struct str text, size_t most)
{
    size_t at = 0;
    for (size_t count = 0; at < text.len; at++)
        if (((unsigned char)text.at[at] & 0xc0) != 0x80 && count++ == most)
            return at;
    return at;
}

struct str forge_description(struct arena *arena, struct str text)
{
    char *line = str_zero(arena, str_trim(text));
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    struct str whole = str_of(line);
    if (characters(whole, FORGE_DESCRIPTION_MOST) == whole.len)
        return whole;
    size_t end = characters(whole, FORGE_DESCRIPTION_MOST - 1), word = end;
    while (word > end / 2 && whole.at[word] != ' ')
        word--;
    if (word > end / 2)
        end = word;
    return str_of(arena_print(arena, "%.*s…", STR_ARGS(str_trim(str_until(whole, end)))));
}
