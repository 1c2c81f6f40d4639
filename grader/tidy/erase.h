/*
 * Erasing a team, turn by turn: its files, the words of its events, the contents of its receipts,
 * its rows. In this order, so that whoever is stopped anywhere goes on where it was:
 *   waiting   until no version of the course in force names the team and its runs have stopped;
 *             then files that nobody else names go; the inbox says what is erased; receipts; rows
 *   wiping    deleted rows go out of the files of the databases; the words of the events too.
 *             Then the row that told of it goes
 * What is left: numbers, times and kinds of the events, places of receipts in the chain.
 */
#pragma once

#include "grader/grader.h"

struct erase_memory { /* between turns; zeroed at first */
    int64_t seq;      /* of the erasure that the rest is about */
    int64_t quiet_ms; /* since then nobody works on the team; 0: somebody does */
};

/* *did: something was done, there may be more. A fault that is BLAME_PASSING: try again later. */
struct erase_turning {
    struct grader *grader;
    struct store *store;
    struct inbox *inbox;
    struct erase_memory *memory;
};
bool erase_turn(const struct erase_turning *turning, bool *did, struct fault *why);

/* What would go, counted without changing anything. */
struct erase_plan {
    int64_t runs, events, marks, receipts;
    int64_t files, bytes; /* of artifacts/ and sealed/ that nobody else names */
    int64_t repository_bytes, cache_bytes;
    int64_t old_stores, lists; /* store.db.before-*; earlier teams.csv and roster.csv */
};
bool erase_plan_make(const char *course, const char *team, struct erase_plan *out,
                     struct fault *why);
