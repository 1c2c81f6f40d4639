/* The window out as JSON: versions of a team, what is due, its tries; for API and commands. */
#include "grader/view.h"

static void add_number_of(struct json_out *out, const char *key,
                          const struct view_team_state *state, size_t at)
{
    if (at < state->version_count)
        json_add_int(out, key, state->versions[at].number);
    else
        json_add_null(out, key);
}

void view_version_json(const struct view_version *version, struct str team, struct json_out *out)
{
    json_open_map(out, NULL);
    json_add_text(out, "team", team);
    json_add_text(out, "task", version->task);
    json_add_int(out, "version", version->number);
    json_add_text_or_null(out, "deliverable", version->deliverable);
    json_add_text(out, "run", version->run);
    json_add_text(out, "commit", version->commit);
    json_add_time(out, "received_at", version->received_ms);
    json_add_time(out, "judged_at", version->judged_ms);
    json_add_text(out, "state", version->state);
    json_add_text(out, "verdict", version->verdict);
    json_add_double(out, "score", version->score);
    json_add_bool(out, "pinned", version->pinned);
    json_add_text_or_null(out, "counts_for", version->counts_for);
    json_close_map(out);
}

static void add_due(struct json_out *out, const struct view_team_state *state,
                    const struct view_due *due)
{
    json_open_map(out, NULL);
    json_add_text(out, "deliverable", due->deliverable);
    json_add_text(out, "task", due->task);
    json_add_time(out, "course_due", due->course_due_ms);
    json_add_time(out, "due", due->due_ms);
    json_add_text_or_null(out, "extension_reason", due->reason);
    json_add_int(out, "grace_s", due->grace_ms / 1000);
    json_add_text(out, "rule", due->rule);
    json_add_text(out, "late_rule", due->terms);
    add_number_of(out, "version", state, due->version);
    json_add_zero(out, "run",
                  due->version < state->version_count ? state->versions[due->version].run.at
                                                      : NULL);
    json_add_text(out, "why", due->why);
    json_add_text_or_null(out, "late", due->late);
    json_add_int(out, "late_days", due->days);
    json_add_double(out, "points", due->points);
    json_add_double(out, "points_after_lateness", due->points_left);
    json_add_double(out, "possible", due->possible);
    add_number_of(out, "next_version", state, due->next);
    json_add_text_or_null(out, "next_late", due->next_late);
    json_close_map(out);
}

static void add_tries(struct json_out *out, const struct view_tries *tries)
{
    json_open_map(out, NULL);
    json_add_text(out, "task", tries->task);
    json_add_int(out, "used_today", tries->used);
    json_add_int(out, "per_day", tries->most);
    json_add_int(out, "used", tries->all);
    json_add_int(out, "total", tries->all_most);
    json_add_time(out, "next_at", tries->next_ms);
    json_close_map(out);
}

static void add_against(struct json_out *out, const struct view_against *at)
{
    json_open_map(out, NULL);
    json_add_text_or_null(out, "baseline", at->baseline);
    if (at->number)
        json_add_int(out, "version", at->number);
    else
        json_add_null(out, "version");
    json_add_text_or_null(out, "run", at->run);
    json_add_bool(out, "best", at->best);
    json_add_bool(out, "counts", at->counts);
    json_add_double(out, "difference", at->difference);
    json_add_text(out, "verdict", at->verdict);
    json_close_map(out);
}

static void add_compared(struct json_out *out, const struct view_compared *at)
{
    json_open_map(out, NULL);
    json_add_text(out, "task", at->task);
    json_add_int(out, "version", at->number);
    json_add_text_or_null(out, "run", at->run);
    json_add_double(out, "score", at->score);
    json_add_bool(out, "best", at->best);
    json_add_bool(out, "counts", at->counts);
    json_open_list(out, "against");
    for (size_t i = 0; i < at->against_count; i++)
        add_against(out, &at->against[i]);
    json_close_list(out);
    json_close_map(out);
}

void view_team_json(const struct view_team_state *state, struct str team, struct text *text)
{
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_text(&out, "team", team);
    json_add_int(&out, "late_days", state->late_days);
    json_add_int(&out, "late_days_left", state->late_left);
    json_open_list(&out, "due");
    for (size_t i = 0; i < state->due_count; i++)
        add_due(&out, state, &state->dues[i]);
    json_close_list(&out);
    json_open_list(&out, "tries");
    for (size_t i = 0; i < state->try_count; i++)
        add_tries(&out, &state->tries[i]);
    json_close_list(&out);
    json_open_list(&out, "versions");
    for (size_t i = 0; i < state->version_count; i++)
        view_version_json(&state->versions[i], team, &out);
    json_close_list(&out);
    json_open_list(&out, "compared");
    for (size_t i = 0; i < state->compared_count; i++)
        add_compared(&out, &state->compared[i]);
    json_close_list(&out);
    json_close_map(&out);
}
