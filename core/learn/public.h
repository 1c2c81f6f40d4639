/*
 * The inside of libholdout's handles. Every public function runs its body behind a way out: where
 * memory lacks, the arena jumps there and the function reports HOLDOUT_NO_MEMORY.
 */
#pragma once

#include "core/holdout.h"
#include "core/data/table.h"
#include "core/learn/model.h"
#include <setjmp.h>

struct holdout_table {
    jmp_buf out; /* of its arena; set anew by each function that adds to the table */
    struct arena *arena;
    struct table table;
    struct column *columns; /* table.columns, to be changed */
    size_t room;            /* of columns */
    /* Names by their hash, to add many columns: column + 1, or 0; the first `named` are in it. */
    uint32_t *names;
    size_t names_room, named;
};

struct holdout_model {
    jmp_buf out;
    struct arena *arena;
    struct model model;
    unsigned threads; /* of predictions; 0 is 1 */
    const char *description;
};

/* Run body(call); a jump to *out becomes HOLDOUT_NO_MEMORY. Clears the error first. */
bool public_guard(jmp_buf *out, bool (*body)(void *call), void *call, struct holdout_error *error);

/* The same with an arena for the length of the call, which body finds in *scratch. */
bool public_scratch(struct arena **scratch, bool (*body)(void *call), void *call,
                    struct holdout_error *error);

/* Fill *error (may be NULL) and return false. */
bool public_refuse(struct holdout_error *error, enum holdout_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool public_fault(struct holdout_error *error, enum holdout_code code, const struct fault *why);
bool public_no_memory(struct holdout_error *error);

/* Is the pointer there; else HOLDOUT_BAD_ARGUMENT, "no table was given" for what = "table". */
bool public_given(struct holdout_error *error, const void *pointer, const char *what);

/* 1 to THREADS_MOST; 0 is 1. */
unsigned public_threads(unsigned threads);

/* HOLDOUT_MISSING when the file cannot be opened, HOLDOUT_BAD_DATA otherwise. */
enum holdout_code public_code_of_file(const char *path);

/* Is the struct of this version. */
bool public_training_check(const struct holdout_training *how, struct holdout_error *error);

/* The recipe that *how says; otherwise: the learner where it names none. */
bool public_recipe(struct arena *arena, const struct holdout_training *how,
                   const struct learner *otherwise, struct recipe *recipe, struct fault *why);

/* An empty table with its arena; NULL when memory lacks. */
struct holdout_table *public_table_new(struct holdout_error *error);
