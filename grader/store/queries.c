/* The table of SQL statements of the grader. */
#include "grader/store/queries.h"
#include "grader/store/queries_board.h"
#include "grader/store/queries_cache.h"
#include "grader/store/queries_compare.h"
#include "grader/store/queries_erase.h"
#include "grader/store/queries_keep.h"
#include "grader/store/queries_outbox.h"
#include "grader/store/queries_rebuild.h"
#include "grader/store/queries_record.h"
#include "grader/store/queries_rescore.h"

/* the statements are laid out by hand */
/* clang-format off */
/* what somebody holds, under a lease */
#define HELD "('received'," RUNNING_WORDS ")"
#define RUNNING "(" RUNNING_WORDS ")"
#define RUNNING_WORDS                                                                              \
    "'fetching','building','training','predicting','serving','evaluating','judging'"

const struct query store_queries[STORE_QUERY_COUNT] = {
    [META_GET] = {
        "SELECT value FROM meta WHERE name = ?1"
    },
    [META_SET] = {
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET"
        " value = excluded.value"
    },
    [VERSION_ADD] = {
        "INSERT OR IGNORE INTO version (digest, loaded_ms, files) VALUES (?1, ?2, ?3)"
    },
    [TASK_CLEAR] = {
        "DELETE FROM task"
    },
    [TASK_ADD] = {
        "INSERT INTO task (id, position, title, kind, metric, higher_is_better, digits,"
        " public_rows, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    },
    [TEAM_PUT] = {
        "INSERT INTO team (id, name, pseudonym, repository, staff, state, message, looked_ms,"
        " served_ms) VALUES (?1, ?2, ?3, ?4, ?5, 'unseen', '', 0, 0) ON CONFLICT (id) DO"
        " UPDATE SET name = excluded.name, pseudonym = excluded.pseudonym, repository ="
        " excluded.repository, staff = excluded.staff"
    },
    [TEAM_LOOK] = {
        "UPDATE team SET state = ?2, message = ?3, looked_ms = CASE WHEN ?4 > 0 THEN ?4 ELSE"
        " looked_ms END WHERE id = ?1"
    },
    /* as it was, seen again */
    [TEAM_LOOKED] = {
        "UPDATE team SET looked_ms = max(looked_ms, ?2), state = CASE WHEN state = 'empty' THEN"
        " state ELSE 'ok' END, message = '' WHERE id = ?1"
    },
    [TEAM_SERVED] = {
        "UPDATE team SET served_ms = ?2 WHERE id = (SELECT team FROM run WHERE id = ?1 AND"
        " purpose = '')"
    },
    [BUDGET_PUT] = {
        "INSERT OR REPLACE INTO budget (team, members, late_days, tasks) VALUES (?1, ?2, ?3, ?4)"
    },
    [PAUSE_PUT] = {
        "INSERT INTO pause (team, task, since_ms, reason, decided_by) VALUES (?1, ?2, ?3, ?4,"
        " ?5) ON CONFLICT (team, task) DO UPDATE SET reason = excluded.reason, decided_by ="
        " excluded.decided_by"
    },
    [PAUSE_END] = {
        "DELETE FROM pause WHERE (?1 = '' OR team = ?1) AND (?2 = '' OR task = ?2)"
    },
    [PAUSE_FIND] = {
        "SELECT 1 FROM pause WHERE team IN ('', ?1) AND task IN ('', ?2) LIMIT 1"
    },
    [QUOTA_PUT] = {
        "INSERT INTO quota (team, task, per_day, total) VALUES (?1, ?2, max(?3, 0), max(?4, 0))"
        " ON CONFLICT (team, task) DO UPDATE SET per_day = CASE WHEN ?3 < 0 THEN per_day ELSE"
        " ?3 END, total = CASE WHEN ?4 < 0 THEN total ELSE ?4 END"
    },
    [GIVEN_ADD] = {
        "INSERT OR IGNORE INTO given (seq, team, task, at_ms, tries) VALUES (?1, ?2, ?3, ?4, ?5)"
    },
    [QUOTA_FIND] = { SQL_QUOTA_FIND },
    [GIVEN_FIND] = { SQL_GIVEN_FIND },
    [TRIES_USED] = { SQL_TRIES_USED },
    /* what was held is asked again */
    [RUN_WAKE] = {
        "UPDATE run SET not_before_ms = 0, held = '' WHERE state = 'queued' AND held <> '' AND"
        " (?1 = '' OR team = ?1)"
    },
    [EXTENSION_PUT] = {
        "INSERT OR REPLACE INTO extension (team, deliverable, until_ms, by_ms, reason,"
        " decided_ms, decided_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    },
    [PIN_ADD] = {
        "INSERT OR IGNORE INTO pin (seq, team, deliverable, submission, commit_id, at_ms, staff)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    },
    /* is the commit graded, or on its way? */
    [PIN_KNOWN] = {
        "SELECT 1 FROM submission s JOIN run r ON r.submission = s.id WHERE s.team = ?1 AND"
        " s.commit_id = ?2 AND r.purpose = '' AND r.state NOT IN ('superseded', 'cancelled',"
        " 'failed_ours') LIMIT 1"
    },
    /* a tag says what a commit is for, so that one counts for itself alone */
    [RUN_ON_ITS_WAY] = {
        "SELECT r.id FROM submission s JOIN run r ON r.submission = s.id WHERE s.team = ?1 AND"
        " s.commit_id = ?2 AND (s.ref = ?3 OR (s.ref NOT GLOB 'refs/tags/*' AND ?3 NOT GLOB"
        " 'refs/tags/*')) AND r.purpose = '' AND r.ended_ms = 0 AND r.held = '' ORDER BY r.id"
        " LIMIT 1"
    },
    [RUNS_WAITING] = {
        "SELECT count(*) FROM run WHERE team = ?1 AND state = 'queued' AND purpose = ''"
    },
    [RUN_JOIN] = {
        "UPDATE run SET not_before_ms = 0 WHERE id = ?1 AND team = ?2 AND held = ''"
    },
    [SUBMISSION_JOIN] = {
        "UPDATE submission SET source = 'hand' WHERE team = ?2 AND id = (SELECT submission FROM"
        " run WHERE id = ?1)"
    },
    [SUBMISSION_OF_RUN] = {
        "SELECT s.id, s.commit_id FROM run r JOIN submission s ON s.id = r.submission WHERE"
        " r.id = ?1 AND s.team = ?2"
    },
    [REF_GET] = {
        "SELECT commit_id, t.looked_ms FROM team t LEFT JOIN ref f ON f.team = t.id AND"
        " f.name = ?2 WHERE t.id = ?1"
    },
    [REF_PUT] = {
        "INSERT INTO ref (team, name, commit_id, not_seen_ms, seen_ms) VALUES (?1, ?2, ?3,"
        " ?4, ?5) ON CONFLICT (team, name) DO UPDATE SET commit_id = excluded.commit_id,"
        " not_seen_ms = excluded.not_seen_ms, seen_ms = excluded.seen_ms"
    },
    /* a ref that comes back to the same value by another way was seen then, not now */
    [REF_SEEN] = {
        "SELECT not_seen_ms FROM ref WHERE team = ?1 AND name = ?2 AND commit_id = ?3"
    },
    /* ?8: our last good look without it; a push time counts where it lies behind that */
    [SUBMISSION_ADD] = {
        "INSERT INTO submission (id, team, task, deliverable, commit_id, ref, source,"
        " received_ms, not_seen_ms, event_seq, pushed_ms, judged_ms) SELECT ?1, ?2, ?3, '', ?4,"
        " ?5, ?6, ?7, ?8, ?9, ifnull(min(pushed_ms), 0), ifnull(min(pushed_ms), ?8) FROM hook"
        " WHERE team = ?2 AND ref = ?5 AND commit_id = ?4 AND pushed_ms > ?8 AND pushed_ms <= ?7"
    },
    [SUBMISSION_PUSHED] = {
        "UPDATE submission SET pushed_ms = ?4, judged_ms = ?4 WHERE team = ?1 AND ref = ?2 AND"
        " commit_id = ?3 AND not_seen_ms < ?4 AND received_ms >= ?4 AND (pushed_ms = 0 OR"
        " pushed_ms > ?4)"
    },
    [HOOK_ADD] = {
        "INSERT OR IGNORE INTO hook (team, ref, commit_id, pushed_ms, received_ms) VALUES (?1,"
        " ?2, ?3, ?4, ?5)"
    },
    [INTAKE_HOOK] = {
        "INSERT INTO intake (team, hook_ms, hook_forge, hook_ref) VALUES (?1, ?2, ?3, ?4) ON"
        " CONFLICT (team) DO UPDATE SET hook_ms = excluded.hook_ms, hook_forge ="
        " excluded.hook_forge, hook_ref = excluded.hook_ref"
    },
    [INTAKE_NOTE] = {
        "INSERT INTO intake (team, note, note_ms) VALUES (?1, ?2, ?3) ON CONFLICT (team) DO"
        " UPDATE SET note = excluded.note, note_ms = excluded.note_ms"
    },
    [INTAKE_SEEN] = {
        "INSERT INTO intake (team, seen) VALUES (?1, ?2) ON CONFLICT (team) DO UPDATE SET seen ="
        " excluded.seen"
    },
    [INTAKE_LIST] = {
        "SELECT t.id, t.looked_ms, ifnull(i.seen, '') FROM team t LEFT JOIN intake i ON i.team ="
        " t.id WHERE t.staff = 0"
    },
    [DEADLINE_ADD] = {
        "INSERT OR IGNORE INTO deadline (team, due_ms, ref, commit_id, looked_ms) VALUES (?1,"
        " ?2, ?3, ?4, ?5)"
    },
    [REF_LIST] = {
        "SELECT name, commit_id FROM ref WHERE team = ?1 ORDER BY name"
    },
    [SUBMISSION_TASK] = {
        "UPDATE submission SET task = ?2, deliverable = ?3 WHERE id = ?1 AND EXISTS (SELECT 1 FROM"
        " run WHERE id = ?4 AND fence = ?5)"
    },
    [RUN_ADD] = {
        "INSERT INTO run (id, submission, state, verdict, step, message, detail, priority,"
        " created_ms, not_before_ms, started_ms, ended_ms, version, attempt, fence,"
        " lease_boot_ms, boot_id, deadline_boot_ms, receipt) VALUES (?1, ?2, 'queued', '', '',"
        " '', '', ?3, ?4, ?5, 0, 0, '', 0, '', 0, '', 0, '')"
    },
    /* since when the oldest of those that RUN_SUPERSEDE would end waits */
    [RUN_WAITS_SINCE] = {
        "SELECT min(r.created_ms) FROM run r JOIN submission s ON s.id = r.submission WHERE"
        " r.state = 'queued' AND s.team = ?1 AND s.ref = ?2 AND s.source = 'poll'"
        " AND s.received_ms > ?3"
    },
    /*
     * a newer push on the same branch takes the place of what still waits, but never of what came
     * before a due time (?4) that has passed since; tags and hands stay
     */
    [RUN_SUPERSEDE] = {
        "UPDATE run SET state = 'superseded', ended_ms = ?3, message = 'A newer push took the"
        " place of this one before its turn came.' WHERE state = 'queued' AND purpose = ''"
        " AND submission IN (SELECT id FROM submission WHERE team = ?1 AND ref = ?2 AND"
        " source = 'poll'"
        " AND received_ms > ?4)"
    },
    /* the classes of what waits, most urgent first */
    [RUN_CLASS] = {
        "SELECT min(priority) FROM run WHERE state = 'queued' AND priority > ?1"
    },
    /* re-scoring under way */
    [RUN_RESCORING] = {
        "SELECT count(*) FROM run WHERE state IN " RUNNING " AND priority >= ?1"
    },
    /*
     * of one class (?1), now (?2): the first run of the least recently served team that has
     * fewer than ?3 under way; what is done again takes no turn from anybody
     */
    [RUN_NEXT] = {
        "SELECT f.id FROM team t CROSS JOIN run f ON f.id = (SELECT r.id FROM run r JOIN"
        " submission s ON s.id = r.submission WHERE r.team = t.id AND r.state = 'queued' AND"
        " r.priority = ?1 AND r.not_before_ms <= ?2 AND NOT EXISTS (SELECT 1 FROM pause p"
        " WHERE p.team IN ('', t.id) AND p.task IN ('', s.task)) ORDER BY r.created_ms,"
        " s.event_seq, r.id LIMIT 1) WHERE (f.purpose <> '' OR (SELECT count(*) FROM run q WHERE"
        " q.team = t.id AND q.state IN " RUNNING " AND q.purpose = '') < ?3)"
        " ORDER BY t.served_ms, f.created_ms, f.id LIMIT 1"
    },
    [RUN_CLAIM] = {
        "UPDATE run SET state = 'fetching', fence = ?1, lease_boot_ms = ?2, boot_id = ?3,"
        " deadline_boot_ms = ?4, started_ms = ?5, attempt = attempt + 1, message = '', detail"
        " = '', held = '', version = CASE purpose WHEN 'replay' THEN version ELSE ?6 END"
        " WHERE id = ?7 AND state = 'queued'"
    },
    [RUN_CLAIMED] = {
        "SELECT r.id, r.submission, r.attempt, r.version, s.team, s.task, s.deliverable,"
        " s.commit_id, s.ref, s.source, s.received_ms, t.repository, r.created_ms, r.purpose,"
        " r.of_run, r.batch FROM run r"
        " JOIN submission s ON s.id = r.submission JOIN team t ON t.id = s.team WHERE r.id ="
        " ?1 AND r.fence = ?2"
    },
    [RUN_HEARTBEAT] = {
        "UPDATE run SET lease_boot_ms = ?3 WHERE id = ?1 AND fence = ?2 AND state IN " RUNNING
    },
    [RUN_STATE] = {
        "UPDATE run SET state = ?3 WHERE id = ?1 AND fence = ?2 AND state IN " RUNNING
    },
    [RUN_FINISH] = {
        "UPDATE run SET state = ?3, verdict = ?4, step = ?5, message = ?6, detail = ?7,"
        " ended_ms = ?8, receipt = ?9, fence = '' WHERE id = ?1 AND fence = ?2"
        " AND state IN " RUNNING
    },
    [RUN_RELEASE] = {
        "UPDATE run SET state = 'queued', fence = '', not_before_ms = ?3, message = ?4,"
        " detail = ?5, attempt = attempt - ?6, held = ?7 WHERE id = ?1 AND fence = ?2"
        " AND state IN " RUNNING
    },
    [RUN_CANCEL] = {
        "UPDATE run SET state = 'cancelled', fence = '', ended_ms = ?2, message = ?3 WHERE id"
        " = ?1 AND ended_ms = 0"
    },
    [STEP_STOP] = {
        "UPDATE step SET state = 'skipped', tail = '' WHERE run = ?1"
        " AND state IN ('waiting', 'running')"
    },
    [RUN_SWEEP] = {
        "UPDATE run SET state = 'queued', fence = '', message = 'The grader stopped while"
        " this run was under way; it starts again.' WHERE state IN " HELD " AND"
        " (boot_id <> ?1 OR lease_boot_ms < ?2 OR deadline_boot_ms < ?2)"
    },
    [RUN_GIVE_UP] = {
        "UPDATE run SET state = 'failed_ours', verdict = 'internal', ended_ms = ?2, fence ="
        " '', message = 'This run could not be finished for a reason that is not yours; the"
        " course staff has been told. It costs you no try.' WHERE state = 'queued' AND attempt"
        " >= ?1"
    },
    /* a clock that was set back shall not make anybody wait */
    [RUN_AWAKE] = {
        "UPDATE run SET not_before_ms = ?1 WHERE state = 'queued' AND not_before_ms > CASE held"
        " WHEN '' THEN ?2 ELSE ?3 END"
    },
    [RUN_GIVE_UP_ONE] = {
        "UPDATE run SET state = 'failed_ours', verdict = 'internal', ended_ms = ?2, fence ="
        " '', message = 'This run could not be finished for a reason that is not yours; the"
        " course staff has been told. It costs you no try.' WHERE id = ?3 AND state = 'queued'"
        " AND attempt >= ?1"
    },
    [RUN_ENDED] = {
        "SELECT r.ended_ms, r.state, r.verdict, r.message, r.id FROM run r JOIN submission s"
        " ON s.id = r.submission WHERE s.event_seq = ?1 AND r.purpose = ''"
    },
    [RUN_END_OF] = {
        "SELECT ended_ms, state, verdict, message, id FROM run WHERE id = ?1"
    },
    [STEP_CLEAR] = {
        "DELETE FROM step WHERE run = ?1 AND EXISTS"
        " (SELECT 1 FROM run WHERE id = ?1 AND fence = ?2)"
    },
    /* only for who holds the run, or who has just ended it in this attempt */
    [STEP_PUT] = {
        "INSERT OR REPLACE INTO step (run, position, name, seed_at, state, verdict, heldout,"
        " started_ms, ended_ms, wall_us, cpu_us, memory_peak_bytes, cached, message, log, tail)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?18, ?13, ?14, ?15 FROM run"
        " WHERE id = ?1 AND attempt = ?17 AND (fence = ?16 OR state IN"
        " ('done', 'failed_team', 'failed_ours'))"
    },
    [STEP_TAIL] = {
        "UPDATE step SET tail = ?3 WHERE run = ?1 AND position = ?2 AND heldout = 0"
        " AND EXISTS (SELECT 1 FROM run WHERE id = ?1 AND fence = ?4)"
    },
    [FACT_CLEAR] = {
        "DELETE FROM fact WHERE run = ?1"
    },
    [FACT_ADD] = {
        "INSERT OR REPLACE INTO fact (run, name, rows, audience, value, unit, low, high)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    },
    [POINT_CLEAR] = {
        "DELETE FROM point WHERE run = ?1 AND marked_by = ''"
    },
    [POINT_ADD] = {
        "INSERT INTO point (run, question, position, title, most, state, points, reason,"
        " audience, marked_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '') ON CONFLICT DO"
        " UPDATE SET position = excluded.position, title = excluded.title, most = excluded.most"
    },
    [POINT_MARK] = {
        "UPDATE point SET points = ?3, reason = ?4, marked_by = ?5, state = 'marked',"
        " audience = 'team' WHERE run = ?1 AND question = ?2"
    },
    [RELEASE_ADD] = {
        "INSERT OR REPLACE INTO release (run, task, team, score, low, high, submitted_ms,"
        " released_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    },
    QUERIES_RESCORE
    QUERIES_CACHE
    QUERIES_REBUILD
    QUERIES_OUTBOX
    QUERIES_COMPARE
    QUERIES_ERASE
    QUERIES_BOARD
    QUERIES_RECORD
    QUERIES_KEEP
    [AUDIT_ADD] = {
        "INSERT INTO audit (at_ms, actor, action, object, detail) VALUES (?1, ?2, ?3, ?4, ?5)"
    },
};

const struct query inbox_queries[INBOX_QUERY_COUNT] = {
    [EVENT_ADD] = {
        "INSERT INTO event (id, at_ms, kind, actor, once, body) VALUES (?1, ?2, ?3, ?4, ?5,"
        " ?6) ON CONFLICT (once) DO NOTHING"
    },
    [EVENT_NEXT] = {
        "SELECT seq, id, at_ms, kind, actor, body FROM event WHERE seq > ?1 ORDER BY seq"
        " LIMIT 1"
    },
    [EVENT_UNANSWERED] = {
        "SELECT seq, id, at_ms, kind, actor, body FROM event e WHERE kind = 'request' AND seq > ?1"
        " AND NOT EXISTS (SELECT 1 FROM event a WHERE a.once = 'request ' || e.seq)"
        " ORDER BY seq LIMIT 1"
    },
    [EVENT_ONCE] = { "SELECT seq, id, at_ms, kind, actor, body FROM event WHERE once = ?1" },
    [EVENT_NEWEST] = {
        "SELECT seq, id, at_ms, kind, actor, body FROM event WHERE kind = ?1 ORDER BY seq DESC"
        " LIMIT 1"
    },
    [EVENT_LAST] = { "SELECT coalesce(max(seq), 0) FROM event" },
    [EVENT_ERASED] = {
        "SELECT seq, id, at_ms, kind, actor, body FROM event WHERE kind = 'erased' AND seq > ?1"
        " ORDER BY seq LIMIT 1"
    },
    [ERASED_ADD] = { "INSERT OR IGNORE INTO erased (seq, by_seq) VALUES (?1, ?2)" },
    /* an answer stays the answer to its request */
    [ERASED_WIPE] = {
        "UPDATE event SET actor = '', once = CASE WHEN once LIKE 'request %' THEN once END, body ="
        " '{\"erased\":true}' WHERE seq IN (SELECT seq FROM erased) AND body <>"
        " '{\"erased\":true}'"
    },
    [EVENT_FIND] = {
        "SELECT seq FROM event WHERE id = ?1"
    },
};

const struct query sealed_queries[SEALED_QUERY_COUNT] = {
    [SECRET_ADD] = {
        "INSERT OR IGNORE INTO secret (name, value) VALUES (?1, ?2)"
    },
    [SECRET_GET] = {
        "SELECT value FROM secret WHERE name = ?1"
    },
    [PREDICTION_PUT] = {
        "INSERT OR REPLACE INTO prediction (run, seed_at, sha256) VALUES (?1, ?2, ?3)"
    },
    [PREDICTION_GET] = {
        "SELECT seed_at, sha256 FROM prediction WHERE run = ?1 AND seed_at > 0 ORDER BY"
        " seed_at"
    },
    [VALUE_PUT] = {
        "INSERT OR REPLACE INTO value (run, metric, rows, value, low, high, note) VALUES (?1,"
        " ?2, ?3, ?4, ?5, ?6, ?7)"
    },
    [MEASURE_PUT] = {
        "INSERT OR REPLACE INTO measure (run, position, name, wall_us, cpu_us,"
        " memory_peak_bytes, log) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    },
    [BATCH_PREDICTION_PUT] = {
        "INSERT OR REPLACE INTO batch_prediction (batch, run, seed_at, sha256) VALUES (?1, ?2,"
        " ?3, ?4)"
    },
    [BATCH_PREDICTION_GET] = {
        "SELECT seed_at, sha256 FROM batch_prediction WHERE batch = ?1 AND run = ?2 ORDER BY"
        " seed_at"
    },
    [BATCH_VALUE_PUT] = {
        "INSERT OR REPLACE INTO batch_value (batch, run, metric, rows, value, low, high, note)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    },
    QUERIES_SEALED_ERASE
    [KEPT_PUT] = {
        "INSERT OR REPLACE INTO batch_record (batch, sha256) VALUES (?1, ?2)"
    },
    [KEPT_GET] = {
        "SELECT sha256 FROM batch_record WHERE batch = ?1"
    },
    [KEPT_DROP] = {
        "DELETE FROM batch_record WHERE batch = ?1"
    },
};

extern const char store_sql[], store_ladder_sql[], store_intake_sql[], store_rescore_sql[];
extern const char store_cache_sql[], store_queue_sql[], store_outbox_sql[], store_compare_sql[];
extern const char store_erase_sql[], store_scale_sql[], store_board_sql[], store_keep_sql[];
extern const char store_due_sql[];
extern const char inbox_sql[], inbox_erase_sql[], inbox_scale_sql[];
extern const char sealed_sql[], sealed_rescore_sql[], sealed_record_sql[];
const char *const store_migrations[] = {
    store_sql,       store_ladder_sql, store_intake_sql, store_rescore_sql,
    store_cache_sql, store_queue_sql,  store_outbox_sql, store_compare_sql,
    store_erase_sql, store_scale_sql,  store_board_sql,  store_keep_sql,
    store_due_sql,   NULL,
};
const char *const inbox_migrations[] = { inbox_sql, inbox_erase_sql, inbox_scale_sql, NULL };
const char *const sealed_migrations[] = { sealed_sql, sealed_rescore_sql, sealed_record_sql,
                                          NULL };
