/* holdout receipts: the chain of receipts, listed or verified. */
#include "grader/repeat/receipts.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "grader/store/batch.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define TRIES 20 /* a running service may add one while they are read */

static struct str run_of(void *at, struct arena *arena, struct str sha256)
{
    struct str run = S("");
    struct fault ignored = { 0 };
    store_receipt_of(at, arena, sha256, &run, &ignored);
    return run;
}

/* Read them while the newest one stays the newest. */
static bool read_still(struct arena *arena, struct store *store, struct inbox *inbox, int dir,
                       struct receipts *out, struct fault *why)
{
    struct receipts_source source = { .dir = dir, .run_of = run_of, .at = store };
    struct str head;
    for (int i = 0; i < TRIES; i++) {
        struct erased_list erased;
        source.erased = &erased;
        if (!erased_load(arena, inbox, &erased, why) ||
            !store_receipt_head(store, arena, &source.head, why) ||
            !receipts_read(arena, &source, out, why) ||
            !store_receipt_head(store, arena, &head, why))
            return false;
        if (str_equal(head, source.head) && (i > 0 || out->break_count == 0))
            break; /* one may have been erased between the two looks at it */
    }
    return true;
}

static void json_print(const struct receipts *all)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "chained", (int64_t)all->chained);
    json_add_bool(&out, "whole", all->break_count == 0);
    json_add_int(&out, "erased", (int64_t)all->erased);
    json_open_list(&out, "breaks");
    for (size_t i = 0; i < all->break_count; i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "after", all->breaks[i].after);
        json_add_text(&out, "wanted", all->breaks[i].wanted);
        json_add_zero(&out, "instead", all->breaks[i].instead);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_open_list(&out, "receipts");
    for (size_t i = 0; i < all->count; i++) {
        const struct receipt_link *link = &all->links[i];
        json_open_map(&out, NULL);
        json_add_zero(&out, "file", link->file);
        json_add_zero(&out, "sha256", link->sha256);
        json_add_text(&out, "previous", link->previous);
        json_add_text(&out, "kind", link->kind);
        json_add_text(&out, "run", link->run);
        json_add_text(&out, "team", link->team);
        json_add_text(&out, "state", link->state);
        json_add_int(&out, "recorded_ms", link->recorded_ms);
        json_add_bool(&out, "chained", link->place > 0);
        json_add_bool(&out, "erased", link->erased);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    printf("%s\n", text.at);
}

static void list_print(const struct receipts *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct receipt_link *link = &all->links[i];
        char time[TIME_TEXT];
        clock_print(link->recorded_ms, time);
        printf("%s  %.12s  %-8s %-26s %-20s %s%s\n", time, link->sha256, link->kind.at,
               link->run.at, link->team.at, link->state.at, link->place ? "" : "  (not chained)");
    }
}

static void break_print(const struct receipt_break *at, const char *word)
{
    const char *from = at->after[0] ? at->after : "the store";
    if (at->instead[0])
        printf("%s link: receipts/%s is not what it was when it was written: %s names %.12s...\n",
               word, at->instead, from, at->wanted.at);
    else
        printf("%s link: the receipt %.12s... that %s names is not there\n", word, at->wanted.at,
               from);
}

static void verdict_print(const struct receipts *all)
{
    for (size_t i = 0; i < all->break_count; i++)
        break_print(&all->breaks[i], i ? "broken" : "first broken");
    if (all->break_count == 0)
        printf("%zu receipt%s, one chain\n", all->chained, PLURAL(all->chained));
    if (all->erased)
        printf("%zu of erased teams: digests and places in the chain are kept, contents are not\n",
               all->erased);
    for (size_t i = 0; i < all->count; i++)
        if (!all->links[i].place)
            printf("not chained: receipts/%s%s\n", all->links[i].file,
                   all->break_count ? "" : " (of a run that was interrupted)");
}

static int receipts(const char *dir, bool verify, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct clock clock = clock_system();
    struct receipts all;
    const char *state = arena_print(arena, "%s/state", dir);
    scoped(fd) int fd = dir_open(AT_FDCWD, arena_print(arena, "%s/receipts", state), &why);
    if (fd < 0) {
        fprintf(stderr, "holdout receipts: %s has no receipts yet (%s)\n", dir, why.text);
        return EXIT_INPUT;
    }
    struct inbox *inbox = inbox_open(state, false, &why);
    struct store *store = inbox ? store_open(state, false, &clock, &why) : NULL;
    bool ok = store && read_still(arena, store, inbox, fd, &all, &why);
    store_close(store);
    inbox_close(inbox);
    if (!ok)
        return command_fail("receipts", &why);
    if (as_json)
        json_print(&all);
    else if (verify)
        verdict_print(&all);
    else
        list_print(&all);
    return verify && all.break_count ? EXIT_NO : EXIT_DONE;
}

int receipts_main(int argc, char **argv)
{
    bool as_json = false, verify = false;
    const struct option_row options[] = {
        { "verify", NULL, "walk the chain; exit 1 and name the first broken link", NULL, &verify },
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout receipts DIR [--verify] [--json]",
        .about = "Lists the receipts of all runs, the newest first: each holds what a result\n"
                 "depends on, what came of it, and the digest of the receipt before it.",
        .example = "  holdout receipts my-course --verify",
        .options = options,
        .option_count = 2,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    return code >= 0 ? code : receipts(operands[0], verify, as_json);
}
