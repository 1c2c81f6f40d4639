/*
 * `release: ladder`: of a team's metric a new value is released only when the run is better than
 * the one that the last released value comes from, by more than one standard error of the paired
 * difference on the Public rows (core/eval/ladder.h), or by a step of `eta`. Otherwise the run
 * shows what was released before, and nothing else of it: value, interval, ranks and points all
 * come from the run that leads.
 *
 * What a team has reached stands in store.db and moves in the transaction that ends the run: a run
 * that is done again after a crash counts once, and a team's runs count in the order in which they
 * end. Where course.yaml lets two of a team run at a time, the one that ends second and was
 * compared with what stood there before goes back and is compared again. The leader's losses are
 * computed anew from its sealed predictions. Another version of the task starts anew.
 */
#pragma once

#include "grader/run.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/release.h"

/*
 * shown: the run's exact value on the Public rows, finite. *out: its released form; becomes what
 * was released before where the run is not better, and run->evaluated says so.
 */
bool release_ladder(struct run *run, const struct judged_metric *metric,
                    const struct metric_value *shown, struct released *out, struct fault *why);
