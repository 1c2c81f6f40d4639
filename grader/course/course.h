/*
 * The course as its directory says it: course.yaml, teams.csv, roster.csv. Plain data in one
 * arena; texts are zero-ended. Loading says all that is wrong at once.
 */
#pragma once

#include "core/base/fields.h"
#include "core/base/json.h"
#include "core/base/zone.h"

struct rubric;

#define COURSE_KINDS                                                                               \
    "binary", "multiclass", "regression", "forecast", "ranking", "clustering", "text",             \
        "detection", "multilabel"
enum course_kind {
    COURSE_KIND_BINARY,
    COURSE_KIND_MULTICLASS,
    COURSE_KIND_REGRESSION,
    COURSE_KIND_FORECAST,
    COURSE_KIND_RANKING,
    COURSE_KIND_CLUSTERING,
    COURSE_KIND_TEXT,
    COURSE_KIND_DETECTION,
    COURSE_KIND_MULTILABEL,
};

#define COURSE_NEEDS "writeup", "claims", "model", "serve", "comparison", "architecture", "answers"
enum course_need {
    COURSE_NEED_WRITEUP =
        1 << 0, /* bits of course_deliverable.needs, in the order of COURSE_NEEDS */
    COURSE_NEED_CLAIMS = 1 << 1,
    COURSE_NEED_MODEL = 1 << 2,
    COURSE_NEED_SERVE = 1 << 3,
    COURSE_NEED_COMPARISON = 1 << 4,
    COURSE_NEED_ARCHITECTURE = 1 << 5,
    COURSE_NEED_ANSWERS = 1 << 6,
};

enum course_visibility {
    COURSE_VISIBILITY_NAMES,
    COURSE_VISIBILITY_PSEUDONYM,
    COURSE_VISIBILITY_STAFF
};
enum course_release { COURSE_RELEASE_ROUNDED, COURSE_RELEASE_LADDER };

struct course_git {
    struct str_list allow; /* URL patterns; * is one path segment */
    struct str
        local; /* directory beneath which file: is allowed, relative to the course; or empty */
    bool allow_private;             /* private and loopback addresses may be connected to */
    struct str branch;              /* trigger.branch, "main" */
    struct str tag;                 /* trigger.tag: a pattern whose * ends it, as in submit/NAME */
    struct str_list ignore_authors; /* patterns; a tip by one of them is not graded */
    int64_t debounce_s;             /* pushes to the branch within it make one run */
    int64_t poll_s;
    int64_t max_repo_mb;
};

struct course_environment {
    struct str name;
    struct str root; /* "host" or a directory, relative to the course */
    int line;
};

struct course_limits {
    int64_t build_s, train_s, predict_s, serve_s; /* CPU seconds of the tree divided by cpus */
    int64_t memory_mb, pids, disk_mb, cpus;
    int64_t runs_per_day, runs_total;
};

struct course_metric {
    struct str key;
    bool primary;
    int line;
};

struct course_task {
    struct str id;
    struct str title;     /* the id when not given */
    int kind;             /* enum course_kind */
    struct str target;    /* empty: the kind has none, see course_kind.h */
    struct str id_column; /* "id"; of a ranking "query" */
    int64_t season;       /* forecast: rows of a season; 1: none */
    const struct course_metric *metrics;
    size_t metric_count;
    size_t primary_at; /* of metrics */
    struct course_limits limits;
    int64_t seeds;
    bool repeat; /* the first seed twice: does it give the same? */
    struct str_list baselines;
    int line, target_line, id_line, season_line; /* of `target` and so on, 0: not given */
};

struct course_late {
    int rule;              /* enum late_rule (grader/course/deliverable.h); -1 not given */
    int64_t days;          /* most late days on it; -1: as many as the team has */
    double percent, floor; /* of the possible points */
    int per;               /* 0 day, 1 hour */
};

struct course_deliverable {
    struct str id;
    struct str_list tasks; /* ids, each known */
    int64_t due_ms;
    unsigned needs; /* bits of enum course_need */
    int64_t grace_min;
    int count; /* enum deliver_rule (grader/course/deliverable.h): which version counts */
    struct course_late late;
    int line;
};

struct course_board {
    int visibility; /* enum course_visibility */
    int release;    /* enum course_release */
    int64_t digits;
    double eta; /* ladder: steps of metrics within 0..1; 0: as much as noise explains */
};

/* How long files of runs are kept that no longer count (grader/tidy/retain.h). 0: always. */
struct course_keep {
    int64_t runs_days, logs_days, artifacts_mb;
    int64_t environments_days; /* unpacked ones that the course no longer names */
};

/* A forge whose statuses can be set, beside those that everybody knows. */
struct course_forge {
    struct str host; /* of the repositories' addresses */
    int kind;        /* enum forge_kind, grader/outbound/forge.h */
    struct str api;  /* https://…; empty: where such a forge has it */
    int line;
};

#define COURSE_EVENTS "run.ended", "board.changed"
enum course_event { COURSE_EVENT_RUN_ENDED = 1 << 0, COURSE_EVENT_BOARD_CHANGED = 1 << 1 };
struct course_webhook {
    struct str name; /* of its file in secrets/grader/webhooks */
    struct str url;
    unsigned events; /* bits of enum course_event */
    int line;
};

struct course_announce {
    bool statuses;      /* commit statuses are set at the repositories' forges */
    bool allow_private; /* private and loopback addresses may be told */
    struct str url;     /* where the pages are, as people reach them; empty: not said */
    const struct course_forge *forges;
    size_t forge_count;
    const struct course_webhook *webhooks;
    size_t webhook_count;
};

struct course_team {
    struct str id;
    struct str name;
    struct str repository;
    struct str_list tasks;
    bool tasks_empty;    /* the column is there and the cell was empty: stands for every task */
    size_t member_count; /* in roster.csv */
    int line;
};

struct course_student {
    struct str identifier;
    struct str github_username;
    struct str name;
    struct str team; /* empty: none yet */
    int64_t late_days;
    int line;
};

struct course {
    struct str id, title, timezone;
    struct zone zone; /* of timezone */
    struct course_git git;
    bool allow_degraded;  /* box.allow_degraded */
    int64_t cache_max_mb; /* cache.max_mb: of kept steps; 0: none are kept */
    struct course_keep keep;
    int64_t disk_guard_mb; /* no run begins with less room for state/; 0: not looked at */
    int64_t per_team;      /* queue.per_team: runs of a team under way together */
    struct course_board board;
    struct course_announce announce;
    const struct course_environment *environments;
    size_t environment_count;
    const struct course_task *tasks;
    size_t task_count;
    const struct course_deliverable *deliverables; /* as written */
    size_t deliverable_count;
    const struct course_team *teams;
    size_t team_count;
    bool teams_unread; /* lines of teams.csv could not be read: other teams may exist */
    const struct course_student *students;
    size_t student_count;
};

/* All but rubric and data. False with at least one line in `to`. roster.csv may be missing. */
bool course_load(struct arena *arena, int course_dir, struct course *out, struct complaints *to);

/* course.yaml alone, teams and students left empty. */
bool course_parse(struct arena *arena, struct str yaml, struct course *out, struct complaints *to);
/*
 * teams.csv and roster.csv of a course that was parsed. A student of an unknown team is kept:
 * `holdout check` says so, a running course goes on.
 */
bool course_teams_parse(struct arena *arena, struct str csv, struct course *course,
                        struct complaints *to);
bool course_roster_parse(struct arena *arena, struct str csv, struct course *course,
                         struct complaints *to);

/* rubric.yaml, checked against the course's tasks, metrics and the known facts. */
bool course_load_rubric(struct arena *arena, int course_dir, const struct course *course,
                        struct rubric *out, struct complaints *to);

/* By id; NULL when there is none. */
const struct course_task *course_task_find(const struct course *course, struct str id);
const struct course_team *course_team_find(const struct course *course, struct str id);
const struct course_deliverable *course_deliverable_find(const struct course *course,
                                                         struct str id);
const struct course_webhook *course_webhook_find(const struct course *course, struct str name);
const struct course_environment *course_environment_find(const struct course *course,
                                                         struct str name);
/* A metric of the task by its key; NULL when it is not measured. */
const struct course_metric *course_task_metric_find(const struct course_task *task, struct str key);
bool course_has(const struct str_list *list, struct str id);
/* The deliverable of this task that is due first, not before now_ms; else the last; or NULL. */
const struct course_deliverable *course_deliverable_open(const struct course *course,
                                                         struct str task, int64_t now_ms);
/* Late days of a team: the least that one of its members has; 0 without members. */
int64_t course_late_days(const struct course *course, struct str team);
/* Is this "Name <email>" one of git.ignore_authors? `*` stands for any characters. */
bool course_git_ignores(const struct course_git *git, struct str person);
/* The deliverable that a tag final/ID pins a version for; NULL for any other ref. */
const struct course_deliverable *course_pinned_by(const struct course *course, struct str ref);
const char *course_kind_name(int kind);
/* {"build_s", "train_s", "predict_s", "serve_s", "memory_mb", "pids", "disk_mb", "cpus"} */
void course_limits_json(struct json_out *out, const char *key, const struct course_limits *limits);
