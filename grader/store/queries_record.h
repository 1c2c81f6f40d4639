/* The statements of records of rescores: all rows of a batch, out and in. */
#pragma once

/* clang-format off */
#define QUERIES_RECORD \
    [RECORD_BATCH] = { \
        "SELECT id, task, team, since_ms, rerun, actor, at_ms, state, wants, version," \
        " message, ended_ms, receipt FROM batch WHERE id = ?1 ORDER BY id" \
    }, \
    [RECORD_BATCH_PUT] = { \
        "INSERT INTO batch (id, task, team, since_ms, rerun, actor, at_ms, state," \
        " wants, version, message, ended_ms, receipt) VALUES (?1, ?2, ?3, ?4, ?5, ?6," \
        " ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (id) DO UPDATE SET state =" \
        " excluded.state, wants = excluded.wants, version = excluded.version, message =" \
        " excluded.message, ended_ms = excluded.ended_ms, receipt = excluded.receipt" \
    }, \
    [RECORD_RUNS] = { \
        "SELECT id, submission, state, verdict, step, message, detail, priority," \
        " created_ms, not_before_ms, started_ms, ended_ms, version, attempt, fence," \
        " lease_boot_ms, boot_id, deadline_boot_ms, receipt, purpose, of_run, batch," \
        " event_seq, team, held FROM run WHERE batch = ?1 ORDER BY id" \
    }, \
    [RECORD_RUNS_PUT] = { \
        "INSERT OR IGNORE INTO run (id, submission, state, verdict, step, message," \
        " detail, priority, created_ms, not_before_ms, started_ms, ended_ms, version," \
        " attempt, fence, lease_boot_ms, boot_id, deadline_boot_ms, receipt, purpose," \
        " of_run, batch, event_seq, team, held) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8," \
        " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24," \
        " ?25 WHERE EXISTS (SELECT 1 FROM submission WHERE id = ?2)" \
    }, \
    [RECORD_ITEMS] = { \
        "SELECT batch, run, team, position, state, again, message, end_state, verdict," \
        " step, scoring, task_digest, score, low, high, old_score, old_low, old_high," \
        " result, board FROM batch_run WHERE batch = ?1 ORDER BY position, run" \
    }, \
    [RECORD_ITEMS_PUT] = { \
        "INSERT OR REPLACE INTO batch_run (batch, run, team, position, state, again," \
        " message, end_state, verdict, step, scoring, task_digest, score, low, high," \
        " old_score, old_low, old_high, result, board) SELECT ?1, ?2, ?3, ?4, ?5, ?6," \
        " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20 WHERE EXISTS" \
        " (SELECT 1 FROM run WHERE id = ?2)" \
    }, \
    [RECORD_FACTS] = { \
        "SELECT batch, run, side, name, rows, audience, value, unit, low, high FROM" \
        " batch_fact WHERE batch = ?1 ORDER BY run, side, name, rows" \
    }, \
    [RECORD_FACTS_PUT] = { \
        "INSERT OR REPLACE INTO batch_fact (batch, run, side, name, rows, audience," \
        " value, unit, low, high) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE" \
        " EXISTS (SELECT 1 FROM run WHERE id = ?2)" \
    }, \
    [RECORD_POINTS] = { \
        "SELECT batch, run, side, question, position, title, most, state, points," \
        " reason, audience, marked_by FROM batch_point WHERE batch = ?1 ORDER BY run," \
        " side, question" \
    }, \
    [RECORD_POINTS_PUT] = { \
        "INSERT OR REPLACE INTO batch_point (batch, run, side, question, position," \
        " title, most, state, points, reason, audience, marked_by) SELECT ?1, ?2, ?3," \
        " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE EXISTS (SELECT 1 FROM run WHERE id" \
        " = ?2)" \
    }, \
    [RECORD_LADDER] = { \
        "SELECT batch, team, metric, digest, run, score, low, high FROM batch_ladder" \
        " WHERE batch = ?1 ORDER BY team, metric" \
    }, \
    [RECORD_LADDER_PUT] = { \
        "INSERT OR REPLACE INTO batch_ladder (batch, team, metric, digest, run, score," \
        " low, high) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM" \
        " run WHERE id = ?5)" \
    }, \
    [RECORD_BOARDS] = { \
        "SELECT batch, side, position, team, run, rank_low, rank_high, score, low," \
        " high, baseline FROM batch_board WHERE batch = ?1 ORDER BY side, position" \
    }, \
    [RECORD_BOARDS_PUT] = { \
        "INSERT OR REPLACE INTO batch_board (batch, side, position, team, run," \
        " rank_low, rank_high, score, low, high, baseline) SELECT ?1, ?2, ?3, ?4, ?5," \
        " ?6, ?7, ?8, ?9, ?10, ?11 WHERE EXISTS (SELECT 1 FROM run WHERE id = ?5)" \
    }, \
    /* nobody holds them any more */ \
    [RECORD_RUNS_WAIT] = { \
        "UPDATE run SET state = 'queued', fence = '' WHERE batch = ?1 AND ended_ms = 0" \
    },
/* clang-format on */
