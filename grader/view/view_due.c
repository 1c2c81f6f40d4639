/* The window out: a team's versions, what is due and which of them counts, and its tries. */
#include "core/base/clock.h"
#include "grader/course/deliverable.h"
#include "grader/store/tries.h"
#include "grader/view.h"
#include "grader/view/view_sql.h"
#include <math.h>

/* What is read once for a team. */
struct reading {
    struct view *view;
    struct arena *arena;
    struct str team;        /* slug */
    const struct json *all; /* deliverables as the grader wrote them */
    struct view_tasks known;
    struct zone zone;
    struct str tasks;        /* of the team, with blanks between */
    struct str *submissions; /* of each version */
    size_t submission_count;
    struct view_team_state *out;
};

static bool is_ended(struct str state)
{
    static const char *const ends[] = { "done", "failed_team", "failed_ours", "cancelled",
                                        "superseded" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_is(state, ends[i]))
            return true;
    return false;
}

static bool versions_load(struct reading *reading, struct fault *why)
{
    struct arena *arena = reading->arena;
    struct view_team_state *out = reading->out;
    struct row *row = db_start(reading->view->db, VIEW_VERSIONS, "t", reading->team);
    while (row_next(row, why)) {
        *MORE(arena, reading->submissions, reading->submission_count) = row_text(row, 0, arena);
        *MORE(arena, out->versions, out->version_count) =
            (struct view_version){ .run = row_text(row, 1, arena),
                                   .task = row_text(row, 2, arena),
                                   .deliverable = row_text(row, 3, arena),
                                   .commit = row_text(row, 4, arena),
                                   .ref = row_text(row, 5, arena),
                                   .received_ms = row_int(row, 6),
                                   .judged_ms = row_int(row, 7),
                                   .state = row_text(row, 8, arena),
                                   .score = row_double(row, 9),
                                   .number = row_int(row, 10),
                                   .verdict = row_text(row, 11, arena),
                                   .counts_for = S("") };
    }
    return row_end(row, why);
}

/* ---- words ---- */

static const char *span(struct arena *arena, int64_t ms)
{
    long long days = ms / 86400000, hours = ms / 3600000 % 24, minutes = ms / 60000 % 60;
    if (days)
        return arena_print(arena, "%lld d %lld h", days, hours);
    if (hours)
        return arena_print(arena, "%lld h %lld min", hours, minutes);
    return ms >= 60000 ? arena_print(arena, "%lld min", minutes) : "less than a minute";
}

static struct str late_words(struct arena *arena, const struct late_terms *terms,
                             const struct lateness *late, int64_t left)
{
    if (late->late_ms <= 0)
        return S("in time");
    const char *how = span(arena, late->late_ms);
    if (late->state == LATE_GOOD)
        return str_of(arena_print(arena, "%s after the due time, within the grace", how));
    if (late->state == LATE_BAD && terms->rule == LATE_DAYS)
        return str_of(arena_print(arena,
                                  "%s late: would take %lld of %lld late days, does not "
                                  "count",
                                  how, (long long)late_days(late->late_ms, terms->grace_ms),
                                  (long long)left));
    if (late->state == LATE_BAD)
        return str_of(arena_print(arena, "%s late: does not count", how));
    if (terms->rule == LATE_DAYS)
        return str_of(arena_print(arena, "%s late: takes %lld of %lld late days", how,
                                  (long long)late->days, (long long)left));
    if (terms->rule == LATE_PERCENT)
        return str_of(
            arena_print(arena, "%s late: minus %g %% of the possible points", how,
                        fmin((double)late->intervals * terms->percent, 100 - terms->floor)));
    return str_of(arena_print(arena, "%s late: costs nothing", how));
}

static struct str terms_words(struct arena *arena, const struct late_terms *terms)
{
    if (terms->rule == LATE_DAYS && terms->days_most >= 0)
        return str_of(arena_print(arena, "late days, at most %lld", (long long)terms->days_most));
    if (terms->rule == LATE_DAYS)
        return S("late days");
    if (terms->rule == LATE_PERCENT)
        return str_of(arena_print(
            arena, "%g %% of the possible points for each started %s%s", terms->percent,
            terms->per_ms < 86400000 ? "hour" : "day",
            terms->floor > 0 ? arena_print(arena, ", down to %g %%", terms->floor) : ""));
    return terms->rule == LATE_REFUSE ? S("late versions do not count")
                                      : S("lateness costs nothing");
}

static struct str why_words(int why, int rule)
{
    switch ((enum deliver_why)why) {
    case DELIVER_BY_RULE:
        return rule == DELIVER_BEST ? S("the best released score of the graded versions")
                                    : S("the latest graded version");
    case DELIVER_BY_PIN:
        return S("pinned");
    case DELIVER_PIN_WAITS:
        return S("the pinned version has not been graded");
    case DELIVER_PIN_TOO_LATE:
        return S("the pinned version was handed in too late to count");
    case DELIVER_NO_PIN:
        return S("nothing is pinned, so nothing counts yet: push a tag final/ with its name");
    case DELIVER_NOTHING:
        break;
    }
    return S("no version was graded in time yet");
}

/* ---- one deliverable of one task ---- */

static int word_at(const char *const *words, struct str word)
{
    for (int i = 0; words[i]; i++)
        if (str_is(word, words[i]))
            return i;
    return 0;
}

static struct late_terms terms_of(const struct json *one)
{
    static const char *const rules[] = { LATE_RULES, NULL };
    const struct json *late = json_get(one, "late");
    int64_t per_ms = json_get_int(late, "per_ms", 86400000);
    return (struct late_terms){ .rule = word_at(rules, json_get_text(late, "rule", "accept")),
                                .grace_ms = json_get_int(one, "grace_ms", 0),
                                .days_most = json_get_int(late, "days", -1),
                                .percent = json_get_double(late, "percent", 0),
                                .per_ms = per_ms > 0 ? per_ms : 86400000,
                                .floor = json_get_double(late, "floor", 0) };
}

/* What a version is for when submission.yaml has not been read yet: as the grader will decide. */
static struct str meant_for(const struct reading *reading, const struct view_version *version)
{
    struct str tag = S("refs/tags/"), part, rest = str_from(version->ref, tag.len);
    const struct json *open = NULL;
    if (version->deliverable.len)
        return version->deliverable;
    while (str_starts(version->ref, tag) && str_cut(&rest, '/', &part))
        for (size_t i = 0; i < reading->all->count; i++)
            if (str_equal(json_get_text(&reading->all->members[i], "id", ""), part))
                return part;
    for (size_t i = 0; i < reading->all->count; i++) {
        const struct json *one = &reading->all->members[i];
        int64_t due_ms = json_get_int(one, "due_ms", 0);
        bool sooner = !open || due_ms < json_get_int(open, "due_ms", 0);
        if (due_ms >= version->received_ms && sooner)
            open = one;
    }
    return json_get_text(open, "id", "");
}

static void versions_fill(const struct reading *reading, const struct view_due *due,
                          struct deliver_version *out)
{
    for (size_t i = 0; i < reading->out->version_count; i++) {
        const struct view_version *version = &reading->out->versions[i];
        bool of_task = str_equal(version->task, due->task);
        out[i] = (struct deliver_version){
            .judged_ms = version->judged_ms ? version->judged_ms : version->received_ms,
            .score = version->score,
            .graded = of_task && str_is(version->state, "done"),
            .belongs = of_task && str_equal(version->deliverable, due->deliverable),
        };
    }
}

/* The version that a pin names: that submission, or the newest of that commit. */
static size_t pinned_at(const struct reading *reading, struct str submission, struct str commit)
{
    for (size_t i = reading->out->version_count; i-- > 0;)
        if (submission.len ? str_equal(reading->submissions[i], submission)
                           : str_equal(reading->out->versions[i].commit, commit))
            return i;
    return SIZE_MAX;
}

static bool pins_load(struct reading *reading, const struct view_due *due, struct deliver *deliver,
                      struct fault *why)
{
    struct deliver_pin *pins = NULL;
    size_t count = 0;
    struct row *row = db_start(reading->view->db, VIEW_PINS, "tt", reading->team, due->deliverable);
    while (row_next(row, why)) {
        struct str submission = row_text(row, 0, reading->arena);
        struct str commit = row_text(row, 1, reading->arena);
        bool none = !submission.len && !commit.len;
        size_t at = none ? SIZE_MAX : pinned_at(reading, submission, commit);
        if (at != SIZE_MAX && !str_equal(reading->out->versions[at].task, due->task))
            continue;
        *MORE(reading->arena, pins, count) = (struct deliver_pin){
            .at_ms = row_int(row, 2), .staff = row_int(row, 3) != 0, .version = at, .none = none
        };
    }
    deliver->pins = pins;
    deliver->pin_count = count;
    return row_end(row, why);
}

static bool extension_load(struct reading *reading, struct view_due *due, struct fault *why)
{
    struct row *row =
        db_start(reading->view->db, VIEW_EXTENSION, "tt", reading->team, due->deliverable);
    if (row_next(row, why)) {
        int64_t until_ms = row_int(row, 0);
        due->due_ms = until_ms ? until_ms : due->course_due_ms + row_int(row, 1);
        due->reason = row_text(row, 2, reading->arena);
    }
    return row_end(row, why);
}

/* Points of the version that counts, before and after the percentage. */
static bool points_load(struct reading *reading, const struct late_terms *terms,
                        const struct deliver_outcome *outcome, struct view_due *due,
                        struct fault *why)
{
    due->points = due->possible = due->points_left = NAN;
    if (outcome->version == SIZE_MAX)
        return true;
    struct row *row = db_start(reading->view->db, VIEW_POINT_SUM, "t",
                               reading->out->versions[outcome->version].run);
    if (row_next(row, why) && row_int(row, 2) > 0) {
        due->points = row_double(row, 0);
        due->possible = row_double(row, 1);
        due->points_left = late_points(due->points, due->possible, outcome->lateness.intervals,
                                       terms->percent, terms->floor);
    }
    return row_end(row, why);
}

/* The newest version on its way to it, and what it would cost. */
static void next_find(const struct reading *reading, const struct deliver *deliver,
                      struct view_due *due, int64_t left)
{
    due->next = SIZE_MAX;
    for (size_t i = 0; i < reading->out->version_count; i++) {
        const struct view_version *version = &reading->out->versions[i];
        if (!is_ended(version->state) &&
            (!version->task.len || str_equal(version->task, due->task)) &&
            str_equal(meant_for(reading, version), due->deliverable))
            due->next = i;
    }
    if (due->next == SIZE_MAX)
        return;
    struct lateness late =
        late_find(&deliver->terms, deliver->due_ms, deliver->versions[due->next].judged_ms, left);
    due->next_late = late_words(reading->arena, &deliver->terms, &late, left);
}

static void mark_counting(const struct reading *reading, const struct deliver_outcome *outcome,
                          const struct view_due *due)
{
    struct arena *arena = reading->arena;
    if (outcome->pinned && outcome->pin < reading->out->version_count)
        reading->out->versions[outcome->pin].pinned = true;
    if (outcome->version == SIZE_MAX)
        return;
    struct view_version *version = &reading->out->versions[outcome->version];
    version->counts_for =
        version->counts_for.len
            ? str_of(arena_print(arena, "%.*s, %.*s", STR_ARGS(version->counts_for),
                                 STR_ARGS(due->deliverable)))
            : due->deliverable;
}

static bool due_find(struct reading *reading, const struct json *one, struct str task, int64_t left,
                     int64_t *days, struct fault *why)
{
    static const char *const rules[] = { DELIVER_RULES, NULL };
    struct view_due due = { .deliverable = json_get_text(one, "id", ""),
                            .task = task,
                            .course_due_ms = json_get_int(one, "due_ms", 0),
                            .rule = json_get_text(one, "count", "latest") };
    due.due_ms = due.course_due_ms;
    struct deliver_version *versions =
        arena_array(reading->arena, struct deliver_version, reading->out->version_count);
    if (!extension_load(reading, &due, why))
        return false;
    const struct view_task *known = view_task_find(&reading->known, task);
    versions_fill(reading, &due, versions);
    struct deliver deliver = { .terms = terms_of(one),
                               .due_ms = due.due_ms,
                               .rule = word_at(rules, due.rule),
                               .higher_is_better = !known || known->higher_is_better,
                               .versions = versions,
                               .version_count = reading->out->version_count };
    if (!pins_load(reading, &due, &deliver, why))
        return false;
    struct deliver_outcome outcome = deliver_find(&deliver, left);
    due.version = outcome.version;
    due.why = why_words(outcome.why, deliver.rule);
    due.terms = terms_words(reading->arena, &deliver.terms);
    due.grace_ms = deliver.terms.grace_ms;
    due.days = outcome.lateness.days;
    due.late = outcome.version == SIZE_MAX
                   ? S("")
                   : late_words(reading->arena, &deliver.terms, &outcome.lateness, left);
    due.takes_percent = outcome.lateness.intervals > 0;
    if (!points_load(reading, &deliver.terms, &outcome, &due, why))
        return false;
    next_find(reading, &deliver, &due, left);
    mark_counting(reading, &outcome, &due);
    *days = due.days > *days ? due.days : *days;
    *MORE(reading->arena, reading->out->dues, reading->out->due_count) = due;
    return true;
}

/* ---- the team ---- */

static bool list_has(const struct json *list, struct str word)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (str_equal(list->members[i].text, word))
            return true;
    return false;
}

/* The deliverable that is due next after one (NULL: the first); equal times in their order. */
static const struct json *due_next(const struct json *all, const struct json *after)
{
    const struct json *best = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const struct json *one = &all->members[i];
        int64_t due_ms = json_get_int(one, "due_ms", 0);
        int64_t last_ms = after ? json_get_int(after, "due_ms", 0) : INT64_MIN;
        bool behind = !after || due_ms > last_ms || (due_ms == last_ms && one > after);
        if (behind && (!best || due_ms < json_get_int(best, "due_ms", 0)))
            best = one;
    }
    return best;
}

/* Late days are taken in the order of the course's due times. */
static bool dues_find(struct reading *reading, struct fault *why)
{
    int64_t left = reading->out->late_days;
    for (const struct json *one = due_next(reading->all, NULL); one;
         one = due_next(reading->all, one)) {
        struct str rest = reading->tasks, task;
        int64_t days = 0;
        while (str_cut(&rest, ' ', &task))
            if (list_has(json_get(one, "tasks"), task) &&
                !due_find(reading, one, str_keep(reading->arena, task), left, &days, why))
                return false;
        left -= days;
    }
    reading->out->late_left = left;
    return true;
}

static bool tries_find(struct reading *reading, struct fault *why)
{
    static const struct tries_queries queries = { VIEW_QUOTA, VIEW_GIVEN, VIEW_TRIES };
    struct clock clock = clock_system();
    struct str tasks = reading->tasks, task;
    const struct zone *zone = &reading->zone;
    int64_t today = zone_day(zone, clock_utc_ms(&clock));
    while (str_cut(&tasks, ' ', &task)) {
        const struct view_task *found = view_task_find(&reading->known, task);
        struct tries_of of = { reading->team, task, "", found ? found->runs_per_day : 0,
                               found ? found->runs_total : 0 };
        struct quota quota;
        if (!tries_load(reading->view->db, &queries, reading->arena, zone, &of, &quota, why))
            return false;
        struct quota_room room = quota_find(&quota, today, today);
        *MORE(reading->arena, reading->out->tries, reading->out->try_count) = (struct view_tries){
            .task = str_keep(reading->arena, task),
            .used = room.used,
            .most = room.most,
            .all = room.all,
            .all_most = room.all_most,
            .next_ms = room.day > today ? zone_day_start(zone, room.day) : 0,
        };
    }
    return true;
}

bool view_zone(struct view *view, struct arena *arena, struct zone *out, struct fault *why)
{
    const struct json *list = NULL;
    *out = (struct zone){ 0 };
    if (!view_meta(view, arena, "zone", &list, why))
        return false;
    struct zone_change *at = arena_array(arena, struct zone_change, list ? list->count : 0);
    size_t count = 0;
    for (size_t i = 0; list && i < list->count; i++)
        if (list->members[i].count == 2)
            at[count++] = (struct zone_change){ (int64_t)list->members[i].members[0].number,
                                                (int64_t)list->members[i].members[1].number };
    *out = (struct zone){ at, count };
    return true;
}

static bool budget_load(struct reading *reading, struct fault *why)
{
    struct row *row = db_start(reading->view->db, VIEW_BUDGET, "t", reading->team);
    reading->tasks = S("");
    if (row_next(row, why)) {
        reading->out->members = row_int(row, 0);
        reading->out->late_days = row_int(row, 1);
        reading->tasks = row_text(row, 2, reading->arena);
    }
    return row_end(row, why);
}

/* Who it is, and unless that is hidden its versions and which of them count. */
static bool versions_find(struct reading *reading, enum viewer viewer, struct str team,
                          struct view_rules *rules, struct fault *why)
{
    static const struct json nothing;
    struct view *view = reading->view;
    struct arena *arena = reading->arena;
    *reading->out = (struct view_team_state){ 0 };
    if (!view_rules(view, arena, viewer, rules, why) ||
        !view_team_slug(view, arena, rules, team, &reading->team, why))
        return false;
    if (!reading->team.at || rules->masked)
        return true;
    if (!view_meta(view, arena, "deliverables", &reading->all, why) ||
        !view_tasks(view, arena, &reading->known, why) || !versions_load(reading, why))
        return false;
    reading->all = reading->all ? reading->all : &nothing;
    return budget_load(reading, why) && dues_find(reading, why);
}

bool view_team_versions(struct view *view, struct arena *arena, enum viewer viewer, struct str team,
                        struct view_team_state *out, struct fault *why)
{
    struct view_rules rules;
    struct reading reading = { .view = view, .arena = arena, .out = out };
    return versions_find(&reading, viewer, team, &rules, why);
}

bool view_team_state(struct view *view, struct arena *arena, enum viewer viewer, struct str team,
                     struct view_team_state *out, struct fault *why)
{
    struct view_rules rules;
    struct reading reading = { .view = view, .arena = arena, .out = out };
    if (!versions_find(&reading, viewer, team, &rules, why))
        return false;
    if (!reading.team.at)
        return true;
    if (!rules.masked &&
        (!view_zone(view, arena, &reading.zone, why) || !tries_find(&reading, why)))
        return false;
    return view_compared_load(view, arena, &rules, reading.team, out, why);
}
