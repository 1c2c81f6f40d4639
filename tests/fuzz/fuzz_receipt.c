/*
 * A receipt from any bytes, as the chain is read and as a run is made from it again: what is taken
 * is bounded by what stands there.
 */
#include "core/base/file.h"
#include "grader/repeat/rebuild_parts.h"
#include "grader/repeat/receipts.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* One state directory for all inputs; its store of artifacts is empty. */
static struct grader *state_open(void)
{
    static struct grader grader;
    static char path[] = "/tmp/holdout-fuzz-XXXXXX";
    struct fault why = { 0 };
    if (grader.state_path)
        return &grader;
    check(mkdtemp(path) != NULL);
    grader.state_path = path;
    grader.course_id = "";
    grader.clock = clock_system();
    grader.state = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(grader.state >= 0 && dir_make(grader.state, "receipts", 0700, &why));
    check(artifacts_open(&grader.artifacts, grader.state, "artifacts", 0700, 0400, &why) &&
          artifacts_open(&grader.sealed, grader.state, "sealed", 0700, 0400, &why));
    return &grader;
}

static struct str unknown(void *at, struct arena *arena, struct str sha256)
{
    (void)at;
    (void)arena;
    (void)sha256;
    return S("");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct grader *grader = state_open();
    struct arena *arena = arena_open(NULL);
    struct fault why = { 0 };
    struct receipts all = { 0 };
    struct receipt_run run;
    char head[SHA256_HEX];
    struct str text = { (const char *)bytes, size };
    unlinkat(grader->state, "receipts/R.json", 0);
    check(file_save(grader->state, "receipts/R.json", text, 0600, &why));
    sha256_of(text, head);
    scoped(fd) int dir = dir_open(grader->state, "receipts", &why);
    struct receipts_source source = { .dir = dir, .head = str_of(head), .run_of = unknown };
    check(receipts_read(arena, &source, &all, &why));
    check(all.count == 1 && all.chained == 1 && strcmp(all.links[0].sha256, head) == 0);
    if (receipt_run_load(arena, grader, "R", &run, &why))
        check(strcmp(run.claim.run, "R") == 0 && run.step_count <= size + 1);
    arena_drop(arena);
    return 0;
}
