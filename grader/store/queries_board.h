/* The statements of boards, ladders and their rules, for the table in queries.c. */
#pragma once

/* clang-format off */
/* the release `l` is by the rule of its task's board */
#define BY_RULE(l) \
    " NOT EXISTS (SELECT 1 FROM scored d JOIN board_rule u ON u.task = d.task AND u.digest <>" \
    " d.board WHERE d.run = " l ".run)"

#define QUERIES_BOARD \
    [LADDER_GET] = { \
        "SELECT run, score, low, high FROM ladder WHERE task = ?1 AND team = ?2 AND metric = ?3" \
        " AND digest = ?4" \
    }, \
    [LADDER_PUT] = { \
        "INSERT OR REPLACE INTO ladder (task, team, metric, digest, run, score, low, high) VALUES" \
        " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" \
    }, \
    [BOARD_CLEAR] = { \
        "DELETE FROM board WHERE task = ?1" \
    }, \
    /* of each team the newest graded version by the board's rule, and how many there are */ \
    [BOARD_SOURCE] = { \
        "SELECT l.run, l.team, l.score, l.low, l.high, l.submitted_ms, s.commit_id, t.staff," \
        " (SELECT count(*) FROM release n WHERE n.task = ?1 AND n.team = t.id) FROM team t CROSS" \
        " JOIN release l ON l.run = (SELECT n.run FROM release n WHERE n.task = ?1 AND n.team =" \
        " t.id AND" BY_RULE("n") " ORDER BY n.submitted_ms DESC, n.run DESC LIMIT 1) CROSS JOIN" \
        " run r ON r.id = l.run CROSS JOIN submission s ON s.id = r.submission ORDER BY t.id" \
    }, \
    [BOARD_MADE_GET] = { \
        "SELECT 1 FROM board_made WHERE task = ?1 AND source = ?2" \
    }, \
    [BOARD_MADE_PUT] = { \
        "INSERT OR REPLACE INTO board_made (task, source) VALUES (?1, ?2)" \
    }, \
    [BOARD_MADE_DROP] = { \
        "DELETE FROM board_made WHERE task = ?1" \
    }, \
    [BOARD_DUE_ADD] = { \
        "INSERT INTO board_due (task) VALUES (?1)" \
    }, \
    [BOARD_DUE_SEQ] = { \
        "SELECT ifnull(max(seq), 0) FROM board_due WHERE task = ?1" \
    }, \
    [BOARD_DUE_DONE] = { \
        "DELETE FROM board_due WHERE task = ?1 AND seq <= ?2" \
    }, \
    [BOARD_ADD] = { \
        "INSERT INTO board (task, position, team, run, rank_low, rank_high, score, low, high," \
        " submitted_ms, commit_id, entries, baseline) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8," \
        " ?9, ?10, ?11, ?12, ?13)" \
    }, \
    [RULE_GET] = { \
        "SELECT digest, version FROM board_rule WHERE task = ?1" \
    }, \
    /* the task as it is in force is what the rule's version says of it */ \
    [RULE_PUT] = { \
        "INSERT OR REPLACE INTO board_rule (task, digest, version, metric, metric_title," \
        " higher_is_better, digits, public_rows, ladder) SELECT id, ?2, ?3, metric," \
        " ifnull(json_extract(detail, '$.metric_title'), metric), higher_is_better, digits," \
        " public_rows, ?4 FROM task WHERE id = ?1" \
    }, \
    /* did a team have a score by the rule ?2 at ?3? */ \
    [RULE_HELD] = { \
        "SELECT 1 FROM release e JOIN scored d ON d.run = e.run JOIN team t ON t.id = e.team" \
        " WHERE e.task = ?1 AND t.staff = 0 AND d.board = ?2 AND e.released_ms <= ?3 LIMIT 1" \
    }, \
    /* what was scored before it was written down by which rule */ \
    [RULE_ADOPT] = { \
        "UPDATE scored SET board = ?2 WHERE task = ?1 AND scoring = ?3 AND board = ''" \
    }, \
    [RULE_ADOPT_LADDER] = { \
        "UPDATE OR IGNORE ladder SET digest = ?2 WHERE task = ?1 AND digest IN ('', ?3)" \
    }, \
    /* teams whose newest score would not follow when the batch moves the board to another rule */ \
    [RULE_LEFT] = { \
        "SELECT count(*) FROM batch b JOIN scoring c ON c.task = b.task JOIN board_rule u ON" \
        " u.task = b.task AND u.digest <> c.board JOIN release e ON e.task = b.task JOIN team t" \
        " ON t.id = e.team AND t.staff = 0 LEFT JOIN scored d ON d.run = e.run WHERE b.id = ?1" \
        " AND ifnull(d.board, '') <> c.board AND NOT EXISTS (SELECT 1 FROM batch_run r WHERE" \
        " r.batch = b.id AND r.run = e.run) AND NOT EXISTS (SELECT 1 FROM release n WHERE n.task" \
        " = e.task AND n.team = e.team AND (n.submitted_ms, n.run) > (e.submitted_ms, e.run))" \
    },
/* clang-format on */
