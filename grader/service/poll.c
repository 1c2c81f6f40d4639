/* Looking at repositories: what is new goes to the inbox. */
#include "grader/service/poll.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/service/fetching.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DUES_MOST 64
/* New tags of one repository: at a look, and while so many versions of the team wait, none. */
#define TAGS_MOST 50
#define WAITING_MOST 100

int mirror_open(const struct grader *grader, struct str team, struct fault *why)
{
    char path[128];
    snprintf(path, sizeof path, "repos/%.*s", STR_ARGS(team));
    if (!dir_make(grader->state, path, 0770, why))
        return -1;
    int dir = dir_open(grader->state, path, why);
    if (dir >= 0 && grader->house.root &&
        (fchown(dir, (uid_t)-1, grader->house.gid[HOUSE_FETCH]) != 0 || fchmod(dir, 02770) != 0)) {
        fault_errno(why, "%s", path);
        close(dir);
        return -1;
    }
    return dir;
}

/* A relative file: address is meant beneath git.local. */
static struct str address_text(struct arena *arena, const struct grader *grader, struct str url)
{
    if (!grader->local_path || !str_starts(url, S("file:")) || str_starts(url, S("file:/")))
        return url;
    return str_of(
        arena_print(arena, "file://%s/%.*s", grader->local_path, STR_ARGS(str_from(url, 5))));
}

bool look_address(struct arena *arena, const struct look *look, struct str url,
                  struct fetch_request *request, struct fault *why)
{
    const struct grader *grader = look->grader;
    const struct course_git *git = &look->loaded->course.git;
    if (!address_parse(arena, address_text(arena, grader, url), &request->address, why))
        return false;
    if (request->address.scheme != ADDRESS_FILE)
        return address_allowed(arena, &request->address, git->allow.at, git->allow.count, why);
    if (!grader->local_path)
        return fault_set(why, BLAME_COURSE,
                         "file: addresses are allowed only when course.yaml has git.local");
    request->repository =
        address_open_local(&request->address, grader->local, str_of(grader->local_path), why);
    return request->repository >= 0;
}

static pthread_mutex_t *mirror_lock(struct grader *grader, struct str team)
{
    size_t hash = 5381;
    for (size_t i = 0; i < team.len; i++)
        hash = hash * 33 + (unsigned char)team.at[i];
    return &grader->mirrors[hash % GRADER_MIRRORS];
}

/* What is in it belongs to the user of the fetch process. */
static bool mirror_clear(struct grader *grader, struct str team, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct fetching fetching = { .grader = grader };
    struct fetch_result result;
    scoped(fd) int mirror = mirror_open(grader, team, why);
    struct fetch_request request = { .mirror = mirror,
                                     .repository = -1,
                                     .secrets = -1,
                                     .forget = true,
                                     .spawn = fetching_spawn(&fetching) };
    if (mirror < 0 ||
        !address_parse(arena, S("https://nowhere.invalid/none"), &request.address, why))
        return false;
    bool ok = fetch_run(&request, arena, &result, why);
    fetching_end(&fetching);
    return ok && (result.state == FETCH_EMPTY ||
                  fault_set(why, BLAME_PASSING, "the mirror: %.*s", STR_ARGS(result.text)));
}

bool mirror_forget(struct grader *grader, struct str team, struct fault *why)
{
    char path[128];
    pthread_mutex_t *lock = mirror_lock(grader, team);
    snprintf(path, sizeof path, "repos/%.*s", STR_ARGS(team));
    pthread_mutex_lock(lock);
    bool ok = !file_exists(grader->state, path) ||
              (mirror_clear(grader, team, why) && dir_remove(grader->state, path, why));
    pthread_mutex_unlock(lock);
    return ok;
}

/* Does the course name the team still? It may have been erased while its turn came. */
static bool is_current(const struct look *look, struct str team)
{
    const struct loaded *now = loaded_take(look->grader->loaded);
    bool known = course_team_find(&now->course, team) != NULL;
    loaded_give(look->grader->loaded, now);
    return known;
}

/* Under the mirror's lock. */
static bool mirror_fetch(const struct look *look, struct arena *arena,
                         const struct course_team *team, struct fetch_request *request,
                         struct fetch_result *out, struct fault *why)
{
    if (!is_current(look, team->id)) {
        *out = (struct fetch_result){ .state = FETCH_UNREACHABLE,
                                      .text = S("the course no longer has this team") };
        return true;
    }
    scoped(fd) int mirror = request->mirror = mirror_open(look->grader, team->id, why);
    return mirror >= 0 && fetch_run(request, arena, out, why);
}

bool look_fetch(const struct look *look, struct arena *arena, const struct course_team *team,
                struct fetch_result *out, struct fault *why)
{
    const struct grader *grader = look->grader;
    struct fetching fetching = { .grader = grader };
    struct fetch_request request = {
        .repository = -1,
        .secrets = -1,
        .allow_private = look->loaded->course.git.allow_private,
        .people = look->loaded->course.git.ignore_authors.count > 0,
        .most_bytes = (uint64_t)look->loaded->course.git.max_repo_mb << 20,
        .spawn = fetching_spawn(&fetching),
    };
    *out = (struct fetch_result){ .state = FETCH_REFUSED };
    errno = 0;
    if (!look_address(arena, look, team->repository, &request, why)) {
        bool gone = request.address.scheme == ADDRESS_FILE && errno == ENOENT;
        out->state = gone ? FETCH_UNREACHABLE : FETCH_REFUSED;
        out->text = gone ? S("there is no such repository; was it moved or renamed?")
                         : str_keep(arena, str_of(why->text));
        return true;
    }
    scoped(fd) int repository = request.repository;
    char secrets[300];
    snprintf(secrets, sizeof secrets, "secrets/grader/%.*s", STR_ARGS(request.address.host));
    scoped(fd) int secret = -1;
    if (request.address.host.len)
        secret = openat(grader->course_dir, secrets, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    request.secrets = secret;
    (void)repository;
    pthread_mutex_t *lock = mirror_lock(look->grader, team->id);
    pthread_mutex_lock(lock);
    bool ok = mirror_fetch(look, arena, team, &request, out, why);
    fetching_end(&fetching);
    pthread_mutex_unlock(lock);
    if (ok && out->state == FETCH_TOO_BIG)
        out->text = str_of(arena_print(arena,
                                       "the repository is larger than the %lld MB that this course "
                                       "allows; remove large files from its history as well",
                                       (long long)look->loaded->course.git.max_repo_mb));
    return ok;
}

bool look_triggers(const struct course *course, struct str ref)
{
    struct str branch = S("refs/heads/"), tag = S("refs/tags/"), pattern = course->git.tag;
    if (str_starts(ref, branch))
        return str_equal(str_from(ref, branch.len), course->git.branch);
    if (course_pinned_by(course, ref))
        return true;
    if (!str_starts(ref, tag) || !pattern.len)
        return false;
    struct str name = str_from(ref, tag.len);
    if (pattern.at[pattern.len - 1] == '*')
        return str_starts(name, str_until(pattern, pattern.len - 1)) && name.len >= pattern.len;
    return str_equal(name, pattern);
}

/* Why a push of these people is not graded, in a sentence; NULL when it is. */
static const char *ignored(struct arena *arena, const struct course *course,
                           const struct git_ref *ref)
{
    const struct str who[] = { ref->author, ref->committer };
    for (size_t i = 0; i < 2; i++)
        if (course_git_ignores(&course->git, who[i])) {
            size_t slash = 0;
            struct str name = str_from(ref->name, strlen("refs/"));
            str_find(name, '/', &slash);
            return arena_print(arena,
                               "The newest push to %.*s (%.7s) is by %.*s and is not graded: this "
                               "course passes over such commits (git.ignore_authors).",
                               STR_ARGS(str_from(name, slash + 1)), ref->id,
                               STR_ARGS(str_until(who[i], 80)));
        }
    return NULL;
}

/* What a look found new; of tags no more than there is room for. */
struct fresh {
    bool any;
    size_t tags, room, left;
};

static bool push_append(const struct look *look, struct arena *arena,
                        const struct course_team *team, const struct git_ref *ref,
                        struct fresh *fresh, struct fault *why)
{
    struct str commit;
    int64_t looked_ms;
    bool tag = str_starts(ref->name, S("refs/tags/"));
    if (!store_ref(look->store, arena, team->id.at, ref->name.at, &commit, &looked_ms, why))
        return false;
    if (str_is(commit, ref->id))
        return true;
    if (tag && fresh->tags == fresh->room) {
        fresh->left++;
        return true;
    }
    fresh->tags += tag;
    fresh->any = true;
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    const char *not_graded = ignored(arena, &look->loaded->course, ref);
    json_open_map(&out, NULL);
    json_add_text(&out, "team", team->id);
    json_add_text(&out, "ref", ref->name);
    json_add_zero(&out, "commit", ref->id);
    json_add_text(&out, "old", commit);
    json_add_int(&out, "not_seen_ms", looked_ms);
    if (not_graded)
        json_add_zero(&out, "ignored", not_graded);
    json_close_map(&out);
    struct event_new event = {
        .kind = "push",
        .actor = "poll",
        .once = arena_print(arena, "%s %s %s %lld", team->id.at, ref->name.at, ref->id,
                            (long long)looked_ms),
        .body = text_str(&body),
        .at_ms = clock_utc_ms(&look->grader->clock),
    };
    bool ok = inbox_append(look->inbox, &event, NULL, why);
    grader_news(look->grader);
    return ok;
}

/* This look is the first good one after these due times: what it found stays as their state. */
static bool sweeps_append(const struct look *look, struct arena *arena, struct str team,
                          int64_t before_ms, int64_t now_ms, struct fault *why)
{
    int64_t dues[DUES_MOST];
    size_t count = schedule_dues(&look->loaded->course, before_ms, now_ms, dues, DUES_MOST);
    for (size_t i = 0; i < count; i++) {
        struct text body = { .arena = arena };
        struct json_out out = { .text = &body };
        json_open_map(&out, NULL);
        json_add_text(&out, "team", team);
        json_add_int(&out, "due_ms", dues[i]);
        json_add_int(&out, "looked_ms", now_ms);
        json_close_map(&out);
        struct event_new event = {
            .kind = "sweep",
            .actor = "poll",
            .once = arena_print(arena, "sweep %.*s %lld", STR_ARGS(team), (long long)dues[i]),
            .body = text_str(&body),
            .at_ms = clock_utc_ms(&look->grader->clock),
        };
        if (!inbox_append(look->inbox, &event, NULL, why))
            return false;
    }
    return true;
}

/* Sentences are for teams: where on this machine a repository lies is none of their business. */
static struct str without_path(struct arena *arena, struct str words, const char *path)
{
    struct text out = { .arena = arena };
    size_t len = path ? strlen(path) : 0;
    while (words.len)
        if (len && str_starts(words, (struct str){ path, len })) {
            words = str_from(words, len);
            text_add(&out, S("git.local"));
        } else {
            text_char(&out, words.at[0]);
            words = str_from(words, 1);
        }
    return text_str(&out);
}

static struct str words_of(const struct look *look, struct arena *arena,
                           const struct course_team *team, const struct fetch_result *result,
                           const struct fresh *fresh)
{
    struct text words = { .arena = arena };
    text_add(&words, without_path(arena, result->text, look->grader->local_path));
    for (size_t i = 0; i < result->change_count && i < 5; i++)
        if (result->changes[i].kind == FETCH_FORCED || result->changes[i].kind == FETCH_TAG_MOVED) {
            grader_log(look->grader, "info", "event=moved team=%s change=\"%s\"", team->id.at,
                       fetch_change_print(arena, &result->changes[i]).at);
            text_print(&words, "%s%s", words.len ? " " : "",
                       fetch_change_print(arena, &result->changes[i]).at);
        }
    if (fresh->left) {
        grader_log(look->grader, "warning", "event=tags team=%s taken=%zu left=%zu", team->id.at,
                   fresh->tags, fresh->left);
        text_print(&words,
                   "%s%zu new tags are left for later looks: at most %d are taken at a time, and "
                   "none while %d versions wait.",
                   words.len ? " " : "", fresh->left, TAGS_MOST, WAITING_MOST);
    }
    text_add(&words, S(""));
    return text_str(&words);
}

bool look_team(const struct look *look, struct arena *arena, const struct course_team *team,
               int64_t before_ms, struct schedule_result *out, struct fault *why)
{
    struct fetch_result result;
    struct fresh fresh = { .room = TAGS_MOST };
    int64_t waiting;
    *out = (struct schedule_result){ .outcome = SCHEDULE_UNREACHABLE };
    int64_t now = clock_utc_ms(&look->grader->clock);
    if (!look_fetch(look, arena, team, &result, why) ||
        !store_waiting(look->store, team->id.at, &waiting, why))
        return false;
    if (waiting >= WAITING_MOST)
        fresh.room = 0;
    bool good = result.state == FETCH_OK || result.state == FETCH_EMPTY;
    for (size_t i = 0; result.state == FETCH_OK && i < result.refs.count; i++)
        if (look_triggers(&look->loaded->course, result.refs.at[i].name) &&
            !push_append(look, arena, team, &result.refs.at[i], &fresh, why))
            return false;
    if (good && !sweeps_append(look, arena, team->id, before_ms, now, why))
        return false;
    /* with tags left the next look is to fetch again, whatever it sees */
    const char *seen = good && !fresh.left ? str_zero(arena, str_of(result.seen)) : "";
    const char *words = words_of(look, arena, team, &result, &fresh).at;
    if (!store_team_look(look->store, team->id.at, fetch_state_name(result.state),
                         words ? words : "", good ? now : 0, why) ||
        !store_team_seen(look->store, team->id.at, seen, why))
        return false;
    if (result.state != FETCH_UNREACHABLE)
        out->outcome = fresh.any ? SCHEDULE_MOVED : good ? SCHEDULE_SAME : SCHEDULE_BAD;
    out->seen = seen;
    out->looked_ms = good ? now : 0;
    return true;
}
