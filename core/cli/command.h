/*
 * The commands of holdout-ml: a table of commands (main.c), each with a table of options from which
 * the parser, the help and the complaints are made.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include <sysexits.h> /* 64 usage, 65 bad data, 66 missing input, 70 our bug, 78 configuration */

enum option_flags { OPTION_REQUIRED = 1, OPTION_REPEATS = 2 };

struct option {
    const char *name;  /* "--data" */
    const char *value; /* "FILE"; NULL is a switch */
    const char *what;  /* one line for the help */
    unsigned flags;
};

#define OPTIONS_MOST 32
#define ARGUMENTS_MOST 256

struct call;

struct command {
    const char *name;
    const char *what;    /* one line for the list */
    const char *words;   /* arguments behind the options, such as "train|predict"; NULL is none */
    const char *example; /* a whole line, without "holdout-ml " */
    const struct option *options;
    size_t option_count;
    int (*run)(struct call *call); /* gives the exit code */
};

/* One call of a command, after parsing. */
struct call {
    struct arena *arena;
    const struct command *command;
    size_t count;
    struct {
        const struct option *option; /* NULL: a word */
        const char *value;
    } given[ARGUMENTS_MOST];
};

/*
 * Parse argv[2..argc) of a command; `--name value` and `--name=value`. False: *code is the exit
 * code and all is said (help on stdout with code 0, a complaint on stderr with 64).
 */
bool call_parse(struct call *call, int argc, char **argv, int *code);

/* The value of an option, NULL when not given (and "" for a switch that is). */
const char *call_get(const struct call *call, const char *name);
/* The next value of a repeated option: *at starts at 0. NULL behind the last one. */
const char *call_next(const struct call *call, const char *name, size_t *at);
/* The word at place `at`; NULL when there are fewer. */
const char *call_word(const struct call *call, size_t at);
/* A whole number >= 0 with a default; false after a complaint. */
bool call_count(const struct call *call, const char *name, uint64_t otherwise, uint64_t most,
                uint64_t *out);

/* --threads: 1 unless given; 0 is as many as this process may run on, at most THREADS_MOST. */
bool call_threads(const struct call *call, unsigned *out);

/* "holdout-ml train: ..." on stderr; gives `code`. */
int call_fail(const struct call *call, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Print what the writer made, and a line end, on stdout. Exit code 0, or 74 when it failed. */
int call_print(const struct call *call, const struct text *text);

/* The commands' own files, one each. */
extern const struct command command_train, command_predict, command_evaluate, command_compare,
    command_describe, command_pipeline, command_search, command_explain, command_plot,
    command_slices, command_learners, command_metrics, command_audit, command_split,
    command_perturb, command_serve, command_agreement, command_shakeup, command_release;
