/* Statements of what is announced, in the table of queries.c. */
#pragma once

/* clang-format off */
#define QUERIES_OUTBOX \
    [ANNOUNCE_CLEAR] = { \
        "DELETE FROM announce" \
    }, \
    [ANNOUNCE_ADD] = { \
        "INSERT OR IGNORE INTO announce (event, target) VALUES (?1, ?2)" \
    }, \
    [OUTBOX_RAW] = { \
        "SELECT seq, id, event, target, run, run_state, task, created_ms FROM outbox WHERE body =" \
        " '' AND state = 'waiting' ORDER BY seq LIMIT ?1" \
    }, \
    /* the status of a commit is that of its newest run: ?column 13 */ \
    [OUTBOX_ABOUT] = { \
        "SELECT s.team, t.repository, s.task, s.deliverable, s.commit_id, s.ref, r.verdict," \
        " r.message, e.score, e.low, e.high, ifnull(k.metric, ''), ifnull(k.digits, 3), EXISTS" \
        " (SELECT 1 FROM submission n JOIN run q ON q.submission = n.id WHERE n.team = s.team AND" \
        " n.task = s.task AND n.commit_id = s.commit_id AND q.purpose = '' AND n.event_seq >" \
        " s.event_seq) FROM run r JOIN submission s ON s.id = r.submission JOIN team t ON t.id =" \
        " s.team LEFT JOIN release e ON e.run = r.id LEFT JOIN task k ON k.id = s.task WHERE r.id" \
        " = ?1" \
    }, \
    [OUTBOX_WRITE] = { \
        "UPDATE outbox SET target = ?2, task = ?3, path = ?4, body = ?5 WHERE seq = ?1 AND body" \
        " = ''" \
    }, \
    [OUTBOX_DROP] = { \
        "DELETE FROM outbox WHERE seq = ?1" \
    }, \
    /* what a newer status of the same run, or of the same commit and task, has made idle */ \
    [OUTBOX_OLDER] = { \
        "DELETE FROM outbox WHERE event = 'status' AND seq < ?1 AND state <> 'sent' AND (run =" \
        " ?2 OR (target = ?3 AND path = ?4 AND task = ?5))" \
    }, \
    [OUTBOX_DUE_FIRST] = { \
        "SELECT event = 'status', target FROM outbox WHERE state = 'waiting' AND next_ms <= ?1" \
        " AND body <> '' ORDER BY (event = 'status') = ?2 AND target = ?3, next_ms, seq LIMIT 1" \
    }, \
    [OUTBOX_DUE] = { \
        "SELECT seq, id, event, target, run, path, body, attempts, created_ms FROM outbox WHERE" \
        " state = 'waiting' AND next_ms <= ?1 AND body <> '' AND (event = 'status') = ?2 AND" \
        " target = ?3 ORDER BY seq LIMIT ?4" \
    }, \
    [OUTBOX_SENT] = { \
        "UPDATE outbox SET state = 'sent', attempts = attempts + 1, error = '', ended_ms = ?2" \
        " WHERE seq = ?1 AND state = 'waiting'" \
    }, \
    [OUTBOX_AGAIN] = { \
        "UPDATE outbox SET attempts = attempts + 1, next_ms = ?2, error = ?3 WHERE seq = ?1 AND" \
        " state = 'waiting'" \
    }, \
    [OUTBOX_DEAD] = { \
        "UPDATE outbox SET state = 'dead', attempts = attempts + 1, ended_ms = ?2, error = ?3" \
        " WHERE seq = ?1 AND state = 'waiting'" \
    }, \
    [OUTBOX_HOLD] = { \
        "UPDATE outbox SET next_ms = max(next_ms, ?3) WHERE state = 'waiting' AND (event =" \
        " 'status') = ?1 AND target = ?2" \
    }, \
    [OUTBOX_RETRY] = { \
        "UPDATE outbox SET state = 'waiting', attempts = 0, next_ms = 0, ended_ms = 0 WHERE state" \
        " = 'dead' AND (?1 = 'all' OR id = ?1)" \
    }, \
    [OUTBOX_TIDY] = { \
        "DELETE FROM outbox WHERE (state = 'sent' AND ended_ms < ?1) OR (state = 'dead' AND" \
        " ended_ms < ?2)" \
    }, \
    /* one that is not written out yet tells this change as well */ \
    [OUTBOX_BOARD] = { \
        "INSERT INTO outbox (id, event, target, run, task, run_state, path, body, state," \
        " attempts, next_ms, error, created_ms, ended_ms) SELECT 'msg_' ||" \
        " lower(hex(randomblob(12))),"  \
        " a.event, a.target, '', ?1, '', '', '', 'waiting', 0, 0, '', ?2, 0 FROM announce a WHERE" \
        " a.event = 'board.changed' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.body = '' AND" \
        " o.state = 'waiting' AND o.event = a.event AND o.target = a.target AND o.task = ?1)" \
    }, \
    [BOARD_PRINT] = { \
        "SELECT group_concat(team || ' ' || rank_low || ' ' || rank_high || ' ' || score ||" \
        " ' ' || low || ' ' || high, '/') FROM (SELECT * FROM board WHERE task = ?1 ORDER BY" \
        " position) WHERE EXISTS (SELECT 1 FROM announce WHERE event = 'board.changed')" \
    },
/* clang-format on */
