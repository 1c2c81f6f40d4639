/*
 * Faults: why something did not work and whose move it is now.
 * A function that can fail returns bool and fills `*why`; one line, past tense, no full stop, names
 * the thing. Low layers leave the blame open; only grader/steps may name the student.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum blame {
    BLAME_OPEN,    /* nobody has said yet: handled like BLAME_SYSTEM */
    BLAME_STUDENT, /* becomes the verdict: shown to the team, not retried, costs a try */
    BLAME_COURSE,  /* rubric, data or course file is wrong: shown to the instructor, costs no try */
    BLAME_PASSING, /* network, lock, full disk: the queue tries again later, costs no try */
    BLAME_SYSTEM,  /* our bug or a broken machine: logged, run parked, no score, costs no try */
};

struct fault {
    enum blame blame;
    char text[240];
};

/*
 * Fill *why (may be NULL) and return false: `return fault_set(why, BLAME_OPEN, "...", ...)`.
 * Control characters become ?; what is too long is cut between two characters.
 */
bool fault_set(struct fault *why, enum blame blame, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * As fault_set with the text of errno behind ": "; ENOSPC, EDQUOT, EAGAIN and EBUSY are
 * BLAME_PASSING.
 */
bool fault_errno(struct fault *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put "prefix: " before the text that is there; the blame stays. Returns false. */
bool fault_within(struct fault *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "open", "student", "course", "passing" or "system". */
const char *blame_name(enum blame blame);
