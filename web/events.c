/* Watches the stores and publishes `change` events: the runs whose state is new, and those that
 * are going on. */
#include "web/events.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_US 100000
#define SEEN_MOST 100u

struct seen { /* the newest runs as they were told last */
    char id[32];
    char state[16];
};
struct watch {
    struct view *view;
    int64_t version;
    struct seen seen[SEEN_MOST];
    size_t seen_count;
};
struct events {
    struct site *site;
    struct http_server *server;
    struct watch *watches;
    atomic_bool stopping;
    pthread_t thread;
};

static bool told(const struct watch *watch, const struct view_run *run)
{
    for (size_t i = 0; i < watch->seen_count; i++)
        if (str_is(run->id, watch->seen[i].id))
            return str_is(run->state, watch->seen[i].state);
    return false;
}

static void remember(struct watch *watch, const struct view_runs *runs)
{
    watch->seen_count = 0;
    for (size_t i = 0; i < runs->count && watch->seen_count < SEEN_MOST; i++) {
        struct seen *seen = &watch->seen[watch->seen_count++];
        *seen = (struct seen){ 0 };
        memcpy(seen->id, runs->at[i].id.at, str_until(runs->at[i].id, sizeof seen->id - 1).len);
        memcpy(seen->state, runs->at[i].state.at,
               str_until(runs->at[i].state, sizeof seen->state - 1).len);
    }
}

static bool tell(struct events *events, size_t at, struct view *view)
{
    struct watch *watch = &events->watches[at];
    scoped_arena arena = arena_open(NULL);
    struct view_runs runs;
    if (!view_begin(view, NULL))
        return false;
    bool ok = view_runs(view, arena, VIEWER_TEAM, VIEW_RUNS_RECENT, S(""), &runs, NULL);
    view_end(view);
    if (!ok)
        return false;
    struct text text = { .arena = arena };
    text_add(&text, S("event: change\ndata: "));
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "runs");
    for (size_t i = 0; i < runs.count; i++) {
        const struct view_run *run = &runs.at[i];
        if (!run->id.len || (told(watch, run) && run->ended))
            continue;
        json_open_map(&out, NULL);
        json_add_text(&out, "id", run->id);
        json_add_text(&out, "state", run->state);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    text_add(&text, S("\n\n"));
    remember(watch, &runs);
    http_publish(events->server, (int)at, text_str(&text));
    return true;
}

static void look(struct events *events, size_t at)
{
    struct watch *watch = &events->watches[at];
    if (!http_listeners(events->server, (int)at))
        return;
    bool fresh = !watch->view;
    if (fresh)
        watch->view = view_open(events->site->courses.at[at].state_dir, NULL);
    if (!watch->view)
        return;
    int64_t version = view_changed(watch->view);
    if (!fresh && version == watch->version)
        return;
    if (tell(events, at, watch->view))
        watch->version = version;
}

static void *watch_all(void *context)
{
    struct events *events = context;
    while (!atomic_load(&events->stopping)) {
        for (size_t i = 0; i < events->site->courses.count; i++)
            look(events, i);
        usleep(LOOK_US);
    }
    return NULL;
}

struct events *events_start(struct site *site, struct http_server *server)
{
    struct events *events = calloc(1, sizeof *events);
    if (!events)
        abort();
    events->site = site;
    events->server = server;
    events->watches = calloc(site->courses.count, sizeof *events->watches);
    if (!events->watches || pthread_create(&events->thread, NULL, watch_all, events) != 0)
        abort();
    return events;
}

void events_stop(struct events *events)
{
    atomic_store(&events->stopping, true);
    pthread_join(events->thread, NULL);
    for (size_t i = 0; i < events->site->courses.count; i++)
        view_close(events->watches[i].view);
    free(events->watches);
    free(events);
}
