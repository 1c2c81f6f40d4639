/*
 * Boards are made behind the rows that they follow from, by a thread of their own: of many runs
 * that end together one board is made. It rests ten times as long as the last one took, a second at
 * most, so that boards of many teams leave the processors to the runs. What a grader that ended did
 * not come to is made at the next start.
 */
#pragma once

#include "grader/grader.h"

struct boards;
struct boards *boards_open(void);
void boards_close(struct boards *boards);

/* The task's board is to be made anew. */
void boards_ask(const struct grader *grader, struct str task);
void *boards_thread(void *grader);
/* Those that are still to be made; once no thread is left that could ask. */
void boards_end(struct grader *grader);
