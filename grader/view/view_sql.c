/* The table of all statements by which pages, API and status read the store. */
#include "grader/view/view_sql.h"
#include "grader/store/queries.h"
#include "grader/store/queries_board.h"

#define WAITING "('received','queued')"
#define RUNNING "('fetching','building','training','predicting','serving','evaluating','judging')"
#define ACTIVE                                                                                     \
    "('received','queued','fetching','building','training','predicting','serving','evaluating',"   \
    "'judging')"

/* a score by another rule than the board's stands beside none of its scores */
#define RELEASED " release e ON e.run = r.id AND" BY_RULE("e")
#define RUN_COLUMNS                                                                                \
    "r.id, s.team, t.name, t.pseudonym, t.staff, s.task, s.deliverable, r.state, r.verdict,"       \
    " r.step, r.message, s.commit_id, s.ref, s.received_ms, s.judged_ms, r.started_ms,"            \
    " r.ended_ms, r.not_before_ms, r.attempt, r.state NOT IN " ACTIVE ", e.score"
#define RUN_TABLES                                                                                 \
    " FROM run r CROSS JOIN submission s ON s.id = r.submission JOIN team t ON t.id = s.team"      \
    " LEFT JOIN" RELEASED
/* As the queue claims them (grader/store/queries.c), after those that run. */
#define TURN " ORDER BY r.state = 'queued', r.priority, t.served_ms, r.created_ms, s.event_seq"
#define MOST " LIMIT 5000"

const struct query view_queries[VIEW_QUERY_COUNT] = {
    [VIEW_COURSE_FAULT] = { "SELECT value FROM meta WHERE name = 'course_fault'" },
    [VIEW_STATES] = { "SELECT state, verdict, count(*), max(ended_ms) FROM run GROUP BY state,"
                      " verdict" },
    [VIEW_OLDEST] = { "SELECT min(created_ms) FROM run WHERE state IN " WAITING },
    [VIEW_SPREAD] = { "SELECT started_ms - created_ms, ended_ms - started_ms FROM run INDEXED BY"
                      " run_measured WHERE ended_ms > 0 AND started_ms > 0" },
    [VIEW_STEP_MEANS] = { "SELECT name, avg(wall_us), avg(cpu_us), count(*) FROM step WHERE state ="
                          " 'done' AND run IN (SELECT id FROM run WHERE ended_ms > 0 ORDER BY id"
                          " DESC LIMIT 100) GROUP BY name" },
    [VIEW_LOOKS] = { "SELECT state, count(*), min(looked_ms) FROM team WHERE staff = 0 GROUP BY"
                     " state" },
    [VIEW_COUNTS] = { "SELECT (SELECT count(*) FROM team WHERE staff = 0),"
                      " (SELECT count(*) FROM run WHERE state IN " WAITING "),"
                      " (SELECT count(*) FROM run WHERE state IN " RUNNING "),"
                      " (SELECT count(*) FROM run) -"
                      " (SELECT count(*) FROM run WHERE state IN " ACTIVE ")" },
    /* scores are by the board's rule until a rescore is applied: so are the words about them */
    [VIEW_TASKS] = { "SELECT t.id, t.title, t.kind, ifnull(u.metric, t.metric),"
                     " ifnull(u.higher_is_better, t.higher_is_better), ifnull(u.digits, t.digits),"
                     " ifnull(u.public_rows, t.public_rows), t.detail, u.digest <> c.board,"
                     " t.metric, u.ladder, u.metric_title FROM task t LEFT JOIN board_rule u ON"
                     " u.task = t.id LEFT JOIN scoring c ON c.task = t.id"
                     " ORDER BY t.position" MOST },
    [VIEW_BOARD] = { "SELECT b.rank_low, b.rank_high, t.id, t.name, t.pseudonym, b.run, b.score,"
                     " b.low, b.high, b.submitted_ms, b.commit_id, b.entries, b.baseline"
                     " FROM board b JOIN team t ON t.id = b.team WHERE b.task = ?1"
                     " ORDER BY b.position" MOST },
    [VIEW_BOARD_DUE] = { "SELECT count(*) FROM board_due WHERE task = ?1" },
    /* of all on a board, or of one team: the newest ?3 of each, oldest first */
    [VIEW_RELEASES] = { "SELECT e.team, e.run, e.score, e.low, e.high, e.submitted_ms FROM (SELECT"
                        " id AS team FROM team WHERE id = ?2 UNION ALL SELECT team FROM board WHERE"
                        " ?2 = '' AND task = ?1) b CROSS JOIN release e ON e.task = ?1 AND e.team ="
                        " b.team AND e.submitted_ms >= ifnull((SELECT n.submitted_ms FROM release n"
                        " WHERE n.task = ?1 AND n.team = b.team ORDER BY n.submitted_ms DESC LIMIT"
                        " 1 OFFSET ?3 - 1), 0) AND" BY_RULE(
                            "e") " ORDER BY e.team, e.submitted_ms, e.run LIMIT 20000" },
    /*
     * Which tasks each team has versions of, task by task, and the newest of each; what is done
     * again is for the staff alone.
     */
    [VIEW_LATEST] = { "WITH RECURSIVE pair (team, task) AS (SELECT k.id, (SELECT"
                      " min(s.task) FROM submission s WHERE s.team = k.id) FROM team k UNION ALL"
                      " SELECT team, (SELECT min(s.task) FROM submission s WHERE s.team ="
                      " pair.team AND s.task > pair.task) FROM pair WHERE task IS NOT NULL)"
                      " SELECT " RUN_COLUMNS " FROM pair CROSS JOIN run r ON r.id = (SELECT n.id"
                      " FROM submission m CROSS JOIN run n ON n.submission = m.id AND n.purpose ="
                      " '' WHERE m.team = pair.team AND m.task = pair.task ORDER BY m.received_ms"
                      " DESC, m.event_seq DESC LIMIT 1) CROSS JOIN submission s ON s.id ="
                      " r.submission CROSS JOIN team t ON t.id = s.team LEFT JOIN" RELEASED
                      " ORDER BY t.name, s.task" MOST },
    [VIEW_ACTIVE] = { "SELECT " RUN_COLUMNS RUN_TABLES
                      " WHERE r.purpose = '' AND r.state IN " ACTIVE TURN MOST },
    [VIEW_RECENT] = { "SELECT " RUN_COLUMNS RUN_TABLES " WHERE r.purpose = ''"
                      " ORDER BY r.id DESC LIMIT 100" },
    [VIEW_OF_TEAM] = { "SELECT " RUN_COLUMNS " FROM submission s CROSS JOIN run r ON r.submission ="
                       " s.id JOIN team t ON t.id = s.team LEFT JOIN" RELEASED
                       " WHERE s.team = ?1 AND r.purpose = ''"
                       " ORDER BY r.created_ms DESC, r.id DESC LIMIT ?3 OFFSET ?2" },
    [VIEW_OF_TASK] = { "SELECT " RUN_COLUMNS RUN_TABLES
                       " WHERE r.purpose = '' AND r.state IN " ACTIVE
                       " AND s.task = ?1" TURN MOST },
    [VIEW_ONE] = { "SELECT " RUN_COLUMNS ", r.detail" RUN_TABLES " WHERE r.id = ?1"
                   " AND (r.purpose = '' OR ?2)" },
    [VIEW_STEPS] = { "SELECT name, seed_at, state, verdict, heldout, cached, started_ms, wall_us,"
                     " cpu_us, memory_peak_bytes, message, tail FROM step WHERE run = ?1"
                     " ORDER BY position LIMIT 200" },
    [VIEW_FACTS] = { "SELECT name, rows, audience, value, unit, low, high FROM fact"
                     " WHERE run = ?1 ORDER BY name, rows LIMIT 1000" },
    [VIEW_POINTS] = { "SELECT question, title, most, state, points, reason, marked_by, audience"
                      " FROM point WHERE run = ?1 ORDER BY position, question LIMIT 500" },
    [VIEW_OUTDATED] = { "SELECT coalesce(sum((SELECT count(*) FROM scored d WHERE d.task = c.task"
                        " AND d.scoring < c.digest) + (SELECT count(*) FROM scored d WHERE d.task"
                        " = c.task AND d.scoring > c.digest) - (SELECT count(*) FROM dropped k"
                        " JOIN scored d ON d.run = k.run WHERE k.files = 1 AND d.task = c.task AND"
                        " d.scoring <> c.digest)), 0) FROM scoring c WHERE ?1 = '' OR c.task ="
                        " ?1" },
    [VIEW_BOARD_STAYS] = { "SELECT 1 FROM board_rule u JOIN board b ON b.task = u.task AND"
                           " b.baseline = 0 WHERE u.task = ?1 AND u.digest <> ?2 LIMIT 1" },
    [VIEW_DROPPED] = { "SELECT files FROM dropped WHERE run = ?1" },
    [VIEW_KEPT] = { "SELECT files, bytes, at_ms, (SELECT count(*) FROM dropped WHERE files = 1),"
                    " (SELECT count(*) FROM dropped WHERE files = 0) FROM kept" },
    [VIEW_META] = { "SELECT value FROM meta WHERE name = ?1" },
    [VIEW_PAUSES] = { "SELECT p.team, coalesce(t.pseudonym, ''), p.task, p.reason, p.since_ms FROM"
                      " pause p LEFT JOIN team t ON t.id = p.team ORDER BY p.team, p.task LIMIT"
                      " 100" },
    [VIEW_TURN_TEAMS] = { "SELECT id, served_ms FROM team ORDER BY id LIMIT 20000" },
    [VIEW_TURN_RUNNING] = { "SELECT r.id, s.team, s.task, r.priority, r.purpose <> '',"
                            " r.started_ms, 0 FROM run r JOIN submission s ON s.id ="
                            " r.submission WHERE r.state IN " RUNNING
                            " ORDER BY r.started_ms" MOST },
    /* oldest first, as the queue takes them within a team */
    [VIEW_TURN_WAITING] = { "SELECT r.id, s.team, s.task, r.priority, r.purpose <> '',"
                            " r.not_before_ms, EXISTS (SELECT 1 FROM pause p WHERE p.team IN ('',"
                            " s.team) AND p.task IN ('', s.task)) FROM run r JOIN submission s ON"
                            " s.id = r.submission WHERE r.state = 'queued' ORDER BY r.priority,"
                            " r.created_ms, s.event_seq, r.id" MOST },
    [VIEW_TOOK_TEAM] = { "SELECT r.ended_ms - r.started_ms FROM submission s CROSS JOIN run r ON"
                         " r.submission = s.id WHERE s.team = ?1 AND s.task = ?2 AND r.state ="
                         " 'done' AND r.ended_ms > r.started_ms ORDER BY s.received_ms DESC LIMIT"
                         " ?3" },
    [VIEW_TOOK_TASK] = { "SELECT r.ended_ms - r.started_ms FROM submission s CROSS JOIN run r ON"
                         " r.submission = s.id WHERE s.task = ?1 AND r.state = 'done' AND"
                         " r.ended_ms > r.started_ms ORDER BY s.received_ms DESC LIMIT ?2" },
    /* numbered task by task in the order of receipt */
    [VIEW_VERSIONS] = { "SELECT s.id, r.id, s.task, s.deliverable, s.commit_id, s.ref,"
                        " s.received_ms, s.judged_ms, r.state, e.score, row_number() OVER"
                        " (PARTITION BY s.task ORDER BY s.received_ms, s.event_seq), r.verdict"
                        " FROM submission s JOIN run r ON r.submission = s.id AND r.purpose = ''"
                        " LEFT JOIN" RELEASED " WHERE s.team = ?1 ORDER BY"
                        " s.received_ms, s.event_seq" MOST },
    [VIEW_PINS] = { "SELECT submission, commit_id, at_ms, staff FROM pin WHERE team = ?1 AND"
                    " deliverable = ?2 ORDER BY seq LIMIT 1000" },
    [VIEW_EXTENSION] = { "SELECT until_ms, by_ms, reason FROM extension WHERE team = ?1 AND"
                         " deliverable = ?2" },
    [VIEW_POINT_SUM] = { "SELECT coalesce(sum(points), 0), sum(most), count(*) FROM point WHERE"
                         " run = ?1 AND audience <> 'staff'" },
    [VIEW_BUDGET] = { "SELECT members, late_days, tasks FROM budget WHERE team = ?1" },
    [VIEW_QUOTA] = { SQL_QUOTA_FIND },
    [VIEW_GIVEN] = { SQL_GIVEN_FIND },
    [VIEW_TRIES] = { SQL_TRIES_USED },
    [VIEW_TEAMS] = { "SELECT id, name, pseudonym, staff, repository, state, message, looked_ms,"
                     " ifnull(hook_ms, 0), ifnull(hook_forge, ''), ifnull(note, '')"
                     " FROM team LEFT JOIN intake ON intake.team = team.id"
                     " ORDER BY staff, name, id" MOST },
    /* only while both stand as they were compared, and by the rule in force */
    [VIEW_COMPARED] = { "SELECT c.run, c.other, c.verdict, a.score, b.score, t.staff, t.name FROM"
                        " release a JOIN comparison c ON c.run = a.run JOIN release b ON b.run ="
                        " c.other JOIN team t ON t.id = b.team JOIN scored d ON d.run = c.run AND"
                        " d.scoring = c.scoring JOIN scored o ON o.run = c.other AND o.scoring ="
                        " c.scoring WHERE a.task = ?1 AND a.team = ?2 AND c.release = ?3 ORDER BY"
                        " a.submitted_ms DESC, c.run DESC, t.staff, b.score, c.other LIMIT 400" },
    [VIEW_REPOSITORIES] = { "SELECT id, repository FROM team WHERE staff = 0" MOST },
    [VIEW_OUTBOX] = { "SELECT id, event, target, run, task, state, error, attempts, next_ms,"
                      " created_ms, ended_ms FROM outbox WHERE ?1 = 0 OR state = 'dead'"
                      " ORDER BY seq DESC" MOST },
};
