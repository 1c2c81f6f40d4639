/* Erasing: which events and receipts are the team's, and what takes their place. */
#include "core/base/file.h"
#include "grader/repeat/receipts.h"
#include "grader/tidy/erase_parts.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void seq_add(struct erasing *erasing, struct erase_events *to, int64_t seq, size_t *room)
{
    if (to->count == *room) {
        size_t more = *room ? 2 * *room : 256;
        to->seqs =
            arena_grow(erasing->arena, to->seqs, *room * sizeof *to->seqs, more * sizeof *to->seqs);
        *room = more;
    }
    to->seqs[to->count++] = seq;
}

static bool has_seq(const struct erase_events *of, int64_t seq)
{
    size_t low = 0, high = of->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (of->seqs[middle] == seq)
            return true;
        if (of->seqs[middle] < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* A complaint about the course's files that names the team or somebody of it. */
static bool names_it(const struct erasing *erasing, struct str text)
{
    for (size_t i = 0; i < erasing->word_count; i++)
        if (memmem(text.at, text.len, erasing->words[i].at, erasing->words[i].len))
            return true;
    return false;
}

static bool is_ours(const struct erasing *erasing, const struct erase_events *before,
                    const struct event *event, const struct json *body)
{
    if (str_is(json_get_text(body, "team", ""), erasing->team))
        return true;
    if (marks_has(&erasing->run_set, json_get_text(body, "run", "")) ||
        marks_has(&erasing->run_set, json_get_text(body, "batch", "")))
        return true;
    if (str_is(event->kind, "refusal") || str_is(event->kind, "submit"))
        return has_seq(before, json_get_int(body, "request", 0));
    return str_is(event->kind, "course_fault") && names_it(erasing, event->body);
}

bool erase_events_find(struct erasing *erasing, struct erase_events *out, struct fault *why)
{
    size_t room = 0;
    struct event event = { .seq = 0 };
    *out = (struct erase_events){ 0 };
    for (;;) {
        scoped_arena arena = arena_open(NULL);
        const struct json *body;
        struct fault ignored = { 0 };
        bool found;
        int64_t seq = event.seq;
        if (!inbox_next(erasing->inbox, arena, seq, &event, &found, why))
            return false;
        if (!found)
            return true;
        if (!json_parse(arena, event.body, &body, &ignored) || json_get(body, "erased") ||
            !is_ours(erasing, out, &event, body))
            continue;
        seq_add(erasing, out, event.seq, &room);
        out->marks += str_is(event.kind, "mark");
    }
}

/* ---- receipts ---- */

static bool receipt_print(int dir, struct str run, struct json_out *out, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char name[ULID_TEXT + 8], sha256[SHA256_HEX];
    struct str bytes;
    const struct json *receipt = NULL;
    struct fault ignored = { 0 };
    snprintf(name, sizeof name, "%.26s.json", run.at);
    if (!file_exists(dir, name))
        return true;
    if (!file_load(arena, dir, name, RECEIPT_BYTES_MOST, &bytes, why))
        return false;
    json_parse(arena, bytes, &receipt, &ignored); /* a damaged one names none before it */
    sha256_of(bytes, sha256);
    json_open_map(out, NULL);
    json_add_text(out, "run", run);
    json_add_zero(out, "sha256", sha256);
    json_add_text(out, "previous", json_get_text(receipt, "previous", ""));
    json_close_map(out);
    return true;
}

bool erase_inbox(struct erasing *erasing, const struct erase_events *events, int64_t now_ms,
                 struct fault *why)
{
    struct text body = { .arena = erasing->arena };
    struct json_out out = { .text = &body };
    scoped(fd) int dir = dir_open(erasing->state, "receipts", why);
    if (dir < 0)
        return false;
    json_open_map(&out, NULL);
    json_add_int(&out, "erase", erasing->seq);
    json_open_list(&out, "receipts");
    for (size_t i = 0; i < erasing->run_count; i++)
        if (!receipt_print(dir, erasing->runs[i], &out, why))
            return false;
    json_close_list(&out);
    json_close_map(&out);
    struct event_new event = { .kind = "erased",
                               .actor = "grader",
                               .once = arena_print(erasing->arena, "erased %lld",
                                                   (long long)erasing->seq),
                               .body = text_str(&body),
                               .at_ms = now_ms };
    return inbox_erase(erasing->inbox, &event, events->seqs, events->count, why);
}

/* Only what still is what the inbox says; what has been replaced already is not. */
static bool receipt_replace(struct erasing *erasing, const struct erased_receipt *was,
                            struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str bytes;
    const struct json *receipt = NULL;
    struct fault ignored = { 0 };
    char sha256[SHA256_HEX];
    const char *path = arena_print(arena, "receipts/%.26s.json", was->run.at);
    if (!file_exists(erasing->state, path))
        return true;
    if (!file_load(arena, erasing->state, path, RECEIPT_BYTES_MOST, &bytes, why))
        return false;
    sha256_of(bytes, sha256);
    if (!str_is(was->sha256, sha256))
        return true;
    json_parse(arena, bytes, &receipt, &ignored);
    int64_t recorded_ms = json_get_int(receipt, "recorded_ms", 0);
    return file_save(erasing->state, path, erased_print(arena, was, recorded_ms), 0400, why);
}

/* What a writer that was killed left beside them. */
static bool receipts_tidy(struct erasing *erasing, struct fault *why)
{
    scoped(fd) int dir = dir_open(erasing->state, "receipts", why);
    int own = dir >= 0 ? dup(dir) : -1;
    DIR *entries = own >= 0 ? fdopendir(own) : NULL;
    if (!entries)
        return fault_errno(why, "receipts");
    for (struct dirent *one; (one = readdir(entries));) {
        struct str name = str_of(one->d_name);
        if (str_ends(name, S(".new")) &&
            marks_has(&erasing->run_set, str_until(name, ULID_TEXT - 1)))
            unlinkat(dir, one->d_name, 0);
    }
    closedir(entries);
    return true;
}

bool erase_receipts(struct erasing *erasing, struct fault *why)
{
    struct erased_list list;
    if (!erased_load(erasing->arena, erasing->inbox, &list, why) || !receipts_tidy(erasing, why))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!receipt_replace(erasing, &list.at[i], why))
            return false;
    return true;
}
