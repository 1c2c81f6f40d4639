/* Statements of erasing a team, in the table of queries.c. */
#pragma once

/* clang-format off */
#define ERASE_RUNS \
    "(SELECT r.id FROM submission s JOIN run r ON r.submission = s.id WHERE s.team = ?1)"
#define QUERIES_ERASE \
    [ERASURE_ADD] = { \
        "INSERT OR IGNORE INTO erasure (seq, team, state, message, at_ms) VALUES (?1, ?2," \
        " 'waiting', '', ?3)" \
    }, \
    [ERASURE_NEXT] = { \
        "SELECT seq, team, state, message, at_ms FROM erasure ORDER BY seq LIMIT 1" \
    }, \
    [ERASURE_GET] = { \
        "SELECT seq, team, state, message, at_ms FROM erasure WHERE seq = ?1" \
    }, \
    [ERASURE_OF] = { \
        "SELECT 1 FROM erasure WHERE team = ?1" \
    }, \
    [ERASURE_SAY] = { \
        "UPDATE erasure SET message = ?2 WHERE seq = ?1 AND message <> ?2" \
    }, \
    [ERASURE_WIPING] = { \
        "UPDATE erasure SET team = '', state = 'wiping', message = '' WHERE seq = ?1" \
    }, \
    [ERASURE_DONE] = { \
        "DELETE FROM erasure WHERE seq = ?1" \
    }, \
    [ERASE_CANCEL] = { \
        "UPDATE run SET state = 'cancelled', fence = '', ended_ms = ?2, message = 'This team is" \
        " being erased.' WHERE ended_ms = 0 AND id IN " ERASE_RUNS \
    }, \
    [ERASE_RUN_LIST] = { \
        "SELECT r.id FROM submission s JOIN run r ON r.submission = s.id WHERE s.team = ?1 UNION" \
        " SELECT id FROM batch WHERE team = ?1" \
    }, \
    [ERASE_CACHE_BYTES] = { \
        "SELECT ifnull(sum(bytes), 0) FROM cache_step WHERE team = ?1" \
    }, \
    [ERASE_OLDEST] = { \
        "SELECT min(started_ms) FROM run WHERE state IN ('fetching','building','training'," \
        "'predicting','serving','evaluating','judging')" \
    }, \
    /* in this order: what names a row goes before it */ \
    [ERASE_COMPARISON] = { \
        "DELETE FROM comparison WHERE run IN " ERASE_RUNS " OR other IN " ERASE_RUNS \
    }, \
    [ERASE_REPLAYED] = { "DELETE FROM replayed WHERE run IN " ERASE_RUNS }, \
    [ERASE_STEP] = { "DELETE FROM step WHERE run IN " ERASE_RUNS }, \
    [ERASE_FACT] = { "DELETE FROM fact WHERE run IN " ERASE_RUNS }, \
    [ERASE_POINT] = { "DELETE FROM point WHERE run IN " ERASE_RUNS }, \
    [ERASE_BOARD] = { "DELETE FROM board WHERE team = ?1" }, \
    [ERASE_RELEASE] = { "DELETE FROM release WHERE run IN " ERASE_RUNS }, \
    [ERASE_LADDER] = { "DELETE FROM ladder WHERE team = ?1" }, \
    [ERASE_SCORED] = { "DELETE FROM scored WHERE run IN " ERASE_RUNS }, \
    /* boards that a rescore shows are to be made again */ \
    [ERASE_BATCH_READY] = { \
        "UPDATE batch SET state = 'computing' WHERE state = 'ready' AND team <> ?1 AND id IN" \
        " (SELECT batch FROM batch_run WHERE run IN " ERASE_RUNS ")" \
    }, \
    [ERASE_BATCH_FACT] = { \
        "DELETE FROM batch_fact WHERE run IN " ERASE_RUNS \
    }, \
    [ERASE_BATCH_POINT] = { \
        "DELETE FROM batch_point WHERE run IN " ERASE_RUNS \
    }, \
    [ERASE_BATCH_LADDER] = { "DELETE FROM batch_ladder WHERE team = ?1" }, \
    [ERASE_BATCH_BOARD] = { \
        "DELETE FROM batch_board WHERE team = ?1 OR batch IN (SELECT id FROM batch WHERE team =" \
        " ?1)" \
    }, \
    [ERASE_BATCH_RUN] = { "DELETE FROM batch_run WHERE run IN " ERASE_RUNS }, \
    [ERASE_BATCH] = { "DELETE FROM batch WHERE team = ?1" }, \
    [ERASE_FRESH] = { "DELETE FROM run_fresh WHERE run IN " ERASE_RUNS }, \
    [ERASE_DROPPED] = { "DELETE FROM dropped WHERE run IN " ERASE_RUNS }, \
    [ERASE_AUDIT] = { \
        "DELETE FROM audit WHERE (actor = ?1 AND action = 'pin') OR (action IN ('pause'," \
        " 'resume', 'quota', 'extend', 'pin') AND substr(object, 1, length(?1) + 1) = ?1 || ' ')" \
        " OR substr(object, 1, 26) IN " ERASE_RUNS " OR detail IN " ERASE_RUNS \
    }, \
    [ERASE_RUN] = { "DELETE FROM run WHERE id IN " ERASE_RUNS }, \
    [ERASE_SUBMISSION] = { "DELETE FROM submission WHERE team = ?1" }, \
    [ERASE_PIN] = { "DELETE FROM pin WHERE team = ?1" }, \
    [ERASE_REF] = { "DELETE FROM ref WHERE team = ?1" }, \
    [ERASE_HOOK] = { "DELETE FROM hook WHERE team = ?1" }, \
    [ERASE_INTAKE] = { "DELETE FROM intake WHERE team = ?1" }, \
    [ERASE_DEADLINE] = { "DELETE FROM deadline WHERE team = ?1" }, \
    [ERASE_QUOTA] = { "DELETE FROM quota WHERE team = ?1" }, \
    [ERASE_GIVEN] = { "DELETE FROM given WHERE team = ?1" }, \
    [ERASE_EXTENSION] = { "DELETE FROM extension WHERE team = ?1" }, \
    [ERASE_BUDGET] = { "DELETE FROM budget WHERE team = ?1" }, \
    [ERASE_PAUSE] = { "DELETE FROM pause WHERE team = ?1" }, \
    [ERASE_CACHE] = { "DELETE FROM cache_step WHERE team = ?1" }, \
    [ERASE_COMPARE_DUE] = { "DELETE FROM compare_due WHERE team = ?1" }, \
    [ERASE_TEAM] = { "DELETE FROM team WHERE id = ?1" }, \
    [VERSION_LIST] = { "SELECT files FROM version" }, \
    [DIGESTS_OPEN] = { \
        "SELECT p.run, p.log FROM step p WHERE p.log <> '' AND p.heldout = 0 AND p.run NOT IN " \
        ERASE_RUNS \
    }, \
    [DIGESTS_SEALED] = { \
        "SELECT b.run, b.result FROM batch_run b WHERE b.result <> '' AND b.run NOT IN " \
        ERASE_RUNS \
    },

#define QUERIES_SEALED_ERASE \
    [ERASE_PREDICTION] = { "DELETE FROM prediction WHERE run = ?1" }, \
    [ERASE_VALUE] = { "DELETE FROM value WHERE run = ?1" }, \
    [ERASE_MEASURE] = { "DELETE FROM measure WHERE run = ?1" }, \
    [ERASE_BATCH_PREDICTION] = { "DELETE FROM batch_prediction WHERE run = ?1" }, \
    [ERASE_BATCH_VALUE] = { "DELETE FROM batch_value WHERE run = ?1" }, \
    [ERASE_RECORD] = { "DELETE FROM batch_record WHERE batch = ?1" }, \
    [SEALED_DIGESTS] = { \
        "SELECT run, sha256 FROM prediction UNION ALL SELECT run, sha256 FROM batch_prediction" \
        " UNION ALL SELECT batch, sha256 FROM batch_record" \
    }, \
    [SEALED_LOGS] = { "SELECT run, log FROM measure WHERE log <> ''" },
/* clang-format on */
