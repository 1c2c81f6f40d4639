/* Receipts and records of rescores. */
#include "grader/repeat/batch_receipt.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/repeat/receipts.h"
#include "grader/store/record.h"

static bool record_put(const struct grader *grader, struct store *store, const char *batch,
                       char sha256[SHA256_HEX], struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str record;
    return store_record_print(store, arena, batch, &record, why) &&
           artifacts_put(&grader->sealed, record, sha256, why);
}

bool batch_record_keep(const struct grader *grader, struct store *store, const char *batch,
                       struct fault *why)
{
    char sha256[SHA256_HEX];
    return record_put(grader, store, batch, sha256, why) &&
           store_record_set(store, batch, sha256, why);
}

bool batch_record_restore(const struct grader *grader, struct store *store, const char *batch,
                          const char *sha256, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char digest[SHA256_HEX];
    struct str bytes;
    const struct json *record;
    struct fault unread = { 0 };
    if (!artifacts_load(&grader->sealed, sha256, arena, RECORD_BYTES_MOST, &bytes, &unread))
        return fault_set(why, BLAME_OPEN, "its record is not there: %s", unread.text);
    sha256_of(bytes, digest);
    if (strcmp(digest, sha256) != 0)
        return fault_set(why, BLAME_OPEN, "its record is not what it was");
    if (!json_parse(arena, bytes, &record, &unread))
        return fault_set(why, BLAME_OPEN, "its record cannot be read: %s", unread.text);
    return store_record_restore(store, batch, record, why);
}

bool batch_record_find(const struct grader *grader, struct store *store, struct arena *arena,
                       const char *batch, struct str *out, struct fault *why)
{
    struct str bytes;
    const struct json *receipt;
    const char *path = arena_print(arena, "receipts/%s.json", batch);
    if (!store_record_find(store, arena, batch, out, why))
        return false;
    if (out->len || !file_exists(grader->state, path))
        return true;
    if (!file_load(arena, grader->state, path, RECEIPT_BYTES_MOST, &bytes, why) ||
        !json_parse(arena, bytes, &receipt, why))
        return fault_within(why, "%s", path);
    *out = json_get_text(receipt, "record", "");
    return true;
}

static bool renew(const struct grader *grader, struct store *store, const struct store_batch *batch,
                  struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char now[SHA256_HEX] = "";
    struct str old;
    bool goes_on = str_is(batch->state, "computing");
    if (!batch_record_find(grader, store, arena, batch->id.at, &old, why))
        return false;
    if (!sha256_is_hex(old) || (!goes_on && !record_put(grader, store, batch->id.at, now, why)))
        return !sha256_is_hex(old);
    if (str_is(old, now))
        return true;
    return store_record_set(store, batch->id.at, goes_on ? NULL : now, why) &&
           artifacts_delete(&grader->sealed, old.at, why);
}

bool batch_records_renew(const struct grader *grader, struct store *store, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_batch *batches;
    size_t count;
    bool ok = store_batch_list(store, arena, "", &batches, &count, why);
    for (size_t i = 0; ok && i < count; i++)
        ok = renew(grader, store, &batches[i], why);
    return ok;
}

/* Which runs got which results. */
static void results_print(struct json_out *out, const struct store_batch_row *rows, size_t count)
{
    json_open_list(out, "results");
    for (size_t i = 0; i < count; i++) {
        if (!str_is(rows[i].state, "done"))
            continue;
        json_open_map(out, NULL);
        json_add_text(out, "run", rows[i].run);
        json_add_text(out, "again", rows[i].again);
        json_add_text(out, "result", rows[i].result);
        json_close_map(out);
    }
    json_close_list(out);
}

static bool receipt_make(const struct batch_end *end, struct arena *arena, const char *head,
                         struct str *out, struct fault *why)
{
    const struct store_batch *batch = end->batch;
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    struct store_batch_row *rows;
    char record[SHA256_HEX];
    size_t count;
    if (!store_batch_rows(end->store, arena, batch->id.at, &rows, &count, why) ||
        !record_put(end->grader, end->store, batch->id.at, record, why))
        return false;
    json_open_map(&json, NULL);
    json_add_int(&json, "schema", 1);
    json_add_zero(&json, "previous", head);
    json_add_zero(&json, "kind", "batch");
    json_add_text(&json, "run", batch->id);
    json_add_text(&json, "task", batch->task);
    json_add_text(&json, "team", batch->team);
    json_add_text(&json, "version", batch->version);
    json_add_text(&json, "actor", end->actor);
    json_add_int(&json, "recorded_ms", end->at_ms);
    json_add_int(&json, "event", end->seq);
    json_add_zero(&json, "state", end->state);
    json_add_zero(&json, "record", record);
    results_print(&json, rows, count);
    json_close_map(&json);
    text_char(&text, '\n');
    *out = text_str(&text);
    return true;
}

bool batch_receipt_save(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    const struct batch_end *end = at;
    scoped_arena arena = arena_open(NULL);
    struct str receipt;
    if (!receipt_make(end, arena, head, &receipt, why))
        return false;
    sha256_of(receipt, digest);
    const char *path = arena_print(arena, "receipts/%s.json", end->batch->id.at);
    return file_save(end->grader->state, path, receipt, 0400, why);
}
