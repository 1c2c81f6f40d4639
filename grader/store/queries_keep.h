/* Statements of what is no longer kept, in the table of queries.c. */
#pragma once

/* clang-format off */
#define QUERIES_KEEP \
    [DROP_ADD] = { \
        "INSERT INTO dropped (run, files, at_ms) SELECT id, ?2, ?3 FROM run WHERE id = ?1 AND" \
        " ended_ms > 0 ON CONFLICT (run) DO UPDATE SET files = max(files, excluded.files)" \
    }, \
    [DROP_TAILS] = { "UPDATE step SET tail = '' WHERE run = ?1 AND tail <> ''" }, \
    [DROP_FIND] = { "SELECT files FROM dropped WHERE run = ?1" }, \
    [DROP_LIST] = { "SELECT run, files FROM dropped" }, \
    [KEPT_NOTE] = { \
        "INSERT OR REPLACE INTO kept (one, files, bytes, at_ms) VALUES (1, ?1, ?2, ?3)" \
    }, \
    /* oldest first; ?2: 1 with files left to drop, 0 with logs */ \
    [KEEP_OLDER] = { \
        "SELECT r.id FROM run r WHERE r.ended_ms > 0 AND r.ended_ms < ?1 AND NOT EXISTS (SELECT 1" \
        " FROM dropped d WHERE d.run = r.id AND d.files >= ?2) ORDER BY r.ended_ms, r.id LIMIT" \
        " 20000" \
    }, \
    /* what counts: on a board, on a ladder, marked, in a rescore or replay under way, pinned, */ \
    /* the best and the newest of a team */ \
    [KEEP_COUNTS] = { \
        "SELECT run FROM board UNION SELECT run FROM ladder UNION SELECT run FROM point WHERE" \
        " marked_by <> '' UNION SELECT b.run FROM batch_run b JOIN batch t ON t.id = b.batch" \
        " WHERE t.ended_ms = 0 UNION SELECT b.again FROM batch_run b JOIN batch t ON t.id =" \
        " b.batch WHERE t.ended_ms = 0 UNION SELECT of_run FROM run WHERE of_run <> '' AND" \
        " ended_ms = 0" \
        " UNION SELECT r.id FROM pin p JOIN submission s ON s.team = p.team AND (p.submission =" \
        " s.id OR p.commit_id = s.commit_id) JOIN run r ON r.submission = s.id UNION SELECT run" \
        " FROM (SELECT e.run, row_number() OVER (PARTITION BY e.task, e.team ORDER BY CASE" \
        " k.higher_is_better WHEN 1 THEN -e.score ELSE e.score END, e.submitted_ms) AS place FROM" \
        " release e JOIN task k ON k.id = e.task) WHERE place = 1 UNION SELECT id FROM (SELECT" \
        " r.id, row_number() OVER (PARTITION BY s.team, s.task, s.deliverable ORDER BY" \
        " s.received_ms DESC, r.id DESC) AS place FROM run r JOIN submission s ON s.id =" \
        " r.submission WHERE r.purpose = '' AND r.state IN ('done', 'failed_team')) WHERE place =" \
        " 1" \
    },
/* clang-format on */
