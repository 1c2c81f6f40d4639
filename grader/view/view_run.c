/* The window out: runs in lists and one run with its steps, facts and points, cut to the viewer. */
#include "grader/view.h"
#include "grader/view/view_sql.h"
#include <math.h>
#include <stdlib.h>

/*
 * For those who are not staff: without the milliseconds, which would tell how long a held-out step
 * took.
 */
static int64_t whole_s(int64_t ms)
{
    return ms - ms % 1000;
}

/* Columns of RUN_COLUMNS; `named` when the viewer knows the run by its id already. */
static struct view_run run_of(struct row *row, struct arena *arena, enum viewer viewer,
                              const struct view_rules *rules, bool named)
{
    bool masked = rules->masked;
    struct view_run run = { .team = row_text(row, masked ? 3 : 1, arena),
                            .name = row_text(row, masked ? 3 : 2, arena),
                            .staff = row_int(row, 4) != 0,
                            .task = row_text(row, 5, arena),
                            .deliverable = row_text(row, 6, arena),
                            .state = row_text(row, 7, arena),
                            .verdict = row_text(row, 8, arena),
                            .step = row_text(row, 9, arena),
                            .attempt = row_int(row, 18),
                            .ended = row_int(row, 19) != 0,
                            .score = rules->scores ? row_double(row, 20) : NAN };
    if (!masked || named) {
        run.id = row_text(row, 0, arena);
        run.message = row_text(row, 10, arena);
    }
    if (masked)
        return run;
    bool staff = viewer == VIEWER_STAFF;
    run.commit = row_text(row, 11, arena);
    run.ref = row_text(row, 12, arena);
    run.received_ms = row_int(row, 13);
    run.pushed_ms = row_int(row, 14);
    run.started_ms = staff ? row_int(row, 15) : whole_s(row_int(row, 15));
    run.ended_ms = staff ? row_int(row, 16) : whole_s(row_int(row, 16));
    run.not_before_ms = row_int(row, 17);
    return run;
}

static void turn_set(const struct view_turns *turns, struct str id, bool masked,
                     struct view_run *run)
{
    struct view_turn turn = view_turn_of(turns, id);
    run->position = turn.position;
    run->starts_ms = masked ? 0 : turn.starts_ms;
    run->paused = turn.paused;
}

static void run_add(struct row *row, struct arena *arena, enum viewer viewer,
                    const struct view_rules *rules, const struct view_turns *turns,
                    struct view_runs *out)
{
    struct view_run *run = MORE(arena, out->at, out->count);
    *run = run_of(row, arena, viewer, rules, false);
    if (str_is(run->state, "queued"))
        turn_set(turns, row_text(row, 0, arena), rules->masked, run);
}

static struct row *start_runs(struct view *view, enum view_runs_kind kind, struct str which)
{
    switch (kind) {
    case VIEW_RUNS_LATEST:
        return db_start(view->db, VIEW_LATEST, "");
    case VIEW_RUNS_ACTIVE:
        return db_start(view->db, VIEW_ACTIVE, "");
    case VIEW_RUNS_RECENT:
        return db_start(view->db, VIEW_RECENT, "");
    case VIEW_RUNS_TASK:
        break;
    }
    return db_start(view->db, VIEW_OF_TASK, "t", which);
}

static int by_name(const void *a, const void *b)
{
    const struct view_run *one = a, *other = b;
    int order = str_order(one->name, other->name);
    return order ? order : str_order(one->task, other->task);
}

bool view_runs(struct view *view, struct arena *arena, enum viewer viewer, enum view_runs_kind kind,
               struct str which, struct view_runs *out, struct fault *why)
{
    *out = (struct view_runs){ 0 };
    struct view_rules rules;
    struct view_turns turns;
    if (!view_rules(view, arena, viewer, &rules, why) || !view_turns(view, arena, &turns, why))
        return false;
    struct row *row = start_runs(view, kind, which);
    while (row_next(row, why))
        run_add(row, arena, viewer, &rules, &turns, out);
    if (kind == VIEW_RUNS_LATEST && out->count) /* pseudonyms have an order of their own */
        qsort(out->at, out->count, sizeof *out->at, by_name);
    return row_end(row, why);
}

bool view_team_runs(struct view *view, struct arena *arena, enum viewer viewer, struct str team,
                    int64_t piece, struct view_runs *out, struct fault *why)
{
    *out = (struct view_runs){ 0 };
    struct view_rules rules;
    struct view_turns turns;
    struct str slug;
    if (!view_rules(view, arena, viewer, &rules, why) ||
        !view_team_slug(view, arena, &rules, team, &slug, why))
        return false;
    if (!slug.at)
        return true;
    if (!view_turns(view, arena, &turns, why))
        return false;
    struct row *row =
        db_start(view->db, VIEW_OF_TEAM, "tii", slug, piece * VIEW_PIECE, (int64_t)VIEW_PIECE + 1);
    while (!out->more && row_next(row, why)) {
        out->more = out->count == VIEW_PIECE;
        if (!out->more)
            run_add(row, arena, viewer, &rules, &turns, out);
    }
    return row_end(row, why);
}

/*
 * A step that saw held-out data: while the run goes on, only whether it has begun; afterwards
 * state, verdict and the rounded numbers. Its log, words and clock times never. Times of what
 * follows it would tell its length: absent too.
 */
static void cut_step(struct view_step *step, bool ended)
{
    step->started_ms = 0;
    if (!step->heldout)
        return;
    step->message = step->tail = S("");
    if (ended)
        return;
    if (!str_is(step->state, "waiting"))
        step->state = S("running");
    step->verdict = S("");
    step->cached = false;
    step->wall_us = step->cpu_us = step->memory_peak_bytes = 0;
}

static struct view_step step_of(struct row *row, struct arena *arena)
{
    struct str tail = row_text(row, 11, arena);
    if (tail.len > VIEW_TAIL_MOST)
        tail = str_from(tail, tail.len - VIEW_TAIL_MOST);
    return (struct view_step){ .name = row_text(row, 0, arena),
                               .seed_at = row_int(row, 1),
                               .state = row_text(row, 2, arena),
                               .verdict = row_text(row, 3, arena),
                               .heldout = row_int(row, 4) != 0,
                               .cached = row_int(row, 5) != 0,
                               .started_ms = row_int(row, 6),
                               .wall_us = row_int(row, 7),
                               .cpu_us = row_int(row, 8),
                               .memory_peak_bytes = row_int(row, 9),
                               .message = row_text(row, 10, arena),
                               .tail = tail };
}

/* Nothing of a run goes on once it has ended, whatever its grader had no time to write. */
static void end_step(struct view_step *step)
{
    if (str_is(step->state, "running") || str_is(step->state, "waiting"))
        step->state = S("skipped");
}

static bool take_steps(struct view *view, struct arena *arena, enum viewer viewer,
                       struct view_page *out, struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_STEPS, "t", out->run.id);
    bool past_heldout = false;
    while (row_next(row, why)) {
        struct view_step *step = MORE(arena, out->steps, out->step_count);
        *step = step_of(row, arena);
        if (out->run.ended)
            end_step(step);
        past_heldout = past_heldout || step->heldout;
        if (viewer != VIEWER_STAFF && past_heldout)
            cut_step(step, out->run.ended);
    }
    return row_end(row, why);
}

static bool may_see(enum viewer viewer, struct str audience)
{
    return viewer == VIEWER_STAFF || str_is(audience, "public") ||
           (viewer == VIEWER_TEAM && str_is(audience, "team"));
}

/*
 * Held-out facts in store.db have been released, but private ones wait for the reveal and hidden
 * boards hide all.
 */
static bool may_see_rows(enum viewer viewer, const struct view_rules *rules, struct str rows)
{
    if (viewer == VIEWER_STAFF)
        return true;
    if (str_is(rows, "none") || str_is(rows, "train") || str_is(rows, "sample"))
        return true;
    return str_is(rows, "public") && rules->scores;
}

static bool take_facts(struct view *view, struct arena *arena, enum viewer viewer,
                       struct view_page *out, struct fault *why)
{
    struct view_rules rules;
    if (!view_rules(view, arena, viewer, &rules, why))
        return false;
    struct row *row = db_start(view->db, VIEW_FACTS, "t", out->run.id);
    while (row_next(row, why)) {
        struct view_fact fact = { .name = row_text(row, 0, arena),
                                  .rows = row_text(row, 1, arena),
                                  .audience = row_text(row, 2, arena),
                                  .value = row_double(row, 3),
                                  .unit = row_text(row, 4, arena),
                                  .low = row_double(row, 5),
                                  .high = row_double(row, 6) };
        if (may_see(viewer, fact.audience) && may_see_rows(viewer, &rules, fact.rows))
            *MORE(arena, out->facts, out->fact_count) = fact;
    }
    return row_end(row, why);
}

static bool take_points(struct view *view, struct arena *arena, enum viewer viewer,
                        struct view_page *out, struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_POINTS, "t", out->run.id);
    while (row_next(row, why)) {
        struct view_point point = { .question = row_text(row, 0, arena),
                                    .title = row_text(row, 1, arena),
                                    .most = row_double(row, 2),
                                    .state = row_text(row, 3, arena),
                                    .points = row_double(row, 4),
                                    .reason = row_text(row, 5, arena),
                                    .by_hand = row_text(row, 6, arena).len > 0 };
        if (may_see(viewer, row_text(row, 7, arena)))
            *MORE(arena, out->points, out->point_count) = point;
    }
    return row_end(row, why);
}

static bool take_turn(struct view *view, struct arena *arena, struct view_page *out,
                      struct fault *why)
{
    out->ahead = -1;
    struct view_turns turns;
    if (!str_is(out->run.state, "queued"))
        return true;
    if (!view_turns(view, arena, &turns, why))
        return false;
    turn_set(&turns, out->run.id, false, &out->run);
    out->ahead = out->run.position - 1;
    return true;
}

static bool take_dropped(struct view *view, struct view_page *out, struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_DROPPED, "t", out->run.id);
    out->no_logs = row_next(row, why);
    out->no_files = out->no_logs && row_int(row, 0) != 0;
    return row_end(row, why);
}

bool view_kept(struct view *view, struct view_kept *out, struct fault *why)
{
    *out = (struct view_kept){ 0 };
    struct row *row = db_start(view->db, VIEW_KEPT, "");
    if (row_next(row, why))
        *out = (struct view_kept){ row_int(row, 0), row_int(row, 1), row_int(row, 2),
                                   row_int(row, 3), row_int(row, 4) };
    return row_end(row, why);
}

bool view_run(struct view *view, struct arena *arena, enum viewer viewer, struct str id,
              struct view_page *out, bool *found, struct fault *why)
{
    *out = (struct view_page){ 0 };
    *found = false;
    struct view_rules rules;
    if (!view_rules(view, arena, viewer, &rules, why))
        return false;
    struct row *row = db_start(view->db, VIEW_ONE, "ti", id, (int64_t)(viewer == VIEWER_STAFF));
    if (row_next(row, why)) {
        *found = true;
        out->run = run_of(row, arena, viewer, &rules, true);
        if (viewer == VIEWER_STAFF)
            out->detail = row_text(row, 21, arena);
    }
    if (!row_end(row, why))
        return false;
    return !*found || (take_turn(view, arena, out, why) && take_dropped(view, out, why) &&
                       take_steps(view, arena, viewer, out, why) &&
                       take_facts(view, arena, viewer, out, why) &&
                       take_points(view, arena, viewer, out, why));
}

bool view_board_stays(struct view *view, struct str task, const char *digest, bool *stays,
                      struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_BOARD_STAYS, "tz", task, digest);
    *stays = row_next(row, why);
    return row_end(row, why);
}

bool view_outdated(struct view *view, struct str task, int64_t *count, struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_OUTDATED, "t", task);
    *count = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}
