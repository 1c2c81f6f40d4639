/* What a replay left beside what the run had left: receipts, and predictions cell by cell. */
#include "grader/repeat/replay.h"
#include "core/base/json.h"
#include <math.h>

/* The rows found so far. */
struct found {
    struct arena *arena;
    struct store_replayed *rows;
    size_t count, room;
};

static void row_add(struct found *found, const struct store_replayed *row)
{
    if (found->count == found->room) {
        size_t more = found->room ? 2 * found->room : 64;
        found->rows =
            arena_grow(found->arena, found->rows, found->room * sizeof *row, more * sizeof *row);
        found->room = more;
    }
    found->rows[found->count++] = *row;
}

static const char *verdict_of(bool before, bool now, bool same)
{
    return !before ? "new" : !now ? "missing" : same ? "same" : "differs";
}

static void texts_compare(struct found *found, const char *step, const char *name,
                          struct str before, struct str now)
{
    row_add(found, &(struct store_replayed){ .step = step,
                                             .name = name,
                                             .verdict = str_equal(before, now) ? "same" : "differs",
                                             .before = str_zero(found->arena, before),
                                             .now = str_zero(found->arena, now),
                                             .largest = NAN });
}

/* A member as one text, whatever it is. */
static void member_print(struct text *text, const struct json *member)
{
    for (size_t i = 0; member && i < member->count; i++) {
        if (text->len)
            text_char(text, ' ');
        if (member->members[i].key.len)
            text_print(text, "%.*s=", STR_ARGS(member->members[i].key));
        member_print(text, &member->members[i]);
    }
    if (member && member->kind == JSON_TEXT)
        text_add(text, member->text);
    if (member && (member->kind == JSON_INT || member->kind == JSON_BOOL))
        text_print(text, "%lld", (long long)member->integer);
}

static struct str member_text(struct arena *arena, const struct json *receipt, const char *path)
{
    struct str rest = str_of(path), part;
    struct text text = { .arena = arena };
    const struct json *at = receipt;
    while (str_cut(&rest, '.', &part))
        at = json_get(at, str_zero(arena, part));
    member_print(&text, at);
    return text.len ? text_str(&text) : S("");
}

static void conditions_compare(struct found *found, const struct replay_pair *pair)
{
    static const char *const names[] = {
        "tree",      "manifest", "version",     "task_digest", "environment.sha256",
        "seeds",     "holdout",  "limits",      "threads",     "layers",
        "host.blas", "host.cpu", "host.kernel", "host.host",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        texts_compare(found, "conditions", names[i],
                      member_text(found->arena, pair->before, names[i]),
                      member_text(found->arena, pair->now, names[i]));
}

static const struct json *step_find(const struct json *receipt, const struct json *like)
{
    const struct json *steps = json_get(receipt, "steps");
    for (size_t i = 0; steps && i < steps->count; i++)
        if (str_equal(json_get_text(&steps->members[i], "name", ""),
                      json_get_text(like, "name", "")) &&
            json_get_int(&steps->members[i], "seed_at", 0) == json_get_int(like, "seed_at", 0))
            return &steps->members[i];
    return NULL;
}

static const struct json *artifact_find(const struct json *step, struct str path)
{
    const struct json *list = json_get(step, "artifacts");
    for (size_t i = 0; list && i < list->count; i++)
        if (str_equal(json_get_text(&list->members[i], "path", ""), path))
            return &list->members[i];
    return NULL;
}

static const char *bytes_of(struct arena *arena, const struct json *artifact)
{
    return artifact
               ? arena_print(arena, "%lld bytes", (long long)json_get_int(artifact, "bytes", 0))
               : "";
}

static void artifact_compare(struct found *found, const struct json *step,
                             const struct json *before, const struct json *now)
{
    const struct json *either = before ? before : now;
    bool same = str_equal(json_get_text(before, "sha256", ""), json_get_text(now, "sha256", ""));
    row_add(found,
            &(struct store_replayed){ .step = json_get_text(step, "name", "").at,
                                      .seed_at = (int)json_get_int(step, "seed_at", 0),
                                      .name = json_get_text(either, "path", "").at,
                                      .verdict = verdict_of(before != NULL, now != NULL, same),
                                      .before = bytes_of(found->arena, before),
                                      .now = bytes_of(found->arena, now),
                                      .largest = NAN });
}

static void step_compare(struct found *found, const struct json *before, const struct json *now)
{
    const struct json *either = before ? before : now;
    const struct json *old = json_get(before, "artifacts"), *fresh = json_get(now, "artifacts");
    struct str old_verdict = json_get_text(before, "verdict", "");
    struct str verdict = json_get_text(now, "verdict", "");
    row_add(found, &(struct store_replayed){ .step = json_get_text(either, "name", "").at,
                                             .seed_at = (int)json_get_int(either, "seed_at", 0),
                                             .name = "verdict",
                                             .verdict = verdict_of(before != NULL, now != NULL,
                                                                   str_equal(old_verdict, verdict)),
                                             .before = str_zero(found->arena, old_verdict),
                                             .now = str_zero(found->arena, verdict),
                                             .largest = NAN });
    for (size_t i = 0; old && i < old->count; i++)
        artifact_compare(found, either, &old->members[i],
                         artifact_find(now, json_get_text(&old->members[i], "path", "")));
    for (size_t i = 0; fresh && i < fresh->count; i++)
        if (!artifact_find(before, json_get_text(&fresh->members[i], "path", "")))
            artifact_compare(found, either, NULL, &fresh->members[i]);
}

/* record and announce are about keeping the result, and come after it. */
static bool is_compared(const struct json *step)
{
    struct str name = json_get_text(step, "name", "");
    return !str_is(name, "record") && !str_is(name, "announce");
}

static void steps_compare(struct found *found, const struct replay_pair *pair)
{
    const struct json *old = json_get(pair->before, "steps"), *now = json_get(pair->now, "steps");
    for (size_t i = 0; old && i < old->count; i++)
        if (is_compared(&old->members[i]))
            step_compare(found, &old->members[i], step_find(pair->now, &old->members[i]));
    for (size_t i = 0; now && i < now->count; i++)
        if (is_compared(&now->members[i]) && !step_find(pair->before, &now->members[i]))
            step_compare(found, NULL, &now->members[i]);
}

/* Cells of one line that differ. */
static void line_compare(struct store_replayed *row, struct str before, struct str now)
{
    struct str a, b;
    for (;;) {
        bool more = str_cut(&before, ',', &a), too = str_cut(&now, ',', &b);
        if (!more && !too)
            return;
        if (!more || !too) {
            row->cells++;
            continue;
        }
        double left, right;
        if (str_equal(a, b))
            continue;
        row->cells++;
        if (str_to_double(a, &left) && str_to_double(b, &right))
            row->largest = fmax(isnan(row->largest) ? 0 : row->largest, fabs(left - right));
    }
}

static void cells_compare(struct store_replayed *row, struct str before, struct str now)
{
    struct str a, b;
    for (;;) {
        bool more = str_cut(&before, '\n', &a), too = str_cut(&now, '\n', &b);
        if (!more && !too)
            return;
        line_compare(row, more ? a : S(""), too ? b : S(""));
    }
}

static struct str digest_at(const struct json *list, size_t at)
{
    bool there = list && at < list->count && list->members[at].kind == JSON_TEXT;
    return there ? list->members[at].text : S("");
}

static void predictions_compare(struct found *found, const struct replay_pair *pair)
{
    const struct json *old = json_get(pair->before, "predictions");
    const struct json *fresh = json_get(pair->now, "predictions");
    size_t count = old ? old->count : 0;
    if (fresh && fresh->count > count)
        count = fresh->count;
    for (size_t i = 0; i < count; i++) {
        scoped_arena arena = arena_open(NULL);
        struct str before = digest_at(old, i), now = digest_at(fresh, i), old_csv, csv;
        struct store_replayed row = { .step = "predictions",
                                      .seed_at = (int)i + 1,
                                      .name = "held-out rows",
                                      .before = "",
                                      .now = "",
                                      .largest = NAN };
        row.verdict = verdict_of(before.len > 0, now.len > 0, str_equal(before, now));
        if (strcmp(row.verdict, "differs") == 0 && pair->load(pair->at, arena, before, &old_csv) &&
            pair->load(pair->at, arena, now, &csv))
            cells_compare(&row, old_csv, csv);
        row_add(found, &row);
    }
}

void replay_compare(struct arena *arena, const struct replay_pair *pair,
                    struct store_replayed **rows, size_t *count)
{
    struct found found = { .arena = arena };
    conditions_compare(&found, pair);
    texts_compare(&found, "end", "state", json_get_text(pair->before, "state", ""),
                  json_get_text(pair->now, "state", ""));
    steps_compare(&found, pair);
    predictions_compare(&found, pair);
    *rows = found.rows;
    *count = found.count;
}
