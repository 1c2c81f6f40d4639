/* Statements of the rebuild, in the table of queries.c. */
#pragma once

/* clang-format off */
#define QUERIES_REBUILD \
    [SETTLE_RUN] = { \
        "UPDATE run SET state = ?2, verdict = ?3, step = ?4, message = ?5, detail = ?6," \
        " started_ms = ?7, ended_ms = ?8, version = ?9, attempt = ?10, receipt = ?11, fence = ''" \
        " WHERE id = ?1" \
    }, \
    [SETTLE_SUBMISSION] = { \
        "UPDATE submission SET task = ?2, deliverable = ?3 WHERE id = (SELECT submission FROM run" \
        " WHERE id = ?1 AND purpose = '')" \
    }, \
    [SETTLE_SERVED] = { \
        "UPDATE team SET served_ms = max(served_ms, ?2) WHERE id = (SELECT s.team FROM submission" \
        " s JOIN run r ON r.submission = s.id WHERE r.id = ?1 AND r.purpose = '')" \
    }, \
    [EVENT_RUN] = { \
        "SELECT r.id FROM submission s JOIN run r ON r.submission = s.id WHERE s.event_seq = ?1" \
        " AND r.purpose = '' UNION ALL SELECT id FROM run WHERE event_seq = ?1 AND event_seq > 0" \
    }, \
    [HOLD_RUN] = { \
        "UPDATE run SET state = 'received' WHERE id = ?1 AND state = 'queued'" \
    }, \
    [LET_GO] = { \
        "UPDATE run SET state = 'queued' WHERE state = 'received'" \
    }, \
    [RUN_SAY] = { \
        "UPDATE run SET message = ?2 WHERE id = ?1 AND state = 'queued'" \
    }, \
    [MARK_AHEAD] = { \
        "INSERT OR REPLACE INTO point (run, question, position, title, most, state, points," \
        " reason, audience, marked_by) SELECT id, ?2, 0, ?2, ?3, 'marked', ?3, ?4, 'team', ?5" \
        " FROM run WHERE id = ?1" \
    }, \
    [BEFORE_RUNS] = { \
        "SELECT id, receipt, ended_ms = 0 FROM run ORDER BY id" \
    }, \
    [BEFORE_LOOKS] = { \
        "SELECT t.id, t.state, t.message, t.looked_ms, t.served_ms, ifnull(i.seen, '') FROM" \
        " team t LEFT JOIN intake i ON i.team = t.id" \
    }, \
    [LOOK_COPY] = { \
        "UPDATE team SET state = ?2, message = ?3, looked_ms = ?4, served_ms = ?5 WHERE id = ?1" \
    }, \
    [VERSION_NOTED] = { \
        "UPDATE version SET loaded_ms = ?2 WHERE digest = ?1" \
    },
/* clang-format on */
