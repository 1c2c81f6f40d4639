/*
 * The window out: what pages, API and `holdout status` may show of store.db, read only, cut to the
 * viewer. Everything that decides who sees what stands behind this header; pages only write down
 * what they get. Results live as long as the arena passed in. A view belongs to one thread at a
 * time.
 *
 * Masked (`visibility: pseudonym` and not staff): teams appear under their pseudonyms in the order
 * of these; commit and exact times are absent, and so are run ids in lists (a ULID tells its
 * millisecond). Who knows a run's id sees its page.
 */
#pragma once

#include "core/base/json.h"

enum viewer { VIEWER_PUBLIC, VIEWER_TEAM, VIEWER_STAFF };

struct view;

/* state_dir/store.db; NULL and a fault while there is none. */
struct view *view_open(const char *state_dir, struct fault *why);
void view_close(struct view *view); /* NULL is fine */
void view_scoped(struct view **view);

/* Changes whenever the store changed; only differences mean something. */
int64_t view_changed(struct view *view);

/* All that is read between the two is of one moment. */
bool view_begin(struct view *view, struct fault *why);
void view_end(struct view *view);

struct view_course {
    bool loaded; /* false: the grader has not taken over the course yet; all else is empty */
    struct str id;
    struct str title;
    struct str timezone;
    struct str visibility; /* names pseudonym staff */
    struct str release;    /* rounded ladder */
    struct str fault;      /* staff only: why the newest files are not in force; "" they are */
    bool disk_low;         /* nothing is begun: too little room, grader/service/disk_guard.h */
};
bool view_course(struct view *view, struct arena *arena, struct view_course *out,
                 struct fault *why);

/* When the grader last touched DIR/beat, as it does when at work; 0 never. UTC milliseconds. */
#define VIEW_BEAT_FILE "beat"
int64_t view_beat_ms(const char *state_dir);

/* What an operator watches: numbers without a team or a person. */
#define VIEW_SPREAD_BOUNDS                                                                         \
    {                                                                                              \
        1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400                     \
    }
#define VIEW_SPREAD_COUNT 15
struct view_spread {
    int64_t
        at_most[VIEW_SPREAD_COUNT]; /* runs with up to that many seconds; each holds the former */
    int64_t count;
    double sum_s;
};
struct view_metrics {
    struct view_state {
        struct str state, verdict;
        int64_t count;
    } * states;
    struct view_step_mean {
        struct str name;
        double wall_s, cpu_s;
        int64_t count; /* among the newest 100 runs */
    } * steps;
    struct view_look {
        struct str state; /* of a repository */
        int64_t teams, oldest_ms;
    } * looks;
    size_t state_count, step_count, look_count;
    int64_t oldest_ms, newest_end_ms; /* 0: none */
    struct view_spread waited, graded;
};
bool view_metrics(struct view *view, struct arena *arena, struct view_metrics *out,
                  struct fault *why);

struct view_counts {
    int64_t teams; /* without staff */
    int64_t waiting;
    int64_t running;
    int64_t ended;
};
bool view_counts(struct view *view, struct view_counts *out, struct fault *why);

/* Runs of the task ("" all) that were scored with an earlier version of it, or of the rubric. */
bool view_outdated(struct view *view, struct str task, int64_t *count, struct fault *why);

/* What teams can name as environment:, as the grader found it when it last looked. */
struct view_environment {
    struct str name;
    struct str what;   /* "directory env/python", "image python:3.11", … */
    struct str digest; /* empty: it could not be opened */
    struct str state;  /* usable unusable unknown (not tried yet) */
    struct str *has;   /* "Python 3.11.2 (numpy 1.24.2; pandas 1.5.3)", … */
    size_t has_count;
    struct str lacks; /* staff only: why it is unusable */
};
struct view_environments {
    struct view_environment *at;
    size_t count;
};
bool view_environments(struct view *view, struct arena *arena, enum viewer viewer,
                       struct view_environments *out, struct fault *why);
/* Is the task's board by another digest (grader/course/scoring.h), with a team on it? */
bool view_board_stays(struct view *view, struct str task, const char *digest, bool *stays,
                      struct fault *why);

/* What is kept of runs, where the course limits that; all 0 where it does not. */
struct view_kept {
    int64_t files, bytes, at_ms;         /* of artifacts and sealed files, at the last look */
    int64_t without_files, without_logs; /* runs of which these are no longer kept */
};
bool view_kept(struct view *view, struct view_kept *out, struct fault *why);

struct view_deliverable {
    struct str id;
    int64_t due_ms;
};

struct view_task {
    struct str id;
    struct str title;
    struct str kind;
    struct str metric;
    struct str metric_title; /* for people */
    bool higher_is_better;
    int digits;
    int64_t public_rows;
    bool ladder;                      /* scores are released when they are significantly better */
    bool rescore_due;                 /* the course has changed: board and scores, and metric to */
                                      /* ladder here, are by the version before */
    struct str coming, coming_title;  /* then the metric that the course names */
    int64_t seeds;                    /* 0 unknown */
    int64_t runs_per_day, runs_total; /* 0: no limit */
    const struct json *limits;
    const struct json *metrics;
    struct view_deliverable *deliverables;
    size_t deliverable_count;
};
struct view_tasks {
    struct view_task *at;
    size_t count;
};
bool view_tasks(struct view *view, struct arena *arena, struct view_tasks *out, struct fault *why);
const struct view_task *view_task_find(const struct view_tasks *tasks, struct str id);

struct view_release {
    struct str run; /* empty when masked */
    double score;
    double low;
    double high;
    int64_t submitted_ms; /* 0 when masked */
};

struct view_row {
    int64_t rank_low;
    int64_t rank_high;
    struct str team; /* key in addresses: the slug, or the pseudonym */
    struct str name; /* what people read */
    struct str run;  /* empty when masked */
    double score;
    double low;
    double high;
    int64_t submitted_ms; /* 0 when masked */
    struct str commit;    /* empty when masked */
    int64_t entries;
    bool baseline;
    struct view_release *history; /* oldest first */
    size_t history_count;
};
struct view_board {
    struct str task;
    struct str metric;
    bool hidden;    /* from this viewer */
    bool ladder;    /* as in view_task */
    int64_t coming; /* newer results that it was not made with yet */
    struct view_row *rows;
    size_t count;
    struct str *slugs; /* beside rows: who is who; not for showing */
};
bool view_board(struct view *view, struct arena *arena, enum viewer viewer, struct str task,
                struct view_board *out, struct fault *why);
/* Fill in the histories of a board's rows, each as long as a drawing of it is wide, or a
 * little longer: for pages;
 * documents do not need them. */
#define VIEW_HISTORY_MOST 60
bool view_board_histories(struct view *view, struct arena *arena, enum viewer viewer,
                          struct view_board *board, struct fault *why);

/* One run in a list. */
struct view_run {
    struct str id; /* empty when masked */
    struct str team;
    struct str name;
    bool staff;
    struct str task;        /* may be empty */
    struct str deliverable; /* may be empty */
    struct str state;
    struct str verdict; /* empty until it ended */
    struct str step;
    struct str message;
    struct str commit;   /* empty when masked */
    struct str ref;      /* empty when masked */
    int64_t received_ms; /* these five: 0 when masked or not yet */
    int64_t pushed_ms;
    int64_t started_ms;
    int64_t ended_ms;
    int64_t not_before_ms;
    int64_t attempt;
    bool ended;
    double score;      /* released; NAN when none */
    int64_t position;  /* of a waiting run: 1 begins first; 0 unknown */
    int64_t starts_ms; /* when it is likely to begin; 0 unknown or masked */
    bool paused;       /* it waits for staff to resume */
};
struct view_runs {
    struct view_run *at;
    size_t count;
    bool more; /* of view_team_runs: there are older ones */
};
enum view_runs_kind {
    VIEW_RUNS_LATEST, /* the newest of each team and task */
    VIEW_RUNS_ACTIVE, /* not ended, in the order of their turn */
    VIEW_RUNS_RECENT, /* newest first */
    VIEW_RUNS_TASK,   /* active ones of the task `which` */
};
bool view_runs(struct view *view, struct arena *arena, enum viewer viewer, enum view_runs_kind kind,
               struct str which, struct view_runs *out, struct fault *why);
/* Those of a team, newest first, VIEW_PIECE at a time: `piece` counts from 0. */
#define VIEW_PIECE 100
bool view_team_runs(struct view *view, struct arena *arena, enum viewer viewer, struct str team,
                    int64_t piece, struct view_runs *out, struct fault *why);

/* ---- the queue ---- */

/* Nothing that a pause covers is begun. */
struct view_pause {
    struct str team; /* key; empty: of every team */
    struct str task; /* empty: of every task */
    struct str reason;
    int64_t since_ms;
};
struct view_pauses {
    struct view_pause *at;
    size_t count;
};
bool view_pauses(struct view *view, struct arena *arena, enum viewer viewer,
                 struct view_pauses *out, struct fault *why);

/*
 * When waiting runs will begin: the queue played forward over the slots, with the median of the
 * team's last runs of the task, else of the task's, else the limits. A guess, in whole seconds.
 */
struct view_turn {
    int64_t position;
    int64_t starts_ms;
    bool paused;
};
struct view_turns {
    struct str *runs; /* ids, not for showing */
    struct view_turn *at;
    size_t count;
};
bool view_turns(struct view *view, struct arena *arena, struct view_turns *out, struct fault *why);
struct view_turn view_turn_of(const struct view_turns *turns, struct str run);

/* ---- what is due, and what counts ---- */

struct view_version {
    int64_t number; /* of the team's versions of the task, from 1 */
    struct str run;
    struct str task;
    struct str deliverable;
    struct str commit;
    struct str ref;
    struct str state;
    struct str verdict;
    int64_t received_ms;
    int64_t judged_ms; /* lateness is judged by it */
    double score;      /* as released; NAN none */
    bool pinned;
    struct str counts_for; /* deliverables; empty: none */
};
struct view_due { /* one deliverable of one task, in the order of due times */
    struct str deliverable;
    struct str task;
    int64_t course_due_ms;
    int64_t due_ms; /* the team's own, after an extension */
    struct str reason;
    int64_t grace_ms;
    struct str rule;  /* latest best pinned */
    struct str terms; /* what lateness costs, in words */
    size_t version;   /* of the versions, the one that counts; SIZE_MAX none */
    struct str why;
    struct str late; /* in words */
    int64_t days;    /* late days that it takes */
    bool takes_percent;
    double points, points_left, possible; /* before and after the percentage; NAN unknown */
    size_t next;                          /* the newest version on its way; SIZE_MAX none */
    struct str next_late;
};
struct view_tries {
    struct str task;
    int64_t used, most;    /* today; most 0: no limit */
    int64_t all, all_most; /* in all */
    int64_t next_ms;       /* when a version pushed now would be graded; 0: today */
};
/* A version beside another one, or a baseline. */
struct view_against {
    int64_t number; /* 0: a baseline */
    struct str run; /* empty when masked, and of baselines */
    struct str baseline;
    bool best, counts;
    double difference;  /* of the released scores: the version's minus this one's */
    struct str verdict; /* of the version: better worse unclear (not beyond noise) unknown */
};
struct view_compared {
    struct str task;
    int64_t number;
    struct str run;    /* empty when masked */
    double score;      /* as released */
    bool best, counts; /* the best score of those compared; counts for a deliverable */
    struct view_against *against;
    size_t against_count;
};
struct view_team_state {
    struct view_version *versions; /* in the order of receipt */
    size_t version_count;
    struct view_compared *compared; /* task by task, newest first; also when masked */
    size_t compared_count;
    struct view_due *dues;
    size_t due_count;
    struct view_tries *tries; /* a row a task */
    size_t try_count;
    int64_t members, late_days, late_left;
};
/* When masked only what was compared: due times and commits would tell who it is. The second reads
 * less: nothing that was compared, and no tries. */
bool view_team_state(struct view *view, struct arena *arena, enum viewer viewer, struct str team,
                     struct view_team_state *out, struct fault *why);
bool view_team_versions(struct view *view, struct arena *arena, enum viewer viewer, struct str team,
                        struct view_team_state *out, struct fault *why);

struct view_step {
    struct str name;
    int64_t seed_at;  /* 1.. of the hidden seeds, 0 none, -1 seed 1 once more */
    struct str state; /* waiting running done failed skipped */
    struct str verdict;
    bool
        /* saw held-out data: only what the team may know is here, once the run has ended */
        heldout;
    bool cached;
    int64_t started_ms; /* 0 unknown, as are the three below when 0 */
    int64_t wall_us;
    int64_t cpu_us;
    int64_t memory_peak_bytes;
    struct str message;
    struct str tail;
};
struct view_fact {
    struct str name;
    struct str rows;
    struct str audience;
    double value;
    struct str unit;
    double low; /* NAN when there is none */
    double high;
};
struct view_point {
    struct str question;
    struct str title;
    double most;
    struct str state;
    double points; /* NAN until there are some */
    struct str reason;
    bool by_hand;
};
struct view_page { /* one run with all of it */
    struct view_run run;
    struct str detail; /* staff only */
    bool no_logs;      /* its logs are no longer kept (keep in course.yaml) */
    bool no_files;     /* nor its files and predictions: it cannot be replayed */
    int64_t ahead;     /* waiting runs that come first; -1 when it does not wait */
    struct view_step *steps;
    size_t step_count;
    struct view_fact *facts;
    size_t fact_count;
    struct view_point *points;
    size_t point_count;
};
/* *found false: no such run. */
bool view_run(struct view *view, struct arena *arena, enum viewer viewer, struct str id,
              struct view_page *out, bool *found, struct fault *why);

struct view_team {
    struct str team;
    struct str name;
    bool staff;
    struct str repository; /* empty when masked */
    struct str state;      /* of the repository, as in the store */
    struct str message;    /* when it cannot be read; when masked a sentence that names nothing */
    int64_t looked_ms;     /* 0 when masked */
    int64_t hook_ms;       /* the last webhook; 0 none yet, or masked */
    struct str hook_forge; /* whose */
    struct str note;       /* why the newest push is not graded; empty when masked */
};
struct view_teams {
    struct view_team *at;
    size_t count;
};
bool view_teams(struct view *view, struct arena *arena, enum viewer viewer, struct view_teams *out,
                struct fault *why);
const struct view_team *view_team_find(const struct view_teams *teams, struct str team);

/* Which repository is whose, for those who take webhooks; not for showing. */
struct view_repository {
    struct str team; /* the slug */
    struct str key;
};
bool view_repositories(struct view *view, struct arena *arena, struct view_repository **out,
                       size_t *count, struct fault *why);
/*
 * host/path of an address: the same for https and ssh, with and without .git, in any case of the
 * host; empty when no team's repository can be there. file: addresses are as teams.csv spells them.
 */
struct str view_repository_key(struct arena *arena, struct str url);
/* What is announced (grader/store/outbox.h), newest first; for the staff. */
struct view_outbox {
    struct str id, event, target, run, task, state, error;
    int64_t attempts, next_ms, created_ms, ended_ms;
};
bool view_outbox(struct view *view, struct arena *arena, bool dead, struct view_outbox **out,
                 size_t *count, struct fault *why);
/* Released scores of one team in one task, oldest first, the newest VIEW_RELEASES_MOST. */
#define VIEW_RELEASES_MOST 5000
bool view_history(struct view *view, struct arena *arena, enum viewer viewer, struct str task,
                  struct str team, struct view_release **out, size_t *count, struct fault *why);

/*
 * JSON documents, the same for the API and the commands.
 * leaderboard: {"task","metric","rows":[ROW…]}; ROW: rank_low rank_high team score low high
 * submitted_at commit baseline status:
 * {"course","pending","tasks":[{"id","board":[ROW…],"runs":[{"team","state","verdict","id"}]}]}
 */
void view_leaderboard_json(const struct view_board *board, struct text *out);
void view_run_json(const struct view_page *page, struct text *out);
/* The state of a team: docs/api.md. */
void view_team_json(const struct view_team_state *state, struct str team, struct text *out);
void view_version_json(const struct view_version *version, struct str team, struct json_out *out);
bool view_status_json(struct view *view, struct arena *arena, enum viewer viewer, struct text *out,
                      struct fault *why);
