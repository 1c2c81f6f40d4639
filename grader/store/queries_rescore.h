/* The statements of repeating and rescoring: rows of the table in queries.c. */
#pragma once

/* the statements are laid out by hand */
/* clang-format off */
#define QUERIES_RESCORE                                                                            \
    [RECEIPT_OF] = {                                                                               \
        "SELECT id FROM run WHERE receipt = ?1 UNION ALL SELECT id FROM batch WHERE receipt = ?1"  \
    },                                                                                             \
    [SCORED_PUT] = {                                                                               \
        "INSERT OR REPLACE INTO scored (run, task, team, scoring, task_digest, version, batch)"    \
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"                                                     \
    },
