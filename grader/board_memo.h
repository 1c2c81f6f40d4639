/*
 * What the last board of a task has tested: the next one tests only those that are new. Contenders
 * are known by a digest of all that their tests depend on. For one thread at a time.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/str.h"
#include <stddef.h>

struct board_tested {
    size_t count;
    const char (*id)[SHA256_HEX]; /* [count], in any order, each once */
    const double *value;          /* [count] */
    const double *p;              /* [count * count] of pairs, as the tests gave them */
};

struct board_memo;
struct board_memo *board_memo_open(void);
void board_memo_close(struct board_memo *memo);

/* Nothing tested for a task that had no board yet. Borrowed until the next put. */
struct board_tested board_memo_get(const struct board_memo *memo, struct str task);
/* Copied; takes the place of what there was of the task. */
void board_memo_put(struct board_memo *memo, struct str task, const struct board_tested *tested);
/* Where in it, or SIZE_MAX. O(count) */
size_t board_tested_find(const struct board_tested *tested, const char *id);
