/*
 * Receipts of teams that were erased: what an event of the inbox says they were. In the place of
 * such a receipt stands one of kind `erased` that keeps its digest and its link; it holds only
 * where the event says the same.
 */
#pragma once

#include "core/base/digest.h"
#include "grader/inbox.h"

struct erased_receipt {
    struct str run, sha256, previous;
};
struct erased_list {
    struct erased_receipt *at; /* by run */
    size_t count;
};
bool erased_load(struct arena *arena, struct inbox *inbox, struct erased_list *out,
                 struct fault *why);
/* NULL: that of no erased team. list may be NULL. */
const struct erased_receipt *erased_find(const struct erased_list *list, struct str run);
/* What is put in the place of a receipt. */
struct str erased_print(struct arena *arena, const struct erased_receipt *was, int64_t recorded_ms);
