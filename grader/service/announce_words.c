/* What is announced of a run or a board, in the words of forges and webhooks. Pure. */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "grader/service/announce.h"
#include "grader/outbound/forge.h"
#include "grader/source/address.h"
#include <math.h>

bool announce_forge_find(struct arena *arena, const struct course *course, struct str target,
                         struct announce_forge *out)
{
    size_t colon;
    int64_t port = 0;
    enum forge_kind kind;
    struct str host = target, api = S("");
    const struct course_announce *announce = &course->announce;
    if (str_find(target, ':', &colon)) {
        host = str_until(target, colon);
        str_to_int(str_from(target, colon + 1), &port);
    }
    bool found = forge_known(host, &kind);
    for (size_t i = 0; i < announce->forge_count; i++)
        if (str_equal(announce->forges[i].host, host)) {
            kind = (enum forge_kind)announce->forges[i].kind;
            api = announce->forges[i].api;
            found = true;
        }
    if (!found)
        return false;
    while (api.len && api.at[api.len - 1] == '/')
        api.len--;
    *out = (struct announce_forge){ .kind = (int)kind,
                                    .host = str_keep(arena, host),
                                    .api = api.len ? api
                                                   : forge_api(arena, kind, host, (uint16_t)port) };
    return true;
}

/* Released scores are shown to teams unless the board is the staff's. */
static bool has_score(const struct course *course, const struct outbox_about *about)
{
    return course->board.visibility != COURSE_VISIBILITY_STAFF && !isnan(about->score);
}

static const char *done_words(struct arena *arena, const struct course *course,
                              const struct outbox_about *about)
{
    if (!has_score(course, about))
        return "Graded";
    if (isnan(about->low) || isnan(about->high) || about->low == about->high)
        return arena_print(arena, "%s %.*f", about->metric.at, about->digits, about->score);
    return arena_print(arena, "%s %.*f (95 %%: %.*f to %.*f)", about->metric.at, about->digits,
                       about->score, about->digits, about->low, about->digits, about->high);
}

static const char *description(struct arena *arena, const struct course *course,
                               enum forge_state state, const struct outbox_about *about)
{
    static const char *const words[FORGE_STATE_COUNT] = {
        [FORGE_QUEUED] = "Waiting for its turn",
        [FORGE_RUNNING] = "Being graded",
        [FORGE_FAILED_TEAM] = "Failed",
        [FORGE_FAILED_OURS] = "Could not be finished for a reason that is not yours",
        [FORGE_CANCELLED] = "Cancelled",
        [FORGE_SUPERSEDED] = "Superseded by a newer push",
    };
    if (state == FORGE_DONE)
        return done_words(arena, course, about);
    if (state == FORGE_FAILED_TEAM && about->message.len)
        return about->message.at;
    return words[state];
}

static struct str page_url(struct arena *arena, const struct course *course, const char *kind,
                           struct str id)
{
    if (!course->announce.url.len)
        return S("");
    return str_of(arena_print(arena, "%s/courses/%s/%s/%.*s", course->announce.url.at,
                              course->id.at, kind, STR_ARGS(id)));
}

/* Until submission.yaml was read, the task of a team that has several is a guess. */
static bool task_is_known(const struct course *course, const struct outbox_raw *raw,
                          const struct outbox_about *about)
{
    const struct course_team *team = course_team_find(course, about->team);
    return forge_state_of(raw->run_state) != FORGE_QUEUED || (team && team->tasks.count == 1);
}

static bool status_write(struct arena *arena, const struct course *course,
                         const struct outbox_raw *raw, const struct outbox_about *about,
                         struct outbox_written *out)
{
    struct address address;
    struct announce_forge forge;
    struct fault why = { 0 };
    struct str path;
    if (!course->announce.statuses || about->newer || !task_is_known(course, raw, about) ||
        !address_parse(arena, about->repository, &address, &why) || address.scheme == ADDRESS_FILE)
        return false;
    bool plain = address.scheme != ADDRESS_HTTPS || address.port == 443;
    out->target =
        plain ? address.host.at : arena_print(arena, "%s:%d", address.host.at, address.port);
    if (!announce_forge_find(arena, course, str_of(out->target), &forge))
        return false;
    enum forge_state state = forge_state_of(raw->run_state);
    struct forge_status status = {
        .kind = (enum forge_kind)forge.kind,
        .state = state,
        .repository = address.path,
        .commit = about->commit,
        .ref = about->ref,
        .context =
            str_of(about->task.len ? arena_print(arena, "holdout/%s", about->task.at) : "holdout"),
        .description = str_of(description(arena, course, state, about)),
        .target_url = page_url(arena, course, "runs", raw->run),
    };
    if (!forge_status_print(arena, &status, &path, &out->body, &why))
        return false;
    out->path = path.at;
    out->task = about->task.at;
    return true;
}

static void event_open(struct json_out *out, const struct outbox_raw *raw,
                       const struct course *course)
{
    char at[TIME_TEXT];
    clock_print(raw->created_ms, at);
    json_open_map(out, NULL);
    json_add_text(out, "type", raw->event);
    json_add_zero(out, "timestamp", at);
    json_open_map(out, "data");
    json_add_text(out, "course", course->id);
}

static void event_close(struct json_out *out, struct str url)
{
    json_add_zero(out, "url", url.len ? url.at : NULL);
    json_close_map(out);
    json_close_map(out);
}

static void run_ended_print(struct json_out *out, struct arena *arena, const struct course *course,
                            const struct outbox_raw *raw, const struct outbox_about *about)
{
    event_open(out, raw, course);
    json_add_text(out, "run", raw->run);
    json_add_text(out, "team", about->team);
    json_add_zero(out, "task", about->task.len ? about->task.at : NULL);
    json_add_zero(out, "deliverable", about->deliverable.len ? about->deliverable.at : NULL);
    json_add_text(out, "commit", about->commit);
    json_add_text(out, "ref", about->ref);
    json_add_text(out, "state", raw->run_state);
    json_add_zero(out, "verdict", about->verdict.len ? about->verdict.at : NULL);
    if (has_score(course, about)) {
        json_open_map(out, "score");
        json_add_text(out, "metric", about->metric);
        json_add_double(out, "value", about->score);
        json_add_double(out, "low", about->low);
        json_add_double(out, "high", about->high);
        json_close_map(out);
    } else {
        json_add_null(out, "score");
    }
    event_close(out, page_url(arena, course, "runs", raw->run));
}

static bool webhook_write(struct arena *arena, const struct course *course,
                          const struct outbox_raw *raw, const struct outbox_about *about,
                          struct outbox_written *out)
{
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    bool board = str_is(raw->event, "board.changed");
    if (!course_webhook_find(course, raw->target) ||
        (board && course->board.visibility == COURSE_VISIBILITY_STAFF))
        return false;
    if (board) {
        event_open(&json, raw, course);
        json_add_text(&json, "task", raw->task);
        event_close(&json, page_url(arena, course, "tasks", raw->task));
    } else {
        run_ended_print(&json, arena, course, raw, about);
    }
    *out = (struct outbox_written){
        .target = raw->target.at, .task = raw->task.at, .path = "", .body = text_str(&text)
    };
    return true;
}

bool announce_write(struct arena *arena, const struct course *course, const struct outbox_raw *raw,
                    const struct outbox_about *about, struct outbox_written *out)
{
    if (str_is(raw->event, "status"))
        return about && status_write(arena, course, raw, about, out);
    return (about || str_is(raw->event, "board.changed")) &&
           webhook_write(arena, course, raw, about, out);
}
