/* Requests that were made by hand: the repository is fetched, and each gets its answer. */
#include "grader/service/poll.h"
#include "core/base/json.h"
#include <unistd.h>

#define FOLLOWED_MS 2000

/* Until the store follows from all that was seen before now, or for FOLLOWED_MS. */
static bool followed_wait(const struct look *look, struct fault *why)
{
    int64_t last_seq, seq, began_ms = clock_boot_ms(&look->grader->clock);
    if (!inbox_last(look->inbox, &last_seq, why))
        return false;
    for (;;) {
        if (!store_inbox_seq(look->store, &seq, why))
            return false;
        if (seq >= last_seq || grader_stopping(look->grader) ||
            clock_boot_ms(&look->grader->clock) - began_ms > FOLLOWED_MS)
            return true;
        usleep(2000);
    }
}

/* How the ref is known: the run that is to grade it already, when we last looked without it. */
static bool known_add(const struct look *look, const struct json *asked, const struct git_ref *ref,
                      struct json_out *out, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str commit, run = S(""), team = json_get_text(asked, "team", "");
    struct store_wanted wanted = { team, ref->name, str_of(ref->id) };
    int64_t looked_ms;
    bool fresh = json_get_bool(asked, "no_cache", false);
    if (!followed_wait(look, why) ||
        !store_ref(look->store, arena, team.at, ref->name.at, &commit, &looked_ms, why) ||
        (!fresh && !store_on_its_way(look->store, arena, &wanted, &run, why)))
        return false;
    if (!str_is(commit, ref->id))
        json_add_int(out, "not_seen_ms", looked_ms);
    if (run.len)
        json_add_text(out, "joins", run);
    return true;
}

static bool answer_append(const struct look *look, struct arena *arena, const struct event *request,
                          const struct git_ref *ref, struct str refusal, struct fault *why)
{
    const struct json *asked;
    if (!json_parse(arena, request->body, &asked, why))
        return false;
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_int(&out, "request", request->seq);
    if (ref) {
        json_add_text(&out, "team", json_get_text(asked, "team", ""));
        json_add_text(&out, "ref", ref->name);
        json_add_zero(&out, "commit", ref->id);
        if (json_get_bool(asked, "no_cache", false))
            json_add_bool(&out, "no_cache", true);
        if (!known_add(look, asked, ref, &out, why))
            return false;
    } else {
        json_add_text(&out, "text", refusal);
    }
    json_close_map(&out);
    struct event_new event = {
        .kind = ref ? "submit" : "refusal",
        .actor = request->actor.at,
        .once = arena_print(arena, "request %lld", (long long)request->seq),
        .body = text_str(&body),
        .at_ms = clock_utc_ms(&look->grader->clock),
    };
    bool ok = inbox_append(look->inbox, &event, NULL, why);
    grader_news(look->grader);
    return ok;
}

/* Answer the oldest request: fetch, find the ref, submit its commit or say why not. */
static bool request_answer(const struct look *look, struct arena *arena,
                           const struct event *request, struct fault *why)
{
    const struct json *asked;
    if (!json_parse(arena, request->body, &asked, why))
        return answer_append(look, arena, request, NULL, str_of(why->text), why);
    const struct course_team *team =
        course_team_find(&look->loaded->course, json_get_text(asked, "team", ""));
    if (!team)
        return answer_append(
            look, arena, request, NULL,
            S("the grader knows no such team; one that is new in teams.csv is known a moment "
              "later"),
            why);
    struct fetch_result result;
    if (!look_fetch(look, arena, team, &result, why)) {
        if (why->blame == BLAME_PASSING)
            return false; /* asked again at the next turn */
        return answer_append(look, arena, request, NULL, str_of(why->text), why);
    }
    if (result.state != FETCH_OK)
        return answer_append(look, arena, request, NULL, result.text, why);
    struct str ref = json_get_text(asked, "ref", "");
    if (!ref.len)
        ref = look->loaded->course.git.branch;
    const struct git_ref *found = fetch_find(&result, ref);
    if (found)
        return answer_append(look, arena, request, found, S(""), why);
    return answer_append(
        look, arena, request, NULL,
        str_of(arena_print(arena, "the repository has no \"%.*s\"", STR_ARGS(ref))), why);
}

static bool request_hold(struct grader *grader, int64_t seq, bool *full)
{
    int64_t *room = NULL;
    bool held = false;
    pthread_mutex_lock(&grader->asked.lock);
    for (size_t i = 0; i < GRADER_REQUESTS; i++) {
        held |= grader->asked.seqs[i] == seq;
        room = grader->asked.seqs[i] ? room : &grader->asked.seqs[i];
    }
    *full = !room;
    if (room && !held)
        *room = seq;
    pthread_mutex_unlock(&grader->asked.lock);
    return room && !held;
}

static void request_leave(struct grader *grader, int64_t seq)
{
    pthread_mutex_lock(&grader->asked.lock);
    for (size_t i = 0; i < GRADER_REQUESTS; i++)
        if (grader->asked.seqs[i] == seq)
            grader->asked.seqs[i] = 0;
    pthread_mutex_unlock(&grader->asked.lock);
}

/* The oldest that nobody answers yet; it is ours then. */
static bool request_take(const struct look *look, struct arena *arena, struct event *out,
                         bool *found, struct fault *why)
{
    struct grader *grader = look->grader;
    bool full = false;
    int64_t last_seq;
    int64_t done_seq = __atomic_load_n(&grader->asked.done_seq, __ATOMIC_RELAXED);
    *out = (struct event){ .seq = done_seq };
    if (!inbox_last(look->inbox, &last_seq, why))
        return false;
    do {
        if (!inbox_unanswered(look->inbox, arena, out->seq, out, found, why))
            return false;
        if (!*found && out->seq == done_seq) /* all that there were: who looks again need not */
            __atomic_store_n(&grader->asked.done_seq, last_seq, __ATOMIC_RELAXED);
        if (*found && request_hold(grader, out->seq, &full))
            return true;
    } while (*found && !full);
    *found = false;
    return true;
}

bool look_is_asked(const struct look *look)
{
    struct grader *grader = look->grader;
    bool asked = false;
    pthread_mutex_lock(&grader->asked.lock);
    for (size_t i = 0; i < GRADER_REQUESTS; i++)
        asked |= grader->asked.seqs[i] != 0;
    pthread_mutex_unlock(&grader->asked.lock);
    return asked;
}

void look_requests(const struct look *look)
{
    for (;;) {
        scoped_arena arena = arena_open(NULL);
        struct event request;
        bool found;
        struct fault why = { 0 };
        bool ok = request_take(look, arena, &request, &found, &why);
        if (ok && found) { /* a second answer to one would be the first, by its `once` */
            ok = request_answer(look, arena, &request, &why);
            request_leave(look->grader, request.seq);
        }
        if (!ok)
            grader_log(look->grader, "warning", "event=request fault=\"%s\"", why.text);
        if (!ok || !found || grader_stopping(look->grader))
            return;
    }
}
