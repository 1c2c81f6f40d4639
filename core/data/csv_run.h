/*
 * Runs of plain rows (core/data/csv_index.h), column by column: the inner loop of reading CSV. The
 * cells of a column do not wait for one another: a tenth faster than cell after cell.
 */
#pragma once

#include "core/data/csv_index.h"
#include "core/data/csv_piece.h"

struct csv_run {
    struct csv_piece *piece;
    struct csv_index index;
    size_t bytes;     /* of a run at most */
    size_t line;      /* of its first row */
    const char *from; /* of the last one; NULL: none yet */
};

/* Takes 4 bytes of the piece's arena for each of a run. */
void csv_run_start(struct csv_run *run, struct csv_piece *piece);

/*
 * Read the plain rows at scan->at, which is where one starts, and go behind them; false where there
 * are none, or where one of them has a fault that is found when they are read one by one.
 */
bool csv_run_read(struct csv_run *run, struct csv_scan *scan);
