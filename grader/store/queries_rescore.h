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
    },                                                                                             \
    [RUN_AGAIN] = {                                                                                \
        "INSERT OR IGNORE INTO run (id, submission, state, verdict, step, message, detail,"        \
        " priority, created_ms, not_before_ms, started_ms, ended_ms, version, attempt, fence,"     \
        " lease_boot_ms, boot_id, deadline_boot_ms, receipt, purpose, of_run, batch, event_seq)"   \
        " SELECT ?1, submission, 'queued', '', '', '', '', 2, ?3, 0, 0, 0, version, 0, '', 0, ''," \
        " 0, '', ?4, id, ?5, ?6 FROM run WHERE id = ?2"                                            \
    },                                                                                             \
    [RUN_AGAIN_ENDED] = {                                                                          \
        "SELECT ended_ms, state, verdict, message, id FROM run WHERE event_seq = ?1 AND"           \
        " event_seq > 0"                                                                           \
    },                                                                                             \
    [VERSION_FILES] = {                                                                            \
        "SELECT files FROM version WHERE digest = ?1"                                              \
    },                                                                                             \
    [REPLAYED_ADD] = {                                                                             \
        "INSERT OR REPLACE INTO replayed (run, position, step, seed_at, name, verdict, before,"    \
        " now, cells, largest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"                   \
    },                                                                                             \
    [REPLAYED_LIST] = {                                                                            \
        "SELECT step, seed_at, name, verdict, before, now, cells, largest FROM replayed WHERE"     \
        " run = ?1 ORDER BY position"                                                              \
    },                                                                                             \
    [RUN_ENDED_WELL] = {                                                                           \
        "SELECT id FROM run WHERE id = ?1 AND purpose = '' AND state IN ('done', 'failed_team')"   \
    },
