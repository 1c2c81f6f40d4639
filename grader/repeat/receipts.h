/*
 * The chain of receipts, read: state/receipts holds one file a run (and one an applied rescore),
 * each with the digest of the one before it; state/store.db holds the digest of the newest.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"
#include "core/base/str.h"
#include "grader/repeat/erased.h"

#define RECEIPT_BYTES_MOST ((size_t)64 << 20)

struct receipt_link {
    const char *file;        /* name within receipts/ */
    char sha256[SHA256_HEX]; /* of its content; of an erased one: of what it was */
    struct str previous;     /* "" in the first one; also when it could not be read */
    struct str kind, run, team, state;
    int64_t recorded_ms;
    bool erased;  /* of a team that was erased, as the inbox says */
    size_t place; /* in the chain, 1 is the newest; 0: outside of it */
};

/* A place where the chain does not go on. */
struct receipt_break {
    const char *after;   /* the file whose `previous` leads nowhere; "" for the store's head */
    struct str wanted;   /* the digest that it names */
    const char *instead; /* the file that ought to have it but has other content; "" missing */
};

struct receipts {
    struct receipt_link *links; /* the newest first, then those outside of the chain */
    size_t count, chained, erased;
    struct receipt_break *breaks; /* oldest first */
    size_t break_count;
};

/*
 * Read all and walk from `head` ("" none yet). run_of says which run's receipt had a digest (""
 * unknown), so that a changed file can be named. False when the directory cannot be read.
 */
struct receipts_source {
    int dir; /* descriptor of state/receipts */
    struct str head;
    struct str (*run_of)(void *at, struct arena *arena, struct str sha256);
    void *at;
    const struct erased_list *erased; /* NULL: no team was */
};
bool receipts_read(struct arena *arena, const struct receipts_source *source, struct receipts *out,
                   struct fault *why);
