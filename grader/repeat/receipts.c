/* Reading the receipts and walking their chain, from the newest to the first. */
#include "grader/repeat/receipts.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEARCHED_MOST 5000 /* receipts, among which an end is looked for */

static void link_parse(struct arena *arena, struct str bytes, struct receipt_link *out)
{
    const struct json *receipt;
    struct fault ignored = { 0 };
    if (!json_parse(arena, bytes, &receipt, &ignored))
        return;
    out->previous = json_get_text(receipt, "previous", "");
    out->kind = json_get_text(receipt, "kind", "run");
    out->run = json_get_text(receipt, "run", "");
    out->team = json_get_text(receipt, "team", "");
    out->state = json_get_text(receipt, "state", "");
    out->recorded_ms = json_get_int(receipt, "recorded_ms", 0);
}

static struct str kept(struct arena *arena, struct str text)
{
    return str_keep(arena, text.at ? text : S(""));
}

/* A receipt that says it is erased is what the inbox says it was, or just a changed file. */
static void erased_take(const struct receipts_source *source, struct str bytes,
                        struct receipt_link *link)
{
    const struct erased_receipt *was = erased_find(source->erased, link->run);
    scoped_arena arena = arena_open(NULL);
    if (!was || !str_starts(str_of(link->file), was->run) ||
        !str_equal(erased_print(arena, was, link->recorded_ms), bytes) ||
        !sha256_is_hex(was->sha256))
        return;
    link->erased = true;
    memcpy(link->sha256, was->sha256.at, SHA256_HEX);
}

static bool link_read(struct arena *arena, const struct receipts_source *source, const char *name,
                      struct receipt_link *out, struct fault *why)
{
    scoped_arena own = arena_open(NULL);
    struct str bytes;
    struct receipt_link link = { .previous = S("") };
    if (!file_load(own, source->dir, name, RECEIPT_BYTES_MOST, &bytes, why))
        return false;
    link_parse(own, bytes, &link);
    *out = (struct receipt_link){ .file = str_zero(arena, str_of(name)),
                                  .previous = kept(arena, link.previous),
                                  .kind = kept(arena, link.kind),
                                  .run = kept(arena, link.run),
                                  .team = kept(arena, link.team),
                                  .state = kept(arena, link.state),
                                  .recorded_ms = link.recorded_ms };
    sha256_of(bytes, out->sha256);
    if (str_is(out->kind, "erased"))
        erased_take(source, bytes, out);
    return true;
}

static bool is_receipt(const char *name)
{
    return name[0] != '.' && str_ends(str_of(name), S(".json"));
}

static bool links_read(struct arena *arena, const struct receipts_source *source,
                       struct receipts *out, struct fault *why)
{
    size_t room = 0;
    int own = dup(source->dir);
    DIR *entries = own >= 0 ? fdopendir(own) : NULL;
    bool ok = entries != NULL || fault_errno(why, "receipts");
    if (entries)
        rewinddir(entries);
    for (struct dirent *entry; ok && (entry = readdir(entries));) {
        if (!is_receipt(entry->d_name))
            continue;
        if (out->count == room) {
            size_t more = room ? 2 * room : 64;
            out->links =
                arena_grow(arena, out->links, room * sizeof *out->links, more * sizeof *out->links);
            room = more;
        }
        ok = link_read(arena, source, entry->d_name, &out->links[out->count], why);
        out->erased += ok && out->links[out->count].erased;
        out->count += ok;
    }
    if (entries)
        closedir(entries);
    return ok;
}

static int by_digest(const void *a, const void *b)
{
    return strcmp(((const struct receipt_link *)a)->sha256,
                  ((const struct receipt_link *)b)->sha256);
}

static struct receipt_link *find(const struct receipts *all, struct str sha256)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_order(str_of(all->links[middle].sha256), sha256);
        if (order == 0)
            return &all->links[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct receipt_link *by_run(const struct receipts *all, struct str run)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_starts(str_of(all->links[i].file), run) && !all->links[i].place)
            return &all->links[i];
    return NULL;
}

/* The only file outside of the chain that no other names: what the missing one has become. */
static struct receipt_link *only_end(const struct receipts *all)
{
    struct receipt_link *found = NULL;
    for (size_t i = 0; i < all->count && all->count <= SEARCHED_MOST; i++) {
        bool named = all->links[i].place != 0;
        for (size_t k = 0; k < all->count && !named; k++)
            named = str_is(all->links[k].previous, all->links[i].sha256);
        if (named)
            continue;
        if (found)
            return NULL;
        found = &all->links[i];
    }
    return found;
}

static struct receipt_link *broken(struct arena *arena, const struct receipts_source *source,
                                   struct receipts *all, const char *after, struct str wanted)
{
    struct str run = source->run_of ? source->run_of(source->at, arena, wanted) : S("");
    struct receipt_link *instead = run.len ? by_run(all, run) : only_end(all);
    struct receipt_break *at = &all->breaks[all->break_count++];
    *at = (struct receipt_break){ .after = after,
                                  .wanted = str_keep(arena, wanted),
                                  .instead = instead ? instead->file : "" };
    return instead;
}

/* The chained ones first, the newest in front. */
static int by_chain(const void *a, const void *b)
{
    const struct receipt_link *left = a, *right = b;
    if (left->place && right->place)
        return left->place < right->place ? -1 : 1;
    if (left->place || right->place)
        return left->place ? -1 : 1;
    return strcmp(left->file, right->file);
}

bool receipts_read(struct arena *arena, const struct receipts_source *source, struct receipts *out,
                   struct fault *why)
{
    *out = (struct receipts){ .count = 0 };
    if (!links_read(arena, source, out, why))
        return false;
    qsort(out->links, out->count, sizeof *out->links, by_digest);
    out->breaks = arena_array(arena, struct receipt_break, out->count + 1);
    struct str wanted = source->head;
    const char *after = "";
    while (wanted.len) {
        struct receipt_link *link = find(out, wanted);
        if (link && link->place)
            break; /* digests cannot lead in a circle; a changed file's words can */
        if (!link)
            link = broken(arena, source, out, after, wanted);
        if (!link)
            break;
        link->place = ++out->chained;
        after = link->file;
        wanted = link->previous;
    }
    for (size_t i = 0; i < out->break_count / 2; i++) {
        struct receipt_break other = out->breaks[i];
        out->breaks[i] = out->breaks[out->break_count - 1 - i];
        out->breaks[out->break_count - 1 - i] = other;
    }
    qsort(out->links, out->count, sizeof *out->links, by_chain);
    return true;
}
