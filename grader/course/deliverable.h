/*
 * What is due, for one team: how late a version is, what that costs, and which version counts.
 * Pure functions over plain data: the same answer whenever they are asked, from the inbox's events.
 * Sources: late days as Submitty and MarkUs count them, percentages as Canvas does; vectors:
 * tests/grader/deliverable.json.
 */
#pragma once

#include "core/base/str.h"
#include <stdint.h>

#define DELIVER_RULES "latest", "best", "pinned"
enum deliver_rule { DELIVER_LATEST, DELIVER_BEST, DELIVER_PINNED };

#define LATE_RULES "days", "percent", "accept", "refuse"
enum late_rule {
    LATE_DAYS, /* takes late days, within the cap and what the team has left; else nothing counts */
    LATE_PERCENT, /* takes a share of the possible points for each started interval */
    LATE_ACCEPT,  /* costs nothing, is only shown */
    LATE_REFUSE,  /* does not count */
};

struct late_terms {
    int rule;          /* enum late_rule */
    int64_t grace_ms;  /* so much later is not late */
    int64_t days_most; /* late days on this deliverable; -1: as many as there are */
    double percent;    /* of the possible points, for each started interval */
    int64_t per_ms;    /* interval: a day or an hour */
    double floor;      /* percent of the possible points that lateness leaves */
};

/* Started days late; 0 within the grace. */
int64_t late_days(int64_t late_ms, int64_t grace_ms);
/* Points after a percentage; a raw score below the floor keeps what it has. */
double late_points(double raw, double possible, int64_t intervals, double percent, double floor);

enum late_state { LATE_GOOD, LATE_LATE, LATE_BAD }; /* BAD: does not count */
struct lateness {
    int64_t late_ms;   /* after the team's due time; 0 or less: not late */
    int64_t days;      /* late days taken */
    int64_t intervals; /* LATE_PERCENT */
    int state;         /* enum late_state */
};
/* `left`: late days that the team has left for it. */
struct lateness late_find(const struct late_terms *terms, int64_t due_ms, int64_t judged_ms,
                          int64_t left);

struct deliver_version {
    int64_t judged_ms;
    double score; /* as released; NAN: none */
    bool graded;  /* it went to its end: only such count */
    bool belongs; /* was submitted for this deliverable; others count only by a pin */
};
struct deliver_pin {
    int64_t at_ms;
    bool staff;     /* at any time; a team's pin only while a version can still be handed in */
    size_t version; /* SIZE_MAX: one that is not known (any more) */
    bool none;      /* the pin is taken back */
};
struct deliver {
    struct late_terms terms;
    int64_t due_ms; /* the team's */
    int rule;       /* enum deliver_rule */
    bool higher_is_better;
    const struct deliver_version *versions; /* in the order of receipt */
    size_t version_count;
    const struct deliver_pin *pins; /* in order */
    size_t pin_count;
};

enum deliver_why {
    DELIVER_BY_RULE,
    DELIVER_BY_PIN,
    DELIVER_PIN_WAITS,    /* the pinned version has not been graded */
    DELIVER_PIN_TOO_LATE, /* it was handed in too late to count */
    DELIVER_NO_PIN,       /* the rule is pinned and there is none */
    DELIVER_NOTHING,      /* nothing was graded in time */
};
struct deliver_outcome {
    size_t version; /* SIZE_MAX: none counts */
    int why;        /* enum deliver_why */
    bool pinned;    /* a pin holds: of version `pin` */
    size_t pin;
    struct lateness lateness; /* of the version that counts */
};
/* The last instant at which a team may hand in or pin; INT64_MAX: always. */
int64_t deliver_closes_ms(const struct deliver *deliver, int64_t left);
struct deliver_outcome deliver_find(const struct deliver *deliver, int64_t left);
