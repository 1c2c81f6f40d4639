/* Lateness, its price, and the version that counts. */
#include "grader/course/deliverable.h"
#include <math.h>

#define DAY_MS ((int64_t)86400000)

static int64_t started(int64_t ms, int64_t unit_ms)
{
    return ms / unit_ms + (ms % unit_ms > 0);
}

int64_t late_days(int64_t late_ms, int64_t grace_ms)
{
    return late_ms > 0 && late_ms > grace_ms ? started(late_ms, DAY_MS) : 0;
}

double late_points(double raw, double possible, int64_t intervals, double percent, double floor)
{
    double least = possible * floor / 100;
    double less = raw - possible * percent / 100 * (double)intervals;
    return raw <= least ? raw : fmax(less, least);
}

struct lateness late_find(const struct late_terms *terms, int64_t due_ms, int64_t judged_ms,
                          int64_t left)
{
    struct lateness out = { .late_ms = judged_ms - due_ms };
    int64_t days = late_days(out.late_ms, terms->grace_ms);
    if (days == 0)
        return out;
    out.state = LATE_LATE;
    if (terms->rule == LATE_PERCENT)
        out.intervals = started(out.late_ms, terms->per_ms);
    bool fits = days <= left && (terms->days_most < 0 || days <= terms->days_most);
    if (terms->rule == LATE_REFUSE || (terms->rule == LATE_DAYS && !fits))
        out.state = LATE_BAD;
    else if (terms->rule == LATE_DAYS)
        out.days = days;
    return out;
}

int64_t deliver_closes_ms(const struct deliver *deliver, int64_t left)
{
    const struct late_terms *terms = &deliver->terms;
    if (terms->rule == LATE_ACCEPT || terms->rule == LATE_PERCENT)
        return INT64_MAX;
    int64_t most = terms->days_most < 0 || left < terms->days_most ? left : terms->days_most;
    int64_t days_ms = terms->rule == LATE_DAYS ? most * DAY_MS : 0;
    return deliver->due_ms + (days_ms > terms->grace_ms ? days_ms : terms->grace_ms);
}

/* The newest pin that was made in time. */
static const struct deliver_pin *pin_find(const struct deliver *deliver, int64_t left)
{
    int64_t closes_ms = deliver_closes_ms(deliver, left);
    for (size_t i = deliver->pin_count; i-- > 0;)
        if (deliver->pins[i].staff || deliver->pins[i].at_ms <= closes_ms)
            return deliver->pins[i].none ? NULL : &deliver->pins[i];
    return NULL;
}

/* Is the later one at least as good a choice? Of equal scores the older one stands. */
static bool replaces(const struct deliver *deliver, const struct deliver_version *old,
                     const struct deliver_version *newer)
{
    if (deliver->rule != DELIVER_BEST)
        return true;
    if (isnan(newer->score) || isnan(old->score))
        return isnan(old->score) && !isnan(newer->score);
    return deliver->higher_is_better ? newer->score > old->score : newer->score < old->score;
}

static struct deliver_outcome pinned(const struct deliver *deliver, const struct deliver_pin *pin,
                                     int64_t left)
{
    struct deliver_outcome out = { .version = SIZE_MAX, .pinned = true, .pin = pin->version };
    out.why = DELIVER_PIN_WAITS;
    if (pin->version >= deliver->version_count)
        return out;
    const struct deliver_version *version = &deliver->versions[pin->version];
    out.lateness = late_find(&deliver->terms, deliver->due_ms, version->judged_ms, left);
    if (!version->graded)
        return out;
    out.why = DELIVER_PIN_TOO_LATE;
    if (out.lateness.state == LATE_BAD)
        return out;
    out.why = DELIVER_BY_PIN;
    out.version = pin->version;
    return out;
}

struct deliver_outcome deliver_find(const struct deliver *deliver, int64_t left)
{
    const struct deliver_pin *pin = pin_find(deliver, left);
    if (pin)
        return pinned(deliver, pin, left);
    struct deliver_outcome out = { .version = SIZE_MAX, .why = DELIVER_NOTHING, .pin = SIZE_MAX };
    if (deliver->rule == DELIVER_PINNED) {
        out.why = DELIVER_NO_PIN;
        return out;
    }
    for (size_t i = 0; i < deliver->version_count; i++) {
        const struct deliver_version *version = &deliver->versions[i];
        struct lateness late =
            late_find(&deliver->terms, deliver->due_ms, version->judged_ms, left);
        if (!version->graded || !version->belongs || late.state == LATE_BAD)
            continue;
        if (out.version != SIZE_MAX && !replaces(deliver, &deliver->versions[out.version], version))
            continue;
        out.version = i;
        out.why = DELIVER_BY_RULE;
        out.lateness = late;
    }
    return out;
}
