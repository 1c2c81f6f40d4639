/* The rebuild: which receipts hold, and what is to become of the runs that have none. */
#include "core/base/file.h"
#include "grader/repeat/rebuild_parts.h"
#include "grader/store/batch.h"
#include <stdlib.h>

static struct str run_before(void *at, struct arena *arena, struct str sha256)
{
    struct str run = S("");
    struct fault ignored = { 0 };
    if (at)
        store_receipt_of(at, arena, sha256, &run, &ignored);
    return run;
}

static bool is_named(const struct receipts *all, const struct receipt_link *link)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_is(all->links[i].previous, link->sha256))
            return true;
    return false;
}

static int by_previous(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* Without a store the head is the newest receipt that no other names. */
static bool head_guess(struct arena *arena, struct receipts_source source, struct str *head,
                       struct fault *why)
{
    struct receipts all;
    source.head = S("");
    const struct receipt_link *newest = NULL;
    if (!receipts_read(arena, &source, &all, why))
        return false;
    struct str *named = arena_array(arena, struct str, all.count);
    for (size_t i = 0; i < all.count; i++)
        named[i] = all.links[i].previous;
    qsort(named, all.count, sizeof *named, by_previous);
    for (size_t i = 0; i < all.count; i++) {
        struct str own = str_of(all.links[i].sha256);
        if (!all.links[i].run.len || bsearch(&own, named, all.count, sizeof *named, by_previous))
            continue;
        if (!newest || all.links[i].recorded_ms >= newest->recorded_ms)
            newest = &all.links[i];
    }
    *head = newest ? str_keep(arena, str_of(newest->sha256)) : S("");
    return true;
}

static int by_run(const void *a, const void *b)
{
    return strncmp(a, b, ULID_TEXT - 1);
}

static const struct store_before *before_find(const struct fates *fates, const char *run)
{
    return fates->before_count
               ? bsearch(run, fates->before, fates->before_count, sizeof *fates->before, by_run)
               : NULL;
}

static bool is_instead(const struct receipts *all, const struct receipt_link *link)
{
    for (size_t i = 0; i < all->break_count; i++)
        if (strcmp(all->breaks[i].instead, link->file) == 0)
            return true;
    return false;
}

/* It names a receipt that a chained one names too: a run was interrupted while it wrote it. */
static bool is_fork(const struct receipts *all, const struct receipt_link *link)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->links[i].place && str_equal(all->links[i].previous, link->previous))
            return true;
    return false;
}

/* By the chain alone. Behind a link that is gone stands one that nobody names any more. */
static enum fate chain_fate(const struct receipts *all, const struct receipt_link *link)
{
    if (!link->run.len || is_instead(all, link))
        return FATE_AGAIN;
    if (link->place || is_named(all, link))
        return FATE_SETTLED;
    return is_fork(all, link) || !all->break_count ? FATE_LEFT : FATE_SETTLED;
}

static enum fate link_fate(const struct fates *fates, const struct receipt_link *link)
{
    const struct store_before *before = before_find(fates, link->file);
    if (link->erased)
        return FATE_LEFT;
    if (!before)
        return chain_fate(&fates->receipts, link);
    if (strcmp(before->receipt, link->sha256) == 0)
        return FATE_SETTLED;
    return before->receipt[0] ? FATE_AGAIN : FATE_LEFT;
}

static int by_file(const void *a, const void *b)
{
    return strcmp(((const struct receipt_link *)a)->file, ((const struct receipt_link *)b)->file);
}

static void links_judge(struct arena *arena, struct fates *out, struct complaints *said)
{
    struct receipts *all = &out->receipts;
    qsort(all->links, all->count, sizeof *all->links, by_file);
    out->of_link = arena_array(arena, enum fate, all->count);
    for (size_t i = 0; i < all->count; i++) {
        out->of_link[i] = link_fate(out, &all->links[i]);
        const char *path = arena_print(arena, "receipts/%s", all->links[i].file);
        if (out->of_link[i] == FATE_AGAIN)
            complain(said, path, 0, "is not what it was when it was written");
        else if (out->of_link[i] == FATE_LEFT && !all->links[i].erased)
            complain(said, path, 0, "is of a run that was interrupted, and is not used");
    }
}

static const struct receipt_link *link_find(const struct fates *fates, const char *run)
{
    const struct receipts *all = &fates->receipts;
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(all->links[middle].file, run, ULID_TEXT - 1);
        if (order == 0)
            return &all->links[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void missing_say(const struct fates *fates, struct complaints *said)
{
    for (size_t i = 0; i < fates->before_count; i++)
        if (fates->before[i].receipt[0] && !link_find(fates, fates->before[i].run))
            complain(said, arena_print(said->arena, "receipts/%s.json", fates->before[i].run), 0,
                     "is missing");
}

bool fates_read(struct arena *arena, const struct fates_from *from, struct fates *out,
                struct complaints *said, struct fault *why)
{
    struct erased_list erased;
    struct store *before = from->before;
    scoped(fd) int dir = dir_open(from->grader->state, "receipts", why);
    struct receipts_source source = {
        .dir = dir, .run_of = run_before, .at = before, .erased = &erased
    };
    struct store_before *runs = NULL;
    if (dir < 0 || !erased_load(arena, from->inbox, &erased, why))
        return false;
    out->has_before = before != NULL;
    if (before ? !store_receipt_head(before, arena, &source.head, why) ||
                     !store_before_runs(before, arena, &runs, &out->before_count, why)
               : !head_guess(arena, source, &source.head, why))
        return false;
    out->before = runs;
    if (!receipts_read(arena, &source, &out->receipts, why))
        return false;
    memcpy(out->head, source.head.at, source.head.len < SHA256_HEX ? source.head.len : 0);
    links_judge(arena, out, said);
    missing_say(out, said);
    return true;
}

enum fate fate_of(const struct fates *fates, const char *run, const struct receipt_link **link)
{
    const struct store_before *before = before_find(fates, run);
    *link = link_find(fates, run);
    enum fate fate = *link ? fates->of_link[*link - fates->receipts.links] : FATE_LEFT;
    if (fate != FATE_LEFT)
        return fate;
    if (before && before->receipt[0])
        return FATE_AGAIN;
    bool cancelled =
        fates->cancelled_count &&
        bsearch(run, fates->cancelled, fates->cancelled_count, sizeof *fates->cancelled, by_run);
    return cancelled || (before && before->waits) ? FATE_HELD : FATE_LEFT;
}

/* The oldest first; behind a broken link the times tell. */
static int by_end(const void *a, const void *b)
{
    const struct receipt_link *left = *(const struct receipt_link *const *)a;
    const struct receipt_link *right = *(const struct receipt_link *const *)b;
    if (left->place && right->place)
        return left->place > right->place ? -1 : 1;
    if (left->place || right->place)
        return left->place ? 1 : -1;
    if (left->recorded_ms != right->recorded_ms)
        return left->recorded_ms < right->recorded_ms ? -1 : 1;
    return strcmp(left->file, right->file);
}

const struct receipt_link **fates_in_order(struct arena *arena, const struct fates *fates,
                                           size_t *count)
{
    const struct receipts *all = &fates->receipts;
    const struct receipt_link **links = arena_array(arena, const struct receipt_link *, all->count);
    *count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (fates->of_link[i] == FATE_SETTLED)
            links[(*count)++] = &all->links[i];
    qsort(links, *count, sizeof *links, by_end);
    return links;
}
