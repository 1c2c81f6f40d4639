/*
 * Every SQL statement of the grader, by name. The texts stand in queries.c; each is prepared when
 * the store is opened, so a typo fails at start. Pages have their own table in grader/view.c and
 * cannot reach these.
 */
#pragma once

#include "grader/store/db.h"

enum store_query {
    META_GET,
    META_SET,
    VERSION_ADD,
    TASK_CLEAR,
    TASK_ADD,
    TEAM_PUT,
    TEAM_LOOK,
    TEAM_LOOKED,
    TEAM_SERVED,
    BUDGET_PUT,
    PAUSE_PUT,
    PAUSE_END,
    PAUSE_FIND,
    REF_GET,
    REF_PUT,
    REF_SEEN,
    REF_LIST,
    SUBMISSION_ADD,
    SUBMISSION_PUSHED,
    HOOK_ADD,
    INTAKE_HOOK,
    INTAKE_NOTE,
    INTAKE_SEEN,
    INTAKE_LIST,
    DEADLINE_ADD,
    SUBMISSION_TASK,
    RUN_ADD,
    RUN_WAITS_SINCE,
    RUN_SUPERSEDE,
    RUN_CLASS,
    RUN_RESCORING,
    RUN_NEXT,
    RUN_CLAIM,
    RUN_CLAIMED,
    RUN_HEARTBEAT,
    RUN_STATE,
    RUN_FINISH,
    RUN_RELEASE,
    RUN_CANCEL,
    RUN_SWEEP,
    RUN_GIVE_UP,
    RUN_GIVE_UP_ONE,
    RUN_AWAKE,
    RUN_ENDED,
    STEP_CLEAR,
    STEP_PUT,
    STEP_TAIL,
    STEP_STOP,
    FACT_CLEAR,
    FACT_ADD,
    POINT_CLEAR,
    POINT_ADD,
    POINT_MARK,
    RELEASE_ADD,
    LADDER_GET,
    LADDER_PUT,
    BOARD_CLEAR,
    BOARD_SOURCE,
    BOARD_ADD,
    CACHE_GET,
    CACHE_PUT,
    CACHE_USE,
    CACHE_DROP,
    CACHE_BYTES,
    CACHE_OLDEST,
    CACHE_KEYS,
    CACHE_TEAM,
    FRESH_ADD,
    FRESH_GET,
    AUDIT_ADD,
    RECEIPT_OF,
    SCORED_PUT,
    RUN_AGAIN,
    RUN_ENDED_WELL,
    RUN_AGAIN_ENDED,
    VERSION_FILES,
    REPLAYED_ADD,
    REPLAYED_LIST,
    STORE_QUERY_COUNT,
};
extern const struct query store_queries[STORE_QUERY_COUNT];

enum inbox_query {
    EVENT_ADD,
    EVENT_NEXT,
    EVENT_FIND,
    EVENT_UNANSWERED,
    EVENT_ONCE,
    EVENT_NEWEST,
    EVENT_LAST,
    INBOX_QUERY_COUNT
};
extern const struct query inbox_queries[INBOX_QUERY_COUNT];

enum sealed_query {
    SECRET_ADD,
    SECRET_GET,
    PREDICTION_PUT,
    PREDICTION_GET,
    VALUE_PUT,
    MEASURE_PUT,
    SEALED_QUERY_COUNT,
};
extern const struct query sealed_queries[SEALED_QUERY_COUNT];

/* Zero-ended lists of SQL texts, one a version. */
extern const char *const store_migrations[];
extern const char *const inbox_migrations[];
extern const char *const sealed_migrations[];
