/* The queue played forward. */
#include "grader/forecast.h"
#include "grader/store/store.h"
#include <stdlib.h>

#define CLASSES 3 /* what teams wait for, baselines, re-scoring: of the same class alike */

static int64_t class_of(const struct forecast_run *run)
{
    return run->priority < 0 ? 0 : run->priority >= CLASSES ? CLASSES - 1 : run->priority;
}

/* What is under way in the play: when it ends, and whose it is. */
struct place {
    int64_t ends_ms;
    const struct forecast_run *run; /* NULL: free */
};

struct play {
    const struct forecast *forecast;
    struct place *places;
    int64_t *served_ms;
    int64_t *under_way; /* of each team, not counting what is done again */
    size_t *first;      /* [team * CLASSES + class]: its next waiting run, SIZE_MAX none */
    size_t *next;       /* of each waiting run: the next one of its team and class */
    int64_t now_ms;
    int64_t rescoring;
};

static void begin(struct play *play, struct place *place, const struct forecast_run *run,
                  int64_t ends_ms)
{
    *place = (struct place){ ends_ms, run };
    play->under_way[run->team] += !run->again;
    play->rescoring += run->priority >= PRIORITY_RESCORE;
}

static void end(struct play *play, struct place *place)
{
    play->under_way[place->run->team] -= !place->run->again;
    play->rescoring -= place->run->priority >= PRIORITY_RESCORE;
    place->run = NULL;
}

/* The first run of a team's class that may begin now; *link is where it hangs. */
static size_t *ready_find(struct play *play, size_t team, int64_t class)
{
    const struct forecast *forecast = play->forecast;
    size_t *link = &play->first[team * CLASSES + (size_t) class];
    while (*link != SIZE_MAX &&
           (forecast->waiting[*link].paused || forecast->waiting[*link].ready_ms > play->now_ms))
        link = &play->next[*link];
    bool full = *link != SIZE_MAX && !forecast->waiting[*link].again &&
                play->under_way[team] >= forecast->per_team;
    return *link == SIZE_MAX || full ? NULL : link;
}

/* As RUN_NEXT in grader/store/queries.c. */
static size_t *turn_find(struct play *play)
{
    const struct forecast *forecast = play->forecast;
    for (int64_t class = 0; class < CLASSES; class ++) {
        size_t *best = NULL, best_team = 0;
        if (class >= PRIORITY_RESCORE && forecast->slots >= 2 &&
            play->rescoring + 2 > forecast->slots)
            return NULL;
        for (size_t team = 0; team < forecast->team_count; team++) {
            size_t *link = ready_find(play, team, class);
            bool sooner =
                link && (!best || play->served_ms[team] < play->served_ms[best_team] ||
                         (play->served_ms[team] == play->served_ms[best_team] && *link < *best));
            if (sooner) {
                best = link;
                best_team = team;
            }
        }
        if (best)
            return best;
    }
    return NULL;
}

/* On to the next moment at which something may change; false: nothing ever will. */
static bool wait(struct play *play)
{
    const struct forecast *forecast = play->forecast;
    int64_t next_ms = INT64_MAX;
    bool free = false;
    for (int64_t i = 0; i < forecast->slots; i++) {
        free |= !play->places[i].run;
        if (play->places[i].run && play->places[i].ends_ms < next_ms)
            next_ms = play->places[i].ends_ms;
    }
    for (size_t i = 0; free && i < forecast->team_count * CLASSES; i++)
        for (size_t at = play->first[i]; at != SIZE_MAX; at = play->next[at])
            if (!forecast->waiting[at].paused && forecast->waiting[at].ready_ms > play->now_ms &&
                forecast->waiting[at].ready_ms < next_ms)
                next_ms = forecast->waiting[at].ready_ms;
    if (next_ms == INT64_MAX)
        return false;
    play->now_ms = next_ms > play->now_ms ? next_ms : play->now_ms;
    for (int64_t i = 0; i < forecast->slots; i++)
        if (play->places[i].run && play->places[i].ends_ms <= play->now_ms)
            end(play, &play->places[i]);
    return true;
}

static struct place *free_find(struct play *play)
{
    for (int64_t i = 0; i < play->forecast->slots; i++)
        if (!play->places[i].run)
            return &play->places[i];
    return NULL;
}

static void play_start(struct arena *arena, struct play *play)
{
    const struct forecast *forecast = play->forecast;
    size_t teams = forecast->team_count;
    play->places = arena_array(arena, struct place, (size_t)forecast->slots);
    play->served_ms = arena_array(arena, int64_t, teams);
    play->under_way = arena_array(arena, int64_t, teams);
    play->first = arena_array(arena, size_t, teams * CLASSES);
    play->next = arena_array(arena, size_t, forecast->waiting_count);
    for (size_t i = 0; i < teams * CLASSES; i++)
        play->first[i] = SIZE_MAX;
    for (size_t i = 0; i < teams; i++) {
        play->served_ms[i] = forecast->served_ms[i];
        play->under_way[i] = 0;
    }
    for (size_t i = forecast->waiting_count; i-- > 0;) {
        const struct forecast_run *run = &forecast->waiting[i];
        size_t *first = &play->first[run->team * CLASSES + (size_t)class_of(run)];
        play->next[i] = *first;
        *first = i;
    }
    for (int64_t i = 0; i < forecast->slots; i++) {
        const struct forecast_run *run = &forecast->under_way[i];
        play->places[i] = (struct place){ 0 };
        if ((size_t)i >= forecast->under_way_count)
            continue;
        int64_t ends_ms = run->ready_ms + run->takes_ms; /* late already: it may end any moment */
        begin(play, &play->places[i], run, ends_ms > play->now_ms ? ends_ms : play->now_ms + 1);
    }
}

void forecast_find(struct arena *arena, const struct forecast *forecast,
                   struct forecast_turn *turns)
{
    struct play play = { .forecast = forecast, .now_ms = forecast->now_ms };
    size_t played = 0;
    for (size_t i = 0; i < forecast->waiting_count; i++)
        turns[i] = (struct forecast_turn){ 0 };
    if (forecast->slots < 1)
        return;
    play_start(arena, &play);
    while (played < forecast->waiting_count && played < forecast->most) {
        struct place *place = free_find(&play);
        size_t *link = place ? turn_find(&play) : NULL;
        if (!link) {
            if (!wait(&play))
                return;
            continue;
        }
        size_t at = *link;
        const struct forecast_run *run = &forecast->waiting[at];
        *link = play.next[at];
        turns[at] = (struct forecast_turn){ (int64_t)++played, play.now_ms };
        begin(&play, place, run, play.now_ms + (run->takes_ms > 0 ? run->takes_ms : 1));
        if (!run->again) /* the order among claims of one instant */
            play.served_ms[run->team] =
                play.now_ms > play.served_ms[run->team] ? play.now_ms : play.served_ms[run->team];
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t forecast_median(int64_t *values, size_t count)
{
    if (!count)
        return 0;
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}
