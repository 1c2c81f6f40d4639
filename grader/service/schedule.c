/* When to look at which repository: due times, back-off, one look a host at a time. */
#include "grader/service/schedule.h"
#include "core/base/digest.h"
#include "core/data/dictionary.h"
#include "grader/source/address.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MOST 256
#define STRIKES 2     /* looks without any good one, from which on the whole host is left alone */
#define AGAIN_MS 2000 /* after a webhook whose news was not there yet */

struct team {
    char id[NAME_MOST];
    size_t host;
    int64_t next_ms;   /* CLOCK_BOOTTIME */
    int64_t looked_ms; /* UTC */
    int64_t woken_ms;  /* of the last fetch that a webhook asked for */
    int failures;
    bool busy, moved, wake, again;
    char seen[SHA256_HEX];
};
struct host {
    char name[NAME_MOST];
    bool alone; /* no look together: the address is refused, which costs no process */
    bool looking;
    bool proven; /* it has answered since we began */
    int fetching, failures;
    int64_t next_ms, retry_ms;
};
struct schedule {
    pthread_mutex_t lock;
    struct team *teams;
    struct host *hosts;
    size_t team_count, host_count;
    struct arena *arena;          /* of what follows: as long as the course stays */
    struct dictionary ids, names; /* of teams and hosts, in their order */
    int64_t poll_ms;
    int64_t dues[64];
    size_t due_count;
    int places; /* threads that take jobs */
};

struct schedule *schedule_open(int places)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    if (!schedule)
        abort();
    schedule->places = places;
    pthread_mutex_init(&schedule->lock, NULL);
    return schedule;
}

void schedule_close(struct schedule *schedule)
{
    if (!schedule)
        return;
    free(schedule->teams);
    free(schedule->hosts);
    arena_drop(schedule->arena);
    pthread_mutex_destroy(&schedule->lock);
    free(schedule);
}

/* ---- the course ---- */

size_t schedule_dues(const struct course *course, int64_t from_ms, int64_t to_ms, int64_t *out,
                     size_t most)
{
    size_t count = 0;
    while (count < most) {
        int64_t next = 0;
        for (size_t i = 0; i < course->deliverable_count; i++) {
            int64_t due = course->deliverables[i].due_ms;
            if (due > from_ms && due <= to_ms && (!next || due < next))
                next = due;
        }
        if (!next)
            break;
        out[count++] = next;
        from_ms = next;
    }
    return count;
}

static struct team *team_find(const struct schedule *schedule, struct str id)
{
    int32_t at = schedule->team_count ? dictionary_find(&schedule->ids, id) : -1;
    return at < 0 ? NULL : &schedule->teams[at];
}

/* What is known of a host stays when the course changes. */
static void host_begin(struct host *host, const char *name, const struct host *old,
                       size_t old_count)
{
    *host = (struct host){ .alone = name[0] == '-' };
    snprintf(host->name, sizeof host->name, "%s", name);
    for (size_t i = 0; i < old_count; i++)
        if (strcmp(old[i].name, name) == 0) {
            host->proven = old[i].proven;
            host->failures = old[i].failures;
            host->next_ms = old[i].next_ms;
            host->retry_ms = old[i].retry_ms;
        }
}

struct hosts {
    const struct host *at; /* as they were */
    size_t count;
};

static size_t host_of(struct schedule *schedule, struct arena *arena, struct str repository,
                      const struct hosts *old)
{
    struct address address;
    struct fault why = { 0 };
    char name[NAME_MOST] = "-";
    if (str_starts(repository, S("file:")))
        snprintf(name, sizeof name, "file:");
    else if (address_parse(arena, repository, &address, &why))
        snprintf(name, sizeof name, "%d %.*s %u", (int)address.scheme,
                 STR_ARGS(str_until(address.host, NAME_MOST - 20)), (unsigned)address.port);
    size_t at = (size_t)dictionary_add(&schedule->names, str_of(name));
    if (at == schedule->host_count)
        host_begin(&schedule->hosts[schedule->host_count++], name, old->at, old->count);
    return at;
}

/* look: what the store knows of it; NULL nothing. */
static void team_fill(struct schedule *schedule, struct team *team, const struct course_team *from,
                      const struct store_look *look)
{
    const struct team *old = team_find(schedule, from->id);
    *team = (struct team){ .host = 0 };
    if (old)
        *team = *old;
    snprintf(team->id, sizeof team->id, "%.*s", STR_ARGS(from->id));
    team->busy = false;
    if (old || !look)
        return;
    team->looked_ms = look->looked_ms;
    snprintf(team->seen, sizeof team->seen, "%.*s", STR_ARGS(look->seen));
}

/* The new course's teams, filled from the old ones and from looks[count]. */
static struct team *teams_make(struct schedule *schedule, const struct course *course,
                               const struct store_look *looks, size_t count)
{
    scoped_arena arena = arena_open(NULL);
    struct dictionary looked = { .arena = arena };
    struct team *teams = calloc(course->team_count + 1, sizeof *teams);
    if (!teams)
        abort();
    for (size_t i = 0; i < count; i++)
        dictionary_add(&looked, looks[i].team);
    for (size_t i = 0; i < course->team_count; i++) {
        int32_t at = count ? dictionary_find(&looked, course->teams[i].id) : -1;
        team_fill(schedule, &teams[i], &course->teams[i], at < 0 ? NULL : &looks[at]);
    }
    return teams;
}

void schedule_course(struct schedule *schedule, const struct course *course,
                     const struct store_look *looks, size_t count, struct schedule_now now)
{
    scoped_arena own = arena_open(NULL);
    pthread_mutex_lock(&schedule->lock);
    struct team *teams = teams_make(schedule, course, looks, count);
    struct host *hosts = schedule->hosts;
    const struct hosts old = { hosts, schedule->host_count };
    schedule->hosts = calloc(course->team_count + 1, sizeof *schedule->hosts);
    if (!schedule->hosts)
        abort();
    schedule->host_count = 0;
    arena_drop(schedule->arena);
    schedule->arena = arena_open(NULL);
    schedule->ids = schedule->names = (struct dictionary){ .arena = schedule->arena };
    for (size_t i = 0; i < course->team_count; i++) {
        dictionary_add(&schedule->ids, course->teams[i].id);
        teams[i].host = host_of(schedule, own, course->teams[i].repository, &old);
    }
    free(hosts);
    free(schedule->teams);
    schedule->teams = teams;
    schedule->team_count = course->team_count;
    schedule->poll_ms = course->git.poll_s * 1000;
    schedule->due_count = schedule_dues(course, 0, INT64_MAX, schedule->dues,
                                        sizeof schedule->dues / sizeof *schedule->dues);
    (void)now;
    pthread_mutex_unlock(&schedule->lock);
}

/* ---- what to do ---- */

/* Has a due time passed since the last good look? Then whoever is asked now is asked alone. */
static bool is_owed(const struct schedule *schedule, const struct team *team, int64_t utc_ms)
{
    for (size_t i = 0; i < schedule->due_count; i++)
        if (schedule->dues[i] > team->looked_ms && schedule->dues[i] <= utc_ms)
            return true;
    return false;
}

static bool is_woken(const struct team *team, struct schedule_now now)
{
    return team->wake && now.boot_ms - team->woken_ms >= SCHEDULE_WAKE_MS;
}

static bool is_local(const struct host *host)
{
    return strcmp(host->name, "file:") == 0;
}

/*
 * May one more job begin there? Who has not answered yet, or not the last time, has one place, and
 * all hosts that did not answer the last time together leave one to the others.
 */
static bool has_place(const struct schedule *schedule, const struct host *host)
{
    int taken = 0;
    if (is_local(host) || (host->proven && !host->failures))
        return true;
    if (host->looking || host->fetching)
        return false;
    if (!host->failures)
        return true;
    for (size_t i = 0; i < schedule->host_count; i++)
        if (schedule->hosts[i].failures && !is_local(&schedule->hosts[i]))
            taken += schedule->hosts[i].looking + schedule->hosts[i].fetching;
    return schedule->places < 2 || taken + 1 < schedule->places;
}

static bool wants_fetch(const struct schedule *schedule, const struct team *team,
                        struct schedule_now now)
{
    const struct host *host = &schedule->hosts[team->host];
    if (team->busy || host->fetching >= SCHEDULE_FETCHES || now.boot_ms < host->retry_ms ||
        !has_place(schedule, host))
        return false;
    if (is_woken(team, now))
        return true;
    /* a first failure does not make a due time wait for the usual turn */
    bool owed = is_owed(schedule, team, now.utc_ms) && team->failures == 0;
    if (now.boot_ms < host->next_ms || (now.boot_ms < team->next_ms && !team->moved && !owed))
        return false;
    return team->moved || host->alone || !team->seen[0] || is_owed(schedule, team, now.utc_ms);
}

static bool wants_look(const struct schedule *schedule, const struct team *team, size_t host,
                       int64_t until_ms)
{
    return team->host == host && !team->busy && !team->moved && team->seen[0] &&
           !schedule->hosts[host].alone && team->next_ms <= until_ms;
}

static struct schedule_team take(struct arena *arena, struct team *team)
{
    team->busy = true;
    return (struct schedule_team){ .team = str_keep(arena, str_of(team->id)),
                                   .seen = str_keep(arena, str_of(team->seen)),
                                   .looked_ms = team->looked_ms };
}

static bool fetch_next(struct schedule *schedule, struct arena *arena, struct schedule_now now,
                       struct schedule_job *out)
{
    struct team *best = NULL;
    for (size_t i = 0; i < schedule->team_count; i++) {
        struct team *team = &schedule->teams[i];
        if (!wants_fetch(schedule, team, now))
            continue;
        bool first = !best || (is_woken(team, now) && !is_woken(best, now)) ||
                     (is_woken(team, now) == is_woken(best, now) && team->next_ms < best->next_ms);
        best = first ? team : best;
    }
    if (!best)
        return false;
    *out =
        (struct schedule_job){ .kind = SCHEDULE_FETCH, .count = 1, .woken = is_woken(best, now) };
    out->teams = arena_new(arena, struct schedule_team);
    out->teams[0] = take(arena, best);
    schedule->hosts[best->host].fetching++;
    if (out->woken)
        best->woken_ms = now.boot_ms;
    if (out->woken)
        best->wake = false;
    return true;
}

static int by_next(const void *a, const void *b)
{
    const struct team *one = *(struct team *const *)a, *other = *(struct team *const *)b;
    return one->next_ms < other->next_ms ? -1 : one->next_ms > other->next_ms;
}

/* Those that would be due soon come along, so that a host is asked seldom and for all. */
static bool look_at_host(struct schedule *schedule, struct arena *arena, size_t host,
                         struct schedule_now now, struct schedule_job *out)
{
    struct team **due = arena_array(arena, struct team *, schedule->team_count);
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < schedule->team_count; i++) {
        any |= wants_look(schedule, &schedule->teams[i], host, now.boot_ms);
        if (wants_look(schedule, &schedule->teams[i], host, now.boot_ms + schedule->poll_ms / 5))
            due[count++] = &schedule->teams[i];
    }
    if (!any)
        return false;
    qsort(due, count, sizeof(struct team *), by_next);
    if (count > LOOK_MOST)
        count = LOOK_MOST;
    *out = (struct schedule_job){ .kind = SCHEDULE_LOOK, .count = count };
    out->teams = arena_array(arena, struct schedule_team, count);
    for (size_t i = 0; i < count; i++)
        out->teams[i] = take(arena, due[i]);
    schedule->hosts[host].looking = true;
    return true;
}

bool schedule_next(struct schedule *schedule, struct arena *arena, struct schedule_now now,
                   struct schedule_job *out)
{
    pthread_mutex_lock(&schedule->lock);
    bool found = fetch_next(schedule, arena, now, out);
    for (size_t i = 0; !found && i < schedule->host_count; i++) {
        const struct host *host = &schedule->hosts[i];
        if (!host->looking && now.boot_ms >= host->next_ms && now.boot_ms >= host->retry_ms &&
            has_place(schedule, host))
            found = look_at_host(schedule, arena, i, now, out);
    }
    pthread_mutex_unlock(&schedule->lock);
    return found;
}

/* ---- how it went ---- */

static int64_t back_off(const struct schedule *schedule, int failures)
{
    int64_t times = failures < 5 ? 1 << failures : SCHEDULE_BACK_OFF_MOST;
    int64_t jitter = (int64_t)(random_u64() % (uint64_t)(schedule->poll_ms / 10 + 1));
    return schedule->poll_ms * times + jitter;
}

static void team_done(struct schedule *schedule, struct team *team, const struct schedule_job *job,
                      const struct schedule_result *result, int64_t boot_ms)
{
    team->busy = false;
    if (result->outcome == SCHEDULE_NOT_LOOKED)
        return; /* due as before */
    bool fetched = job->kind == SCHEDULE_FETCH;
    team->failures = result->outcome == SCHEDULE_UNREACHABLE ? team->failures + 1 : 0;
    team->moved = !fetched && result->outcome == SCHEDULE_MOVED;
    team->next_ms = boot_ms + back_off(schedule, team->failures);
    if (result->looked_ms > team->looked_ms)
        team->looked_ms = result->looked_ms;
    if (fetched)
        snprintf(team->seen, sizeof team->seen, "%s", result->seen ? result->seen : "");
    /* the forge told of it before it could be seen: once more, soon */
    bool early = job->woken && result->outcome != SCHEDULE_MOVED && !team->again;
    team->again = early;
    if (early) {
        team->wake = true;
        team->woken_ms = boot_ms + AGAIN_MS - SCHEDULE_WAKE_MS;
    }
}

static void host_done(struct schedule *schedule, struct host *host, const struct schedule_job *job,
                      const struct schedule_result *results, int64_t boot_ms)
{
    bool good = false, bad = false;
    for (size_t i = 0; i < job->count; i++) {
        good |=
            results[i].outcome != SCHEDULE_UNREACHABLE && results[i].outcome != SCHEDULE_NOT_LOOKED;
        bad |= results[i].outcome == SCHEDULE_UNREACHABLE;
        if (results[i].retry_s > 0)
            host->retry_ms = boot_ms + results[i].retry_s * 1000;
    }
    host->failures = good ? 0 : host->failures + bad;
    host->proven |= good;
    if (job->kind == SCHEDULE_LOOK)
        host->looking = false;
    else
        host->fetching -= host->fetching > 0;
    if (!is_local(host) && host->failures >= STRIKES)
        host->next_ms = boot_ms + back_off(schedule, host->failures - STRIKES);
    else
        host->next_ms = 0;
}

void schedule_done(struct schedule *schedule, const struct schedule_job *job,
                   const struct schedule_result *results, struct schedule_now now)
{
    pthread_mutex_lock(&schedule->lock);
    struct host *host = NULL;
    for (size_t i = 0; i < job->count; i++) {
        struct team *team = team_find(schedule, job->teams[i].team);
        if (!team)
            continue; /* the course has changed meanwhile */
        host = &schedule->hosts[team->host];
        team_done(schedule, team, job, &results[i], now.boot_ms);
    }
    if (host)
        host_done(schedule, host, job, results, now.boot_ms);
    pthread_mutex_unlock(&schedule->lock);
}

void schedule_wake(struct schedule *schedule, struct str id)
{
    pthread_mutex_lock(&schedule->lock);
    struct team *team = team_find(schedule, id);
    if (team) {
        team->wake = true;
        team->again = false;
    }
    pthread_mutex_unlock(&schedule->lock);
}
