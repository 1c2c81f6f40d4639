/* What parent and child of a fetch say to each other. */
#include "grader/source/fetch_words.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "grader/source/shown.h"
#include <limits.h>

#define TEXT_BYTES_MOST 300
#define REF_NAME_BYTES_MOST 250
#define PERSON_BYTES_MOST 200

static const char *const state_names[] = {
    "ok", "unreachable", "refused", "empty", "too_big", "vanished", "denied",
};
static const char *const kind_names[] = { "new", "moved", "forced", "deleted", "tag_moved" };

const char *fetch_state_name(enum fetch_state state)
{
    return state_names[state];
}

static int word_at(struct str word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (str_is(word, words[i]))
            return i;
    return -1;
}

struct str fetch_request_print(struct arena *arena, const struct fetch_request *request)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_text(&out, "url", request->address.text);
    json_add_bool(&out, "allow_private", request->allow_private);
    json_add_bool(&out, "look_only", request->look_only);
    json_add_bool(&out, "forget", request->forget);
    json_add_bool(&out, "people", request->people);
    json_add_zero(&out, "want", request->want);
    json_add_int(&out, "most_bytes", (int64_t)request->most_bytes);
    json_add_int(&out, "deadline_ms", request->deadline_ms);
    json_add_int(&out, "idle_ms", request->idle_ms);
    json_close_map(&out);
    return text_str(&text);
}

bool fetch_request_parse(struct arena *arena, struct str bytes, struct fetch_request *out,
                         struct fault *why)
{
    const struct json *json;
    if (!json_parse(arena, bytes, &json, why))
        return false;
    *out = (struct fetch_request){ .repository = -1, .secrets = -1 };
    if (!address_parse(arena, json_get_text(json, "url", ""), &out->address, why))
        return false;
    struct str want = json_get_text(json, "want", "");
    int64_t most = json_get_int(json, "most_bytes", 0);
    int64_t deadline = json_get_int(json, "deadline_ms", 0);
    int64_t idle = json_get_int(json, "idle_ms", 0);
    if ((want.len && !git_id_check(want)) || most < 1 || deadline < 1 || deadline > INT_MAX ||
        idle < 1 || idle > INT_MAX)
        return fault_set(why, BLAME_SYSTEM, "the fetch request was malformed");
    out->allow_private = json_get_bool(json, "allow_private", false);
    out->look_only = json_get_bool(json, "look_only", false);
    out->forget = json_get_bool(json, "forget", false);
    out->people = json_get_bool(json, "people", false);
    out->want = want.len ? want.at : NULL;
    out->most_bytes = (uint64_t)most;
    out->deadline_ms = (int)deadline;
    out->idle_ms = (int)idle;
    return true;
}

static void print_person(struct json_out *out, const char *key, struct str person)
{
    if (person.len)
        json_add_text(out, key, shown_text(out->text->arena, person, PERSON_BYTES_MOST));
}

static void print_refs(struct json_out *out, const struct git_refs *refs)
{
    json_open_list(out, "refs");
    for (size_t i = 0; i < refs->count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "name", refs->at[i].name);
        json_add_zero(out, "commit", refs->at[i].id);
        print_person(out, "author", refs->at[i].author);
        print_person(out, "committer", refs->at[i].committer);
        json_close_map(out);
    }
    json_close_list(out);
}

struct str fetch_result_print(struct arena *arena, const struct fetch_result *result)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "state", state_names[result->state]);
    json_add_text(&out, "text", shown_text(arena, result->text, TEXT_BYTES_MOST));
    json_add_zero(&out, "seen", result->seen);
    print_refs(&out, &result->refs);
    json_open_list(&out, "changes");
    for (size_t i = 0; i < result->change_count; i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "kind", kind_names[result->changes[i].kind]);
        json_add_text(&out, "name", result->changes[i].name);
        json_add_zero(&out, "from", result->changes[i].from);
        json_add_zero(&out, "to", result->changes[i].to);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

struct str fetch_fault_print(struct arena *arena, const struct fault *fault)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_text(&out, "fault", shown_text(arena, str_of(fault->text), TEXT_BYTES_MOST));
    json_add_bool(&out, "passing", fault->blame == BLAME_PASSING);
    json_close_map(&out);
    return text_str(&text);
}

/* As git has it: no control character, blank, or one of ~^:?*[\, no "..", "//", "@{", no part
 * that starts with a dot. */
bool fetch_ref_check(struct str name)
{
    if (!str_starts(name, S("refs/heads/")) && !str_starts(name, S("refs/tags/")))
        return false;
    if (name.len > REF_NAME_BYTES_MOST || !str_is_utf8(name) || strchr("/.", name.at[name.len - 1]))
        return false;
    for (size_t i = 1; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        bool doubled = strchr("/.", c) && name.at[i - 1] == '/';
        bool dots = c == '.' && name.at[i - 1] == '.';
        if (c <= 0x20 || c == 0x7f || strchr("~^:?*[\\", c) || doubled || dots ||
            (c == '{' && name.at[i - 1] == '@'))
            return false;
    }
    return true;
}

static bool parse_id(struct str text, bool may_miss, char out[GIT_ID_TEXT])
{
    if (text.len == 0 && may_miss)
        return true;
    if (!git_id_check(text))
        return false;
    memcpy(out, text.at, GIT_ID_TEXT - 1);
    return true;
}

static const struct json *list_of(const struct json *json, const char *key, size_t most)
{
    const struct json *list = json_get(json, key);
    return list && list->kind == JSON_LIST && list->count <= most ? list : NULL;
}

static bool parse_refs(struct arena *arena, const struct json *json, struct git_refs *out)
{
    const struct json *list = list_of(json, "refs", FETCH_REFS_MOST);
    if (!list)
        return false;
    *out = (struct git_refs){ arena_array(arena, struct git_ref, list->count), list->count };
    for (size_t i = 0; i < list->count; i++) {
        struct git_ref *ref = &out->at[i];
        ref->name = json_get_text(&list->members[i], "name", "");
        ref->author =
            shown_text(arena, json_get_text(&list->members[i], "author", ""), PERSON_BYTES_MOST);
        ref->committer =
            shown_text(arena, json_get_text(&list->members[i], "committer", ""), PERSON_BYTES_MOST);
        if (!fetch_ref_check(ref->name) ||
            !parse_id(json_get_text(&list->members[i], "commit", ""), false, ref->id) ||
            (i > 0 && str_order(out->at[i - 1].name, ref->name) >= 0))
            return false;
    }
    return true;
}

static bool parse_changes(struct arena *arena, const struct json *json, struct fetch_result *out)
{
    const struct json *list = list_of(json, "changes", FETCH_CHANGES_MOST);
    if (!list)
        return false;
    struct fetch_change *changes = arena_array(arena, struct fetch_change, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct json *from = &list->members[i];
        int kind = word_at(json_get_text(from, "kind", ""), kind_names, FETCH_TAG_MOVED + 1);
        changes[i].name = json_get_text(from, "name", "");
        if (kind < 0 || !fetch_ref_check(changes[i].name) ||
            !parse_id(json_get_text(from, "from", ""), true, changes[i].from) ||
            !parse_id(json_get_text(from, "to", ""), true, changes[i].to))
            return false;
        changes[i].kind = (enum fetch_change_kind)kind;
    }
    out->changes = changes;
    out->change_count = list->count;
    return true;
}

bool fetch_result_parse(struct arena *arena, struct str bytes, struct fetch_result *out,
                        struct fault *why)
{
    const struct json *json;
    *out = (struct fetch_result){ .state = FETCH_UNREACHABLE };
    if (bytes.len > FETCH_RESULT_BYTES_MOST || !json_parse(arena, bytes, &json, why))
        return fault_set(why, BLAME_SYSTEM, "the fetch process gave no readable result");
    struct str fault = shown_text(arena, json_get_text(json, "fault", ""), TEXT_BYTES_MOST);
    if (fault.len > 0)
        return fault_set(why, json_get_bool(json, "passing", false) ? BLAME_PASSING : BLAME_SYSTEM,
                         "fetch process: %.*s", STR_ARGS(fault));
    int state = word_at(json_get_text(json, "state", ""), state_names, FETCH_DENIED + 1);
    if (state < 0 || !parse_refs(arena, json, &out->refs) || !parse_changes(arena, json, out)) {
        *out = (struct fetch_result){ .state = FETCH_UNREACHABLE };
        return fault_set(why, BLAME_SYSTEM, "the fetch process gave a malformed result");
    }
    struct str seen = json_get_text(json, "seen", "");
    if (sha256_is_hex(seen))
        memcpy(out->seen, seen.at, sizeof out->seen);
    out->state = (enum fetch_state)state;
    out->text = shown_text(arena, json_get_text(json, "text", ""), TEXT_BYTES_MOST);
    return true;
}

const struct git_ref *fetch_find(const struct fetch_result *result, struct str name)
{
    const struct str within[] = { S(""), S("refs/heads/"), S("refs/tags/") };
    for (size_t w = 0; w < sizeof within / sizeof *within; w++)
        for (size_t i = 0; i < result->refs.count; i++) {
            struct str ref = result->refs.at[i].name;
            if (str_starts(ref, within[w]) && str_equal(str_from(ref, within[w].len), name))
                return &result->refs.at[i];
        }
    for (size_t i = 0; i < result->refs.count; i++)
        if (str_is(name, result->refs.at[i].id))
            return &result->refs.at[i];
    return NULL;
}

struct str fetch_change_print(struct arena *arena, const struct fetch_change *change)
{
    bool tag = str_starts(change->name, S("refs/tags/"));
    struct str name = str_from(change->name, tag ? 10 : 11);
    struct text text = { .arena = arena };
    text_print(&text, "%s %.*s ", tag ? "tag" : "branch", STR_ARGS(name));
    switch (change->kind) {
    case FETCH_NEW:
        text_print(&text, "is new at %.7s", change->to);
        break;
    case FETCH_MOVED:
        text_print(&text, "moved on to %.7s", change->to);
        break;
    case FETCH_FORCED:
        text_print(&text,
                   "was force-pushed to %.7s: %.7s is no longer part of it, its results stay",
                   change->to, change->from);
        break;
    case FETCH_DELETED:
        text_print(&text, "was deleted, the results of %.7s stay", change->from);
        break;
    case FETCH_TAG_MOVED:
        text_print(&text, "was moved from %.7s to %.7s, earlier results stay with the old commit",
                   change->from, change->to);
        break;
    }
    return text_str(&text);
}
