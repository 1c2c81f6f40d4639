/*
 * holdout grade-one: executes the job of one run directory, step by step, each in a box of its own.
 * No database, no truth, no network, no credentials; it decides nothing.
 *
 *     holdout grade-one RUNDIR [--dir-fd N] [--launcher-fd N] [--cancel-fd N] [--root-fd N]
 *
 * --root-fd is the root of an environment that is not the host's.
 * RUNDIR is a name for the log when --dir-fd gives the directory. Without --launcher-fd it starts a
 * launcher itself. When the other end of --cancel-fd closes it ends its box and itself (75).
 * Exit codes: 0 result.json was written; 75 it was not: try again; 64, 65 a wrong call, a wrong
 * job.
 */
#pragma once

int grade_one_main(int argc, char **argv);
