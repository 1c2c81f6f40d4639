/* YAML: the only file that includes libfyaml.h. Events in, arena nodes out; refusals here. */
#include "core/base/yaml.h"
#include <libfyaml.h>
#include <stdio.h>

#define MEMBERS_MOST 2000 /* bounds the search for duplicate keys */

struct reader {
    struct arena *arena;
    const char *file;
    struct complaints *to;
    struct fy_parser *parser;
    struct fy_diag *diag;
    int line; /* of the last event that had one */
};

/* ---- events ---- */

/* libfyaml's own words for what it could not read; its first error is the cause of the others. */
static void complain_syntax(struct reader *reader)
{
    void *at = NULL;
    struct fy_diag_error *error = fy_diag_errors_iterate(reader->diag, &at);
    if (error && error->msg && error->msg[0])
        complain(reader->to, reader->file, error->line > 0 ? error->line : reader->line,
                 "not readable as YAML: %s", error->msg);
    else
        complain(reader->to, reader->file, reader->line, "not readable as YAML");
}

/* The caller frees it with fy_parser_event_free; NULL at the end or after a complaint. */
static struct fy_event *event_next(struct reader *reader)
{
    struct fy_event *event = fy_parser_parse(reader->parser);
    if (!event) {
        if (fy_parser_get_stream_error(reader->parser))
            complain_syntax(reader);
        return NULL;
    }
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark)
        reader->line = mark->line + 1;
    return event;
}

static bool refuse(struct reader *reader, const char *what)
{
    complain(reader->to, reader->file, reader->line, "%s", what);
    return false;
}

static bool anchors_check(struct reader *reader, struct fy_token *anchor, struct fy_token *tag)
{
    if (anchor)
        return refuse(reader, "found an anchor (&name): write the value out at each place");
    if (tag)
        return refuse(reader, "found a tag (!name): plain values only");
    return true;
}

/* ---- nodes ---- */

static bool is_null_word(struct str text)
{
    return str_is(text, "~") || str_is(text, "null");
}

static bool scalar_read(struct reader *reader, struct fy_event *event, struct yaml *out)
{
    size_t len = 0;
    const char *at = fy_token_get_text(event->scalar.value, &len);
    if (!anchors_check(reader, event->scalar.anchor, event->scalar.tag))
        return false;
    struct str text = { at ? at : "", at ? len : 0 };
    if (text.len && memchr(text.at, 0, text.len))
        return refuse(reader, "found a zero byte in a text");
    out->kind = YAML_SCALAR;
    out->quoted = event->scalar.value && fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN;
    out->text = str_keep(reader->arena, !out->quoted && is_null_word(text) ? S("") : text);
    return true;
}

/* Room for one more of *members; the array doubles. */
static struct yaml *member_add(struct reader *reader, struct yaml **members, size_t *count)
{
    size_t room = *count < 4 ? 4 : *count;
    bool full = *count == 0 || (*count >= 4 && (*count & (*count - 1)) == 0);
    if (full)
        *members = arena_grow(reader->arena, *members, *count * sizeof **members,
                              (*count ? 2 * room : room) * sizeof **members);
    return &(*members)[(*count)++];
}

static bool key_read(struct reader *reader, struct fy_event *event, struct yaml *out)
{
    struct yaml key = { 0 };
    if (event->type != FYET_SCALAR)
        return refuse(reader, "found a key that is not a word");
    if (!scalar_read(reader, event, &key))
        return false;
    if (key.text.len == 0)
        return refuse(reader, "found an empty key");
    out->key = key.text;
    out->key_line = reader->line;
    return true;
}

/* A doubled key is a complaint, the first value stays and the rest of the file is still read. */
static bool is_doubled(struct reader *reader, const struct yaml *members, size_t count,
                       const struct yaml *member)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(members[i].key, member->key)) {
            complain(reader->to, reader->file, member->key_line,
                     "key \"%.*s\" was given twice, first in line %d", STR_ARGS(member->key),
                     members[i].key_line);
            return true;
        }
    return false;
}

static bool node_read(struct reader *reader, struct fy_event *event, int depth, struct yaml *out);

/* Events up to the end of a map or a list become *out's members. */
static bool members_read(struct reader *reader, bool map, int depth, struct yaml *out)
{
    struct yaml *members = NULL;
    size_t count = 0;
    for (;;) {
        struct fy_event *event = event_next(reader);
        if (!event)
            return false;
        bool end = event->type == (map ? FYET_MAPPING_END : FYET_SEQUENCE_END);
        struct yaml member = { 0 };
        bool fine = end || !map || key_read(reader, event, &member);
        bool doubled = fine && !end && map && is_doubled(reader, members, count, &member);
        if (fine && !end && map) {
            fy_parser_event_free(reader->parser, event);
            event = event_next(reader);
        }
        fine = fine && event && (end || node_read(reader, event, depth, &member));
        if (event)
            fy_parser_event_free(reader->parser, event);
        if (!fine)
            return false;
        if (end)
            break;
        if (count == MEMBERS_MOST)
            return refuse(reader, "found more than 2000 members in one map or list");
        if (!doubled)
            *member_add(reader, &members, &count) = member;
    }
    out->members = members;
    out->count = count;
    return true;
}

static bool node_read(struct reader *reader, struct fy_event *event, int depth, struct yaml *out)
{
    bool map = event->type == FYET_MAPPING_START;
    out->line = reader->line;
    if (event->type == FYET_SCALAR)
        return scalar_read(reader, event, out);
    if (event->type == FYET_ALIAS)
        return refuse(reader, "found an alias (*name): write the value out at each place");
    if (!map && event->type != FYET_SEQUENCE_START)
        return refuse(reader, "not readable as YAML");
    if (depth == YAML_DEPTH_MOST)
        return refuse(reader, "nested deeper than 8 levels");
    if (!(map ? anchors_check(reader, event->mapping_start.anchor, event->mapping_start.tag)
              : anchors_check(reader, event->sequence_start.anchor, event->sequence_start.tag)))
        return false;
    out->kind = map ? YAML_MAP : YAML_LIST;
    return members_read(reader, map, depth + 1, out);
}

/* ---- documents ---- */

/* The stream's one document; *out stays NULL when there is none. */
static bool stream_read(struct reader *reader, struct yaml **out)
{
    struct fy_event *event;
    while ((event = event_next(reader))) {
        bool fine = true;
        enum fy_event_type type = event->type;
        if (type == FYET_DOCUMENT_START && *out)
            fine = refuse(reader, "found a second document (---): one file holds one");
        if (type >= FYET_MAPPING_START || type == FYET_SCALAR || type == FYET_ALIAS ||
            type == FYET_SEQUENCE_START) {
            *out = arena_new(reader->arena, struct yaml);
            fine = node_read(reader, event, 0, *out);
        }
        fy_parser_event_free(reader->parser, event);
        if (!fine)
            return false;
        if (type == FYET_STREAM_END)
            break;
    }
    return !fy_parser_get_stream_error(reader->parser);
}

static const struct yaml *text_read(struct reader *reader, struct str bytes)
{
    struct yaml *root = NULL;
    size_t before = reader->to->count;
    if (fy_parser_set_string(reader->parser, bytes.at, bytes.len) == 0 &&
        stream_read(reader, &root) && root)
        return root;
    if (reader->to->count == before)
        complain(reader->to, reader->file, 0, root ? "not readable as YAML" : "the file was empty");
    return NULL;
}

/* libfyaml takes control characters, which YAML forbids, in some places. */
static bool bytes_check(const char *file, struct str bytes, struct complaints *to)
{
    int line = 1;
    if (bytes.len > YAML_BYTES_MOST) {
        complain(to, file, 0, "found %zu bytes, allowed are %d", bytes.len, YAML_BYTES_MOST);
        return false;
    }
    if (!str_is_utf8(bytes)) {
        complain(to, file, 0, "found bytes that are not UTF-8 text");
        return false;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.at[i];
        line += c == '\n';
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) {
            complain(to, file, line, "found a control character (0x%02x)", c);
            return false;
        }
    }
    return true;
}

const struct yaml *yaml_parse(struct arena *arena, const char *file, struct str bytes,
                              struct complaints *to)
{
    if (!bytes_check(file, bytes, to))
        return NULL;
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&quiet);
    if (!diag) {
        complain(to, file, 0, "the YAML reader could not start");
        return NULL;
    }
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg settings = { .search_path = "", .flags = FYPCF_QUIET, .diag = diag };
    struct reader reader = { .arena = arena, .file = file, .to = to, .diag = diag, .line = 1 };
    reader.parser = fy_parser_create(&settings);
    const struct yaml *root = NULL;
    if (reader.parser)
        root = text_read(&reader, bytes);
    else
        complain(to, file, 0, "the YAML reader could not start");
    fy_parser_destroy(reader.parser);
    fy_diag_destroy(diag);
    return root;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_is(map->members[i].key, key))
            return &map->members[i];
    return NULL;
}

bool yaml_want(const struct yaml *node, enum yaml_kind kind, const char *file, const char *what,
               struct complaints *to)
{
    static const char *const words[] = { "one value", "a map", "a list" };
    if (node->kind == kind)
        return true;
    complain(to, file, node->line, "%s was %s, must be %s", what, words[node->kind], words[kind]);
    return false;
}
