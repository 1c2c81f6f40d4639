/* The statements of repeating and rescoring: rows of the table in queries.c. */
#pragma once

/* runs whose files and predictions are no longer kept stay as they are */
#define NOT_DROPPED(run)                                                                           \
    "NOT EXISTS (SELECT 1 FROM dropped k WHERE k.run = " run " AND k.files = 1)"

/* the statements are laid out by hand */
/* clang-format off */
#define QUERIES_RESCORE                                                                            \
    [RECEIPT_OF] = {                                                                               \
        "SELECT id FROM run WHERE receipt = ?1 UNION ALL SELECT id FROM batch WHERE receipt ="     \
        " ?1"                                                                                      \
    },                                                                                             \
    [SCORED_PUT] = {                                                                               \
        "INSERT OR REPLACE INTO scored (run, task, team, scoring, task_digest, version, batch,"    \
        " board) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"                                          \
    },                                                                                             \
    [RUN_AGAIN] = {                                                                                \
        "INSERT OR IGNORE INTO run (id, submission, state, verdict, step, message, detail,"        \
        " priority, created_ms, not_before_ms, started_ms, ended_ms, version, attempt, fence,"     \
        " lease_boot_ms, boot_id, deadline_boot_ms, receipt, purpose, of_run, batch, event_seq)"   \
        " SELECT ?1, submission, 'queued', '', '', '', '', 2, ?3, 0, 0, 0, version, 0, '', 0,"     \
        " '', 0, '', ?4, id, ?5, ?6 FROM run WHERE id = ?2"                                        \
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
    /* received: it ended well, but a rebuild found its receipt damaged */                         \
    [RUN_ENDED_WELL] = {                                                                           \
        "SELECT id FROM run WHERE id = ?1 AND purpose = '' AND state IN ('done',"                  \
        " 'failed_team', 'received') AND NOT EXISTS (SELECT 1 FROM dropped d WHERE d.run ="        \
        " run.id AND d.files = 1)"                                                                 \
    },                                                                                             \
    [BATCH_ADD] = {                                                                                \
        "INSERT INTO batch (id, task, team, since_ms, rerun, actor, at_ms, state, wants,"          \
        " version, message, ended_ms, receipt) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'computing',"    \
        " ?8, '', '', 0, '' WHERE NOT EXISTS (SELECT 1 FROM batch WHERE task = ?2 AND state IN"    \
        " ('computing', 'paused', 'ready'))"                                                       \
    },                                                                                             \
    [BATCH_GET] = {                                                                                \
        "SELECT id, task, team, since_ms, rerun, actor, at_ms, state, wants, version, message,"    \
        " ended_ms FROM batch WHERE id = ?1"                                                       \
    },                                                                                             \
    [BATCH_LIST] = {                                                                               \
        "SELECT id, task, team, since_ms, rerun, actor, at_ms, state, wants, version, message,"    \
        " ended_ms FROM batch WHERE ?1 = '' OR state = ?1 ORDER BY at_ms DESC, id DESC LIMIT"      \
        " 200"                                                                                     \
    },                                                                                             \
    [BATCH_STATE] = {                                                                              \
        "UPDATE batch SET state = ?2, message = ?3, ended_ms = ?4 WHERE id = ?1"                   \
    },                                                                                             \
    [BATCH_MESSAGE] = {                                                                            \
        "UPDATE batch SET message = ?2 WHERE id = ?1 AND message <> ?2"                            \
    },                                                                                             \
    [BATCH_VERSION] = {                                                                            \
        "UPDATE batch SET version = ?2, message = '' WHERE id = ?1 AND state = 'computing'"        \
    },                                                                                             \
    [BATCH_RECEIPT] = {                                                                            \
        "UPDATE batch SET receipt = ?2 WHERE id = ?1"                                              \
    },                                                                                             \
    [BATCH_DROP_RUNS] = {                                                                          \
        "DELETE FROM batch_run WHERE batch = ?1"                                                   \
    },                                                                                             \
    [BATCH_DROP_FACTS] = {                                                                         \
        "DELETE FROM batch_fact WHERE batch = ?1 AND (?2 = '' OR run = ?2)"                        \
    },                                                                                             \
    [BATCH_DROP_POINTS] = {                                                                        \
        "DELETE FROM batch_point WHERE batch = ?1 AND (?2 = '' OR run = ?2)"                       \
    },                                                                                             \
    [BATCH_DROP_LADDER] = {                                                                        \
        "DELETE FROM batch_ladder WHERE batch = ?1"                                                \
    },                                                                                             \
    [BATCH_DROP_BOARD] = {                                                                         \
        "DELETE FROM batch_board WHERE batch = ?1"                                                 \
    },                                                                                             \
    [BATCH_FILL] = {                                                                               \
        "INSERT OR IGNORE INTO batch_run (batch, run, team, position, state, again, message,"      \
        " end_state, verdict, step, scoring, task_digest, result) SELECT ?1, r.id, s.team,"        \
        " r.ended_ms, 'waiting', '', '', '', '', '', '', '', '' FROM run r JOIN submission s ON"   \
        " s.id = r.submission LEFT JOIN scored c ON c.run = r.id WHERE s.task = ?2 AND (?3 = ''"   \
        " OR s.team = ?3) AND s.received_ms >= ?4 AND r.purpose = '' AND r.state IN ('done',"      \
        " 'failed_team') AND (?5 OR c.scoring IS NULL OR c.scoring <> ?6) AND " NOT_DROPPED("r.id")\
    },                                                                                             \
    [BATCH_NEXT] = {                                                                               \
        "SELECT b.run, b.team, b.again, r.state, r.verdict, r.step, r.message, r.version,"         \
        " s.source, coalesce(c.version, r.version), s.deliverable, s.commit_id, s.received_ms"     \
        " FROM batch_run b JOIN run r ON r.id = b.run JOIN submission s ON s.id = r.submission"    \
        " LEFT JOIN scored c ON c.run = b.run WHERE b.batch = ?1 AND b.state = 'waiting' AND"      \
        " NOT (?2 AND EXISTS (SELECT 1 FROM batch_run e WHERE e.batch = b.batch AND e.team ="      \
        " b.team AND e.state IN ('waiting', 'queued') AND (e.position, e.run) < (b.position,"      \
        " b.run))) ORDER BY b.position, b.run LIMIT 1"                                             \
    },                                                                                             \
    [BATCH_RETURNED] = {                                                                           \
        "SELECT b.run, r.state, r.message FROM batch_run b JOIN run r ON r.id = b.again WHERE"     \
        " b.batch = ?1 AND b.state = 'queued' AND r.ended_ms > 0 LIMIT 1"                          \
    },                                                                                             \
    [BATCH_RUN_STATE] = {                                                                          \
        "UPDATE batch_run SET state = ?3, again = ?4, message = ?5 WHERE batch = ?1 AND run ="     \
        " ?2"                                                                                      \
    },                                                                                             \
    [BATCH_RUN_DROP] = {                                                                           \
        "DELETE FROM batch_run WHERE batch = ?1 AND run = ?2"                                      \
    },                                                                                             \
    [BATCH_RUN_DONE] = {                                                                           \
        "UPDATE batch_run SET state = 'done', message = ?3, end_state = ?4, verdict = ?5, step"    \
        " = ?6, scoring = ?7, task_digest = ?8, score = ?9, low = ?10, high = ?11, result ="       \
        " ?12, board = ?13, old_score = (SELECT score FROM release WHERE run = ?2), old_low ="     \
        " (SELECT low FROM release WHERE run = ?2), old_high = (SELECT high FROM release WHERE"    \
        " run = ?2) WHERE batch = ?1 AND run = ?2"                                                 \
    },                                                                                             \
    [BATCH_COUNT] = {                                                                              \
        "SELECT count(*), sum(state = 'done'), sum(state = 'queued'), sum(state = 'trouble'),"     \
        " sum(state = 'done' AND (score IS NOT old_score OR low IS NOT old_low OR high IS NOT"     \
        " old_high)) FROM batch_run WHERE batch = ?1"                                              \
    },                                                                                             \
    [BATCH_RUNS] = {                                                                               \
        "SELECT b.run, b.team, b.state, b.again, b.message, b.score, b.old_score, b.result,"       \
        " (SELECT sum(points) FROM batch_point p WHERE p.batch = b.batch AND p.run = b.run AND"    \
        " side = 'old'), (SELECT sum(points) FROM batch_point p WHERE p.batch = b.batch AND"       \
        " p.run = b.run AND side = 'new') FROM batch_run b WHERE b.batch = ?1 ORDER BY b.team,"    \
        " b.position, b.run"                                                                       \
    },                                                                                             \
    [BATCH_FACT_ADD] = {                                                                           \
        "INSERT OR REPLACE INTO batch_fact (batch, run, side, name, rows, audience, value,"        \
        " unit, low, high) VALUES (?1, ?2, 'new', ?3, ?4, ?5, ?6, ?7, ?8, ?9)"                     \
    },                                                                                             \
    [BATCH_FACT_OLD] = {                                                                           \
        "INSERT OR REPLACE INTO batch_fact (batch, run, side, name, rows, audience, value,"        \
        " unit, low, high) SELECT ?1, run, 'old', name, rows, audience, value, unit, low, high"    \
        " FROM fact WHERE run = ?2"                                                                \
    },                                                                                             \
    [BATCH_POINT_ADD] = {                                                                          \
        "INSERT OR REPLACE INTO batch_point (batch, run, side, question, position, title,"         \
        " most, state, points, reason, audience, marked_by) VALUES (?1, ?2, 'new', ?3, ?4, ?5,"    \
        " ?6, ?7, ?8, ?9, ?10, '')"                                                                \
    },                                                                                             \
    [BATCH_POINT_OLD] = {                                                                          \
        "INSERT OR REPLACE INTO batch_point (batch, run, side, question, position, title,"         \
        " most, state, points, reason, audience, marked_by) SELECT ?1, run, 'old', question,"      \
        " position, title, most, state, points, reason, audience, marked_by FROM point WHERE"      \
        " run = ?2"                                                                                \
    },                                                                                             \
    [BATCH_POINT_KEEP] = {                                                                         \
        "INSERT OR REPLACE INTO batch_point (batch, run, side, question, position, title,"         \
        " most, state, points, reason, audience, marked_by) SELECT ?1, p.run, 'new',"              \
        " p.question, coalesce(n.position, p.position), coalesce(n.title, p.title),"               \
        " coalesce(n.most, p.most), p.state, p.points, p.reason, p.audience, p.marked_by FROM"     \
        " point p LEFT JOIN batch_point n ON n.batch = ?1 AND n.run = p.run AND n.side = 'new'"    \
        " AND n.question = p.question WHERE (p.run = ?2 OR ?2 = '' AND p.run IN (SELECT run"       \
        " FROM batch_run WHERE batch = ?1 AND state = 'done')) AND p.marked_by <> ''"              \
    },                                                                                             \
    [BATCH_LADDER_PUT] = {                                                                         \
        "INSERT OR REPLACE INTO batch_ladder (batch, team, metric, digest, run, score, low,"       \
        " high) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"                                           \
    },                                                                                             \
    [BATCH_LADDER_GET] = {                                                                         \
        "SELECT run, score, low, high FROM batch_ladder WHERE batch = ?1 AND team = ?2 AND"        \
        " metric = ?3 AND digest = ?4"                                                             \
    },                                                                                             \
    [BATCH_BOARD_ADD] = {                                                                          \
        "INSERT INTO batch_board (batch, side, position, team, run, rank_low, rank_high,"          \
        " score, low, high, baseline) VALUES (?1, 'new', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"     \
    },                                                                                             \
    [BATCH_BOARD_OLD] = {                                                                          \
        "INSERT INTO batch_board (batch, side, position, team, run, rank_low, rank_high,"          \
        " score, low, high, baseline) SELECT ?1, 'old', position, team, run, rank_low,"            \
        " rank_high, score, low, high, baseline FROM board WHERE task = ?2"                        \
    },                                                                                             \
    [BATCH_BOARD_LIST] = {                                                                         \
        "SELECT n.team, n.baseline, o.rank_low, o.rank_high, o.score, n.rank_low, n.rank_high,"    \
        " n.score, (SELECT sum(points) FROM batch_point p WHERE p.batch = n.batch AND p.run ="     \
        " n.run AND side = 'old'), (SELECT sum(points) FROM batch_point p WHERE p.batch ="         \
        " n.batch AND p.run = n.run AND side = 'new'), n.run FROM batch_board n LEFT JOIN"         \
        " batch_board o ON o.batch = n.batch AND o.side = 'old' AND o.team = n.team WHERE"         \
        " n.batch = ?1 AND n.side = 'new' ORDER BY n.position"                                     \
    },                                                                                             \
    [BATCH_BOARD_SOURCE] = {                                                                       \
        "SELECT run, team, score, low, high, submitted_ms, commit_id, staff, entries FROM"         \
        " (SELECT r.id AS run, s.team AS team, CASE WHEN b.run IS NULL THEN e.score ELSE"          \
        " b.score END AS score, CASE WHEN b.run IS NULL THEN e.low ELSE b.low END AS low, CASE"    \
        " WHEN b.run IS NULL THEN e.high ELSE b.high END AS high, s.received_ms AS"                \
        " submitted_ms, s.commit_id AS commit_id, t.staff AS staff, count(*) OVER (PARTITION BY"   \
        " s.team) AS entries, row_number() OVER (PARTITION BY s.team ORDER BY s.received_ms"       \
        " DESC, r.id DESC) AS place FROM submission s JOIN run r ON r.submission = s.id AND"       \
        " r.purpose = '' JOIN team t ON t.id = s.team LEFT JOIN release e ON e.run = r.id LEFT"    \
        " JOIN batch_run b ON b.batch = ?2 AND b.run = r.id AND b.state = 'done' LEFT JOIN"        \
        " scored d ON d.run = r.id WHERE s.task = ?1 AND (CASE WHEN b.run IS NULL THEN e.score"    \
        " ELSE b.score END) IS NOT NULL AND (b.run IS NOT NULL OR d.board = (SELECT c.board FROM"  \
        " scoring c WHERE c.task = ?1))) WHERE place = 1 ORDER BY team"                            \
    },                                                                                             \
    [BATCH_HOLD] = {                                                                               \
        "UPDATE run SET not_before_ms = ?2 WHERE batch = ?1 AND state = 'queued'"                  \
    },                                                                                             \
    [BATCH_CANCEL] = {                                                                             \
        "UPDATE run SET state = 'cancelled', fence = '', ended_ms = ?2, message = 'The rescore"    \
        " that it belonged to was ended.' WHERE batch = ?1 AND ended_ms = 0"                       \
    },                                                                                             \
    [APPLY_FACTS_CLEAR] = {                                                                        \
        "DELETE FROM fact WHERE run IN (SELECT run FROM batch_run WHERE batch = ?1 AND state ="    \
        " 'done')"                                                                                 \
    },                                                                                             \
    [APPLY_FACTS] = {                                                                              \
        "INSERT INTO fact (run, name, rows, audience, value, unit, low, high) SELECT f.run,"       \
        " f.name, f.rows, f.audience, f.value, f.unit, f.low, f.high FROM batch_fact f JOIN"       \
        " batch_run b ON b.batch = f.batch AND b.run = f.run AND b.state = 'done' WHERE f.batch"   \
        " = ?1 AND f.side = 'new'"                                                                 \
    },                                                                                             \
    [APPLY_POINTS_CLEAR] = {                                                                       \
        "DELETE FROM point WHERE run IN (SELECT run FROM batch_run WHERE batch = ?1 AND state"     \
        " = 'done')"                                                                               \
    },                                                                                             \
    [APPLY_POINTS] = {                                                                             \
        "INSERT INTO point (run, question, position, title, most, state, points, reason,"          \
        " audience, marked_by) SELECT p.run, p.question, p.position, p.title, p.most, p.state,"    \
        " p.points, p.reason, p.audience, p.marked_by FROM batch_point p JOIN batch_run b ON"      \
        " b.batch = p.batch AND b.run = p.run AND b.state = 'done' WHERE p.batch = ?1 AND"         \
        " p.side = 'new'"                                                                          \
    },                                                                                             \
    [APPLY_RELEASE_CLEAR] = {                                                                      \
        "DELETE FROM release WHERE run IN (SELECT run FROM batch_run WHERE batch = ?1 AND"         \
        " state = 'done')"                                                                         \
    },                                                                                             \
    [APPLY_RELEASE] = {                                                                            \
        "INSERT INTO release (run, task, team, score, low, high, submitted_ms, released_ms)"       \
        " SELECT b.run, ?2, b.team, b.score, b.low, b.high, s.received_ms, ?3 FROM batch_run b"    \
        " JOIN run r ON r.id = b.run JOIN submission s ON s.id = r.submission WHERE b.batch ="     \
        " ?1 AND b.state = 'done' AND b.score IS NOT NULL"                                         \
    },                                                                                             \
    [APPLY_LADDER_CLEAR] = {                                                                       \
        "DELETE FROM ladder WHERE task = ?2 AND team IN (SELECT team FROM batch_run WHERE"         \
        " batch = ?1 AND state = 'done')"                                                          \
    },                                                                                             \
    [APPLY_LADDER] = {                                                                             \
        "INSERT INTO ladder (task, team, metric, digest, run, score, low, high) SELECT ?2,"        \
        " team, metric, digest, run, score, low, high FROM batch_ladder WHERE batch = ?1"          \
    },                                                                                             \
    [APPLY_SCORED] = {                                                                             \
        "INSERT OR REPLACE INTO scored (run, task, team, scoring, task_digest, version, batch,"    \
        " board) SELECT run, ?2, team, scoring, task_digest, ?3, ?1, board FROM batch_run WHERE"   \
        " batch = ?1 AND state = 'done'"                                                           \
    },                                                                                             \
    [APPLY_RUNS] = {                                                                               \
        "UPDATE run SET state = b.end_state, verdict = b.verdict, step = b.step, message ="        \
        " b.message FROM batch_run b WHERE b.batch = ?1 AND b.run = run.id AND b.state = 'done'"   \
    },                                                                                             \
    [FACT_LIST] = {                                                                                \
        "SELECT name, rows, audience, value, unit, low, high FROM fact WHERE run = ?1 ORDER BY"    \
        " name, rows"                                                                              \
    },                                                                                             \
    [SCORED_BATCH] = {                                                                             \
        "SELECT batch FROM scored WHERE run = ?1 AND batch <> ''"                                  \
    },                                                                                             \
    [SCORING_PUT] = {                                                                              \
        "INSERT OR REPLACE INTO scoring (task, digest, board) VALUES (?1, ?2, ?3)"                 \
    },                                                                                             \
    [OUTDATED] = {                                                                                 \
        "SELECT coalesce(sum((SELECT count(*) FROM scored d WHERE d.task = c.task AND d.scoring"   \
        " < c.digest) + (SELECT count(*) FROM scored d WHERE d.task = c.task AND d.scoring >"      \
        " c.digest) - (SELECT count(*) FROM dropped k JOIN scored d ON d.run = k.run WHERE"        \
        " k.files = 1 AND d.task = c.task AND d.scoring <> c.digest)), 0) FROM scoring c WHERE"    \
        " ?1 = '' OR c.task = ?1"                                                                  \
    },                                                                                             \
    [BATCH_RETURN] = {                                                                             \
        "UPDATE batch_run SET state = ?3, message = ?4 WHERE batch = ?1 AND run = ?2"              \
    },                                                                                             \
    [BATCH_READY] = {                                                                              \
        "UPDATE batch SET state = 'ready', message = ?2 WHERE id = ?1 AND state = 'computing'"     \
        " AND version = ?3"                                                                        \
    },                                                                                             \
    [RUN_END_GET] = {                                                                              \
        "SELECT state, verdict, step, message, id FROM run WHERE id = ?1"                          \
    },                                                                                             \
    [BATCH_RETRY_RUNS] = {                                                                         \
        "UPDATE run SET state = 'queued', verdict = '', ended_ms = 0, attempt = 0, fence = ''"     \
        " WHERE id IN (SELECT again FROM batch_run WHERE batch = ?1 AND state = 'trouble') AND"    \
        " state IN ('failed_ours', 'cancelled')"                                                   \
    },                                                                                             \
    [BATCH_RETRY] = {                                                                              \
        "UPDATE batch_run SET state = CASE WHEN again = '' THEN 'waiting' ELSE 'queued' END,"      \
        " message = '' WHERE batch = ?1 AND state = 'trouble'"                                     \
    },                                                                                             \
    [SCORED_GET] = {                                                                               \
        "SELECT task, team, task_digest, version FROM scored WHERE run = ?1"                       \
    },                                                                                             \
    [BOARD_RUN] = {                                                                                \
        "SELECT run FROM board WHERE task = ?1 AND team = ?2"                                      \
    },
