/*
 * The commands of `holdout`: one file a command, one row in the table of grader/main.c.
 * Exit codes: 0 done; 1 it ran and the answer is no; 64 usage; 65 bad data; 66 missing input; 69
 * unavailable; 70 our bug; 75 try again; 77 not allowed; 78 bad configuration.
 */
#pragma once

#include "core/base/complaint.h"
#include "core/base/fault.h"
#include "core/base/str.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_INPUT = 66,
    EXIT_UNAVAILABLE = 69,
    EXIT_BUG = 70,
    EXIT_AGAIN = 75,
    EXIT_DENIED = 77,
    EXIT_CONFIG = 78,
};

struct command {
    const char *name;
    const char *summary;                /* one line for `holdout --help` */
    int (*main)(int argc, char **argv); /* argv[0] is the command's name */
};

int check_main(int argc, char **argv);
int create_main(int argc, char **argv);
int kit_main(int argc, char **argv);
int try_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int grade_main(int argc, char **argv);
int status_main(int argc, char **argv);
int mark_main(int argc, char **argv);
int cancel_main(int argc, char **argv);
int runs_main(int argc, char **argv);
int pause_main(int argc, char **argv);
int resume_main(int argc, char **argv);
int quota_main(int argc, char **argv);
int extend_main(int argc, char **argv);
int pin_main(int argc, char **argv);
int log_main(int argc, char **argv);
int replay_main(int argc, char **argv);
int rescore_main(int argc, char **argv);
int compare_main(int argc, char **argv);
int receipts_main(int argc, char **argv);
int erase_main(int argc, char **argv);
int outbox_main(int argc, char **argv);
int env_build_main(int argc, char **argv);
int backup_main(int argc, char **argv);
int restore_main(int argc, char **argv);
int rebuild_main(int argc, char **argv);
int diagnose_main(int argc, char **argv);

/* One option of a command: a flag sets *flag, a value sets *text. */
struct option_row {
    const char *name;  /* without the dashes */
    const char *value; /* placeholder, NULL for a flag */
    const char *help;
    const char **text;
    bool *flag;
};
struct usage {
    const char *line;    /* "holdout mark DIR RUN QUESTION --points N" */
    const char *about;   /* what it does, some lines */
    const char *example; /* one or more lines */
    const struct option_row *options;
    size_t option_count;
    int least, most; /* how many operands */
};
/*
 * Parse; operands are left at argv[0..*operands). Returns -1 to go on, else the exit code (after
 * --help or a usage error was printed).
 */
int usage_parse(const struct usage *usage, int argc, char **argv, char ***operands, int *count);

/* state/lock of a course, or say on stderr why it is not to be had. */
int command_lock(const char *command, const char *dir, int *lock);
/*
 * state/FILE (store.db to read, inbox.db to append to) could not be opened: not there yet, or of
 * another user. Says on stderr which and what to do, gives the exit code.
 */
int command_no_state(const char *command, const char *dir, const char *file,
                     const struct fault *why);
/* Say on stderr, and give the exit code that belongs to the fault's blame. */
int command_fail(const char *command, const struct fault *why);
/* Print complaints on stderr, each on its line; the code is EXIT_CONFIG. */
int command_complain(const struct complaints *complaints);
