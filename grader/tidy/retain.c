/* Retention: choosing, saying, and taking away. */
#include "grader/tidy/retain.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/repeat/receipts.h"
#include "grader/store/erase.h"
#include "grader/store/keep.h"
#include "grader/tidy/collect.h"
#include "grader/view.h"
#include <stdio.h>

#define LOOK_MS 3600000
#define TOGETHER_MOST 200 /* runs of one event */
#define YOUNG_MS 600000   /* a file that was put within is left alone */
#define DAY_MS ((int64_t)86400000)
#define MB ((int64_t)1 << 20)

struct retaining {
    const struct retain_turning *turning;
    const struct loaded *loaded;
    struct arena *arena;
    struct marks counts;      /* runs that stay */
    struct marks files, logs; /* runs of which these are no longer kept */
    struct str chosen[TOGETHER_MOST];
    size_t count;
    int64_t left_bytes; /* of files that are to go at a later look */
};

static const struct course_keep *keep_of(const struct retaining *r)
{
    return &r->loaded->course.keep;
}

/* ---- what counts ---- */

static void count_add(void *at, struct str run)
{
    marks_add(at, run);
}

/* Versions that count for a deliverable, as its rule has it. */
static bool teams_counting(struct retaining *r, struct view *view, struct fault *why)
{
    for (size_t i = 0; i < r->loaded->course.team_count; i++) {
        scoped_arena arena = arena_open(NULL);
        struct view_team_state state;
        if (!view_team_state(view, arena, VIEWER_STAFF, r->loaded->course.teams[i].id, &state, why))
            return false;
        for (size_t k = 0; k < state.version_count; k++)
            if (state.versions[k].counts_for.len)
                marks_add(&r->counts, state.versions[k].run);
    }
    return true;
}

static bool counting(struct retaining *r, struct fault *why)
{
    struct view *view = view_open(r->turning->grader->state_path, why);
    bool ok = view && store_counting(r->turning->store, count_add, &r->counts, why) &&
              teams_counting(r, view, why);
    view_close(view);
    return ok;
}

/* ---- choosing ---- */

/* Bytes that a run's receipt names: what it takes at most. */
static int64_t bytes_of(struct retaining *r, struct str run)
{
    scoped_arena arena = arena_open(NULL);
    const char *path = arena_print(arena, "receipts/%.26s.json", run.at);
    struct str bytes;
    const struct json *receipt, *list;
    struct fault ignored = { 0 };
    int64_t sum = 0;
    if (!file_load(arena, r->turning->grader->state, path, RECEIPT_BYTES_MOST, &bytes, &ignored) ||
        !json_parse(arena, bytes, &receipt, &ignored))
        return 0;
    list = json_get(receipt, "snapshot");
    for (size_t i = 0; list && i < list->count; i++)
        sum += json_get_int(&list->members[i], "bytes", 0);
    list = json_get(receipt, "steps");
    for (size_t i = 0; list && i < list->count; i++) {
        const struct json *artifacts = json_get(&list->members[i], "artifacts");
        for (size_t k = 0; artifacts && k < artifacts->count; k++)
            sum += json_get_int(&artifacts->members[k], "bytes", 0);
    }
    return sum;
}

/* Of those that ended before before_ms, until `most` bytes are chosen. */
static bool choose(struct retaining *r, int64_t before_ms, bool files, int64_t most,
                   struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str *runs;
    size_t count;
    r->count = 0;
    if (!store_keep_older(r->turning->store, arena, before_ms, files, &runs, &count, why))
        return false;
    for (size_t i = 0; i < count && r->count < TOGETHER_MOST && most > 0; i++) {
        if (marks_has(&r->counts, runs[i]))
            continue;
        r->chosen[r->count++] = str_keep(r->arena, runs[i]);
        if (most < INT64_MAX)
            most -= bytes_of(r, runs[i]);
    }
    return true;
}

struct sizes {
    const struct artifacts *of;
    int64_t files, bytes;
};

static bool size_add(void *at, const char *sha256)
{
    struct sizes *sizes = at;
    struct fault ignored = { 0 };
    int64_t bytes;
    bool old;
    struct artifacts_dropping look = {
        .before_ms = INT64_MAX, .dry = true, .old = &old, .bytes = &bytes
    };
    if (artifacts_drop(sizes->of, sha256, &look, &ignored)) {
        sizes->files++;
        sizes->bytes += bytes;
    }
    return true;
}

static bool measure(struct retaining *r, struct sizes *sizes, struct fault *why)
{
    struct grader *grader = r->turning->grader;
    *sizes = (struct sizes){ .of = &grader->artifacts };
    if (!artifacts_list(sizes->of, size_add, sizes, why))
        return false;
    sizes->of = &grader->sealed;
    return artifacts_list(sizes->of, size_add, sizes, why) &&
           store_kept_put(r->turning->store, sizes->files, sizes->bytes, why);
}

/* ---- saying ---- */

static bool say(struct retaining *r, bool files, struct fault *why)
{
    struct text body = { .arena = r->arena };
    struct json_out out = { .text = &body };
    struct grader *grader = r->turning->grader;
    json_open_map(&out, NULL);
    json_add_bool(&out, "files", files);
    json_open_list(&out, "runs");
    for (size_t i = 0; i < r->count; i++)
        json_add_text(&out, NULL, r->chosen[i]);
    json_close_list(&out);
    json_close_map(&out);
    struct event_new event = { .kind = "drop",
                               .actor = "grader",
                               .body = text_str(&body),
                               .at_ms = clock_utc_ms(&grader->clock) };
    if (!inbox_append(r->turning->inbox, &event, &r->turning->memory->seq, why))
        return false;
    grader_log(grader, "info", "event=drop runs=%zu what=%s", r->count, files ? "files" : "logs");
    grader_news(grader);
    return true;
}

/* What goes next: by age, by size, logs by age. */
static bool next(struct retaining *r, bool *did, struct fault *why)
{
    const struct course_keep *keep = keep_of(r);
    int64_t now = clock_utc_ms(&r->turning->grader->clock);
    struct sizes sizes;
    if (!counting(r, why) || !measure(r, &sizes, why))
        return false;
    if (keep->runs_days && !choose(r, now - keep->runs_days * DAY_MS, true, INT64_MAX, why))
        return false;
    int64_t over = keep->artifacts_mb ? sizes.bytes - r->left_bytes - keep->artifacts_mb * MB : 0;
    if (!r->count && over > 0 && !choose(r, INT64_MAX, true, over, why))
        return false;
    bool files = r->count > 0;
    if (!files && keep->logs_days &&
        !choose(r, now - keep->logs_days * DAY_MS, false, INT64_MAX, why))
        return false;
    *did = r->count > 0;
    return !*did || say(r, files, why);
}

/* ---- taking away ---- */

static void drop_add(void *at, struct str run, bool files)
{
    struct retaining *r = at;
    marks_add(files ? &r->files : &r->logs, run);
}

static bool collect(struct retaining *r, struct fault *why)
{
    struct grader *grader = r->turning->grader;
    struct marks named __attribute__((cleanup(marks_scoped))) = { 0 };
    struct collecting how = { .state = grader->state,
                              .artifacts = &grader->artifacts,
                              .sealed = &grader->sealed,
                              .store = r->turning->store,
                              .team = "",
                              .skip = &r->files,
                              .skip_logs = &r->logs,
                              .stop = grader };
    struct collected gone = { 0 };
    int64_t begun_ms, before_ms = clock_utc_ms(&grader->clock);
    if (!store_drops(r->turning->store, drop_add, r, why) ||
        !store_oldest_begun(r->turning->store, &begun_ms, why))
        return false;
    before_ms = begun_ms && begun_ms < before_ms ? begun_ms : before_ms;
    struct collect_sweep those = { .named = &named, .before_ms = before_ms - YOUNG_MS };
    r->turning->memory->collect = false;
    if (!r->files.count && !r->logs.count)
        return true;
    if (!collect_marks(&how, &named, why) || !collect_sweep(&how, &those, &gone, why))
        return false;
    r->turning->memory->collect = gone.left > 0; /* at the next look */
    r->left_bytes = gone.left_bytes;
    if (gone.files)
        grader_log(grader, "info", "event=collect files=%lld bytes=%lld", (long long)gone.files,
                   (long long)gone.bytes);
    return true;
}

/* ---- turns ---- */

/* Is it time? At the start, when the course has changed, and once an hour. */
static bool is_due(struct retaining *r)
{
    struct retain_memory *memory = r->turning->memory;
    int64_t now = clock_boot_ms(&r->turning->grader->clock);
    bool changed = strcmp(memory->version, r->loaded->version.digest) != 0;
    if (!memory->begun)
        memory->collect = true;
    memory->begun = true;
    memcpy(memory->version, r->loaded->version.digest, SHA256_HEX);
    return changed || now >= memory->next_ms;
}

static bool turn(struct retaining *r, bool *did, struct fault *why)
{
    struct retain_memory *memory = r->turning->memory;
    int64_t seq;
    if (memory->seq) { /* first it is taken over */
        if (!store_inbox_seq(r->turning->store, &seq, why) || seq < memory->seq)
            return seq < memory->seq;
        memory->seq = 0;
        memory->collect = true;
    } else if (!is_due(r)) {
        return true;
    }
    memory->next_ms = clock_boot_ms(&r->turning->grader->clock) + LOOK_MS;
    if (memory->collect && !collect(r, why))
        return false;
    return next(r, did, why);
}

bool retain_turn(const struct retain_turning *turning, bool *did, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const struct loaded *loaded = loaded_take(turning->grader->loaded);
    const struct course_keep *keep = &loaded->course.keep;
    struct retaining *r = arena_new(arena, struct retaining);
    *r = (struct retaining){ .turning = turning, .loaded = loaded, .arena = arena };
    *did = false;
    bool any = keep->runs_days || keep->logs_days || keep->artifacts_mb;
    bool ok = !any || turn(r, did, why);
    marks_scoped(&r->counts);
    marks_scoped(&r->files);
    marks_scoped(&r->logs);
    loaded_give(turning->grader->loaded, loaded);
    return ok;
}
