/* What watches the service: /healthz, /livez, /readyz, /version, /metrics. */
#include "core/base/clock.h"
#include "web/visit.h"
#include <stdio.h>
#include <sys/statvfs.h>

#define BEAT_LATE_MS 30000
#define DISK_FREE_LEAST ((uint64_t)64 << 20)

bool api_health(struct visit *visit, struct fault *why)
{
    (void)why;
    struct json_out out = { .text = &visit->out };
    json_open_map(&out, NULL);
    json_add_zero(&out, "status", "ok");
    json_close_map(&out);
    return true;
}

bool api_version(struct visit *visit, struct fault *why)
{
    (void)why;
    struct json_out out = { .text = &visit->out };
    json_open_map(&out, NULL);
    json_add_zero(&out, "version", HOLDOUT_VERSION);
    json_close_map(&out);
    return true;
}

/* ---- readiness ---- */

static bool disk_is_full(const struct course *course)
{
    struct statvfs disk;
    return statvfs(course->state_dir, &disk) == 0 &&
           (uint64_t)disk.f_bavail * disk.f_frsize < DISK_FREE_LEAST;
}

/* What keeps this course from working, in words; NULL: nothing. */
static const char *trouble_of(struct visit *visit, struct course *course)
{
    struct view *view = course_take(course, NULL);
    if (!view)
        return "its store cannot be read";
    course_give(course, view);
    if (visit->now_ms - view_beat_ms(course->state_dir) > BEAT_LATE_MS)
        return "its grader is not at work";
    return disk_is_full(course) ? "its disk is full" : NULL;
}

bool api_ready(struct visit *visit, struct fault *why)
{
    (void)why;
    bool all = true;
    struct json_out out = { .text = &visit->out };
    json_open_map(&out, NULL);
    json_open_list(&out, "courses");
    for (size_t i = 0; i < visit->courses->count; i++) {
        struct course *course = &visit->courses->at[i];
        const char *trouble = trouble_of(visit, course);
        all &= !trouble;
        json_open_map(&out, NULL);
        json_add_text(&out, "id", course_key(course, visit->arena));
        json_add_bool(&out, "ready", !trouble);
        if (trouble)
            json_add_zero(&out, "reason", trouble);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_add_zero(&out, "status", all ? "ok" : "not ready");
    json_close_map(&out);
    visit->response->status = all ? 200 : 503;
    return true;
}

/* ---- the exposition format of Prometheus, version 0.0.4 ---- */

/* The rows of one course, kept until each metric is written with all its courses in one place. */
struct measured {
    struct str course;
    int64_t beat_ms;
    struct view_metrics values;
};
struct exposition {
    struct visit *visit;
    struct measured *courses;
    size_t count;
};

static void head(struct exposition *to, const char *name, const char *type, const char *help)
{
    text_print(&to->visit->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and newline are escaped. */
static const char *label(struct exposition *to, struct str value)
{
    struct text text = { .arena = to->visit->arena };
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '\n') {
            text_add(&text, S("\\n"));
            continue;
        }
        if (value.at[i] == '\\' || value.at[i] == '"')
            text_char(&text, '\\');
        text_char(&text, value.at[i]);
    }
    text_char(&text, 0);
    return text.at;
}

static void put_states(struct exposition *to)
{
    head(to, "holdout_runs", "gauge", "Runs in the store by state and verdict.");
    for (size_t c = 0; c < to->count; c++)
        for (size_t i = 0; i < to->courses[c].values.state_count; i++) {
            const struct view_state *state = &to->courses[c].values.states[i];
            text_print(&to->visit->out,
                       "holdout_runs{course=\"%s\",state=\"%s\",verdict=\"%s\"} %lld\n",
                       label(to, to->courses[c].course), label(to, state->state),
                       label(to, state->verdict), (long long)state->count);
        }
}

static double seconds_of(int64_t ms)
{
    return (double)ms / 1000;
}

static double queue_age(const struct measured *course, int64_t now_ms)
{
    int64_t oldest = course->values.oldest_ms;
    return oldest && now_ms > oldest ? seconds_of(now_ms - oldest) : 0;
}
static double beat_time(const struct measured *course, int64_t now_ms)
{
    (void)now_ms;
    return seconds_of(course->beat_ms);
}
static double end_time(const struct measured *course, int64_t now_ms)
{
    (void)now_ms;
    return seconds_of(course->values.newest_end_ms);
}

static const struct gauge {
    const char *name, *help;
    double (*of)(const struct measured *course, int64_t now_ms);
} gauges[] = {
    { "holdout_queue_oldest_seconds", "Age of the run that waits longest.", queue_age },
    { "holdout_grader_beat_timestamp_seconds", "When the grader last said that it is at work.",
      beat_time },
    { "holdout_last_run_end_timestamp_seconds", "When a run last ended.", end_time },
};

static void put_gauges(struct exposition *to)
{
    for (size_t g = 0; g < sizeof gauges / sizeof *gauges; g++) {
        head(to, gauges[g].name, "gauge", gauges[g].help);
        for (size_t c = 0; c < to->count; c++)
            text_print(&to->visit->out, "%s{course=\"%s\"} %.3f\n", gauges[g].name,
                       label(to, to->courses[c].course),
                       gauges[g].of(&to->courses[c], to->visit->now_ms));
    }
}

static void put_spread(struct exposition *to, const char *name, const char *help, bool waited)
{
    static const int bounds[VIEW_SPREAD_COUNT] = VIEW_SPREAD_BOUNDS;
    struct text *out = &to->visit->out;
    head(to, name, "histogram", help);
    for (size_t c = 0; c < to->count; c++) {
        const struct view_metrics *values = &to->courses[c].values;
        const struct view_spread *spread = waited ? &values->waited : &values->graded;
        const char *course = label(to, to->courses[c].course);
        for (size_t i = 0; i < VIEW_SPREAD_COUNT; i++)
            text_print(out, "%s_bucket{course=\"%s\",le=\"%d\"} %lld\n", name, course, bounds[i],
                       (long long)spread->at_most[i]);
        text_print(out, "%s_bucket{course=\"%s\",le=\"+Inf\"} %lld\n", name, course,
                   (long long)spread->count);
        text_print(out, "%s_sum{course=\"%s\"} %.3f\n%s_count{course=\"%s\"} %lld\n", name, course,
                   spread->sum_s, name, course, (long long)spread->count);
    }
}

static void put_steps(struct exposition *to)
{
    static const char *const names[] = { "holdout_recent_step_seconds",
                                         "holdout_recent_step_cpu_seconds" };
    for (size_t n = 0; n < 2; n++) {
        head(to, names[n], "gauge",
             n ? "Mean CPU time of a step among the newest 100 runs."
               : "Mean duration of a step among the newest 100 runs.");
        for (size_t c = 0; c < to->count; c++)
            for (size_t i = 0; i < to->courses[c].values.step_count; i++) {
                const struct view_step_mean *step = &to->courses[c].values.steps[i];
                text_print(&to->visit->out, "%s{course=\"%s\",step=\"%s\"} %.6f\n", names[n],
                           label(to, to->courses[c].course), label(to, step->name),
                           n ? step->cpu_s : step->wall_s);
            }
    }
}

static void put_looks(struct exposition *to)
{
    head(to, "holdout_repositories", "gauge", "Teams' repositories by how the last look went.");
    for (size_t c = 0; c < to->count; c++)
        for (size_t i = 0; i < to->courses[c].values.look_count; i++) {
            const struct view_look *look = &to->courses[c].values.looks[i];
            text_print(&to->visit->out, "holdout_repositories{course=\"%s\",state=\"%s\"} %lld\n",
                       label(to, to->courses[c].course), label(to, look->state),
                       (long long)look->teams);
        }
}

static bool gather(struct exposition *to, struct fault *why)
{
    struct visit *visit = to->visit;
    to->courses = arena_array(visit->arena, struct measured, visit->courses->count);
    for (size_t i = 0; i < visit->courses->count; i++) {
        struct course *course = &visit->courses->at[i];
        struct view *view = course_take(course, NULL);
        if (!view)
            continue; /* not there yet: /readyz says so */
        bool ok = view_metrics(view, visit->arena, &to->courses[to->count].values, why);
        course_give(course, view);
        if (!ok)
            return false;
        to->courses[to->count].beat_ms = view_beat_ms(course->state_dir);
        to->courses[to->count++].course = course_key(course, visit->arena);
    }
    return true;
}

bool api_metrics(struct visit *visit, struct fault *why)
{
    struct exposition to = { .visit = visit };
    if (!gather(&to, why))
        return false;
    head(&to, "holdout_build_info", "gauge", "Always 1; the version is a label.");
    text_print(&visit->out, "holdout_build_info{version=\"%s\"} 1\n", HOLDOUT_VERSION);
    put_states(&to);
    put_gauges(&to);
    put_spread(&to, "holdout_run_wait_seconds", "From receipt to the start of a run.", true);
    put_spread(&to, "holdout_run_seconds", "From the start of a run to its end.", false);
    put_steps(&to);
    put_looks(&to);
    visit->response->type = "text/plain; version=0.0.4; charset=utf-8";
    return true;
}
