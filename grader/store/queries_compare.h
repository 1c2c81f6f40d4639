/* The statements of comparisons between versions: rows of the table in queries.c. */
#pragma once

/* clang-format off */
#define QUERIES_COMPARE                                                                            \
    [COMPARE_DUE] = {                                                                              \
        "SELECT d.team, d.task, (SELECT max(m.seq) FROM compare_due m WHERE m.team = d.team AND"   \
        " m.task = d.task) FROM compare_due d ORDER BY d.seq LIMIT 1"                              \
    },                                                                                             \
    /* newest first; under a ladder (?4) only those whose own value was released: the first of */  \
    /* each score */                                                                               \
    [COMPARE_VERSIONS] = {                                                                         \
        "SELECT e.run, e.score, EXISTS (SELECT 1 FROM pin p WHERE p.team = s.team AND"             \
        " (p.submission = s.id OR p.commit_id = s.commit_id)) FROM release e JOIN scored d ON"     \
        " d.run = e.run AND d.scoring = ?3 JOIN run r ON r.id = e.run JOIN submission s ON s.id =" \
        " r.submission WHERE e.task = ?2 AND e.team = ?1 AND NOT EXISTS (SELECT 1 FROM dropped k"  \
        " WHERE k.run = e.run AND k.files = 1) AND (NOT ?4 OR NOT EXISTS (SELECT 1 FROM"           \
        " release f JOIN scored g ON g.run = f.run AND g.scoring = ?3 WHERE f.task = ?2 AND"       \
        " f.team = ?1 AND f.score = e.score AND (f.released_ms, f.run) < (e.released_ms,"          \
        " e.run))) ORDER BY e.submitted_ms DESC, e.run DESC LIMIT 500"                             \
    },                                                                                             \
    [COMPARE_BASELINES] = {                                                                        \
        "SELECT b.run FROM board b JOIN scored d ON d.run = b.run AND d.scoring = ?2 WHERE b.task" \
        " = ?1 AND b.baseline = 1 ORDER BY b.position LIMIT 8"                                     \
    },                                                                                             \
    /* of this scoring, and what a later one has made untrue */                                    \
    [COMPARE_CLEAR] = {                                                                            \
        "DELETE FROM comparison WHERE run IN (SELECT e.run FROM release e WHERE e.task = ?2 AND"   \
        " e.team = ?1) AND (scoring = ?3 OR scoring <> (SELECT d.scoring FROM scored d WHERE"      \
        " d.run = comparison.run))"                                                                \
    },                                                                                             \
    [COMPARE_ADD] = {                                                                              \
        "INSERT INTO comparison (run, other, scoring, verdict, release) VALUES (?1, ?2, ?3, ?4,"   \
        " ?5)"                                                                                     \
    },                                                                                             \
    [COMPARE_DONE] = {                                                                             \
        "DELETE FROM compare_due WHERE team = ?1 AND task = ?2 AND seq <= ?3"                      \
    },
/* clang-format on */
