/*
 * Reading a YAML map into a struct by a table: one row a key. All that is wrong is said at once,
 * one line a mistake: what was found, what is allowed, the nearest known word. Keys that are
 * absent leave the struct as it was, so the caller fills in defaults first.
 */
#pragma once

#include "core/base/yaml.h"
#include <stdint.h>

/* Texts are zero-ended. */
struct str_list {
    const struct str *at;
    const int *lines; /* of each, from 1 */
    size_t count;
};

/* name: value, scalars as they were written. */
struct str_pair {
    struct str name;
    struct str value;
    int line;
};
struct str_pairs {
    const struct str_pair *at;
    size_t count;
};

struct number_list {
    const double *at;
    size_t count;
};
struct number_pair {
    double x;
    double y;
};
struct number_pairs {
    const struct number_pair *at;
    size_t count;
};

enum field_kind {
    FIELD_TEXT,    /* struct str: any scalar that is not empty; at most `high` bytes (0: 200) */
    FIELD_ID,      /* struct str: letter or digit, then letters, digits, _ . -; at most 63 */
    FIELD_PATH,    /* struct str: relative, stays inside; at most 255 bytes */
    FIELD_WORD,    /* int: the index in `words` */
    FIELD_BOOL,    /* bool */
    FIELD_INT,     /* int64_t within low..high */
    FIELD_NUMBER,  /* double within low..high, finite */
    FIELD_TIME,    /* int64_t: UTC ms from RFC 3339 with offset */
    FIELD_TEXTS,   /* struct str_list; with `words`: only these; no doubles */
    FIELD_FLAGS,   /* unsigned: bit i is set when `words`[i] is in the list */
    FIELD_PAIRS,   /* struct str_pairs */
    FIELD_NUMBERS, /* struct number_list of exactly `high` numbers */
    FIELD_NUMBER_PAIRS, /* struct number_pairs: [[x, y], ...], at least `low` */
    FIELD_TABLE,        /* a struct in place, read by `table` */
    FIELD_ROWS,         /* struct field_rows: a list of maps, each read by `table` */
    FIELD_NAMED_ROWS, /* struct field_rows: a map of maps; each key goes to the row's FIELD_NAME */
    FIELD_NAME,       /* struct str, inside a named row: its key, an id. `key` is NULL */
    FIELD_LINE,       /* int: where the map starts. `key` is NULL */
};

/* Any pointer to a row with a size_t behind it may stand in its place. */
struct field_rows {
    void *at; /* count rows of table->row_bytes */
    size_t count;
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
    bool required;
    double low, high;         /* INT, NUMBER: inclusive; both 0: any */
    const char *const *words; /* WORD, TEXTS: NULL-ended */
    const struct field_table *table;
};

struct field_table {
    const struct field *fields;
    size_t count;
    size_t row_bytes;     /* ROWS, NAMED_ROWS */
    const void *defaults; /* row_bytes, copied into each new row; NULL: zeros */
};

struct field_source {
    struct arena *arena;
    const char *file;
    struct complaints *to;
};

/* True when nothing was complained about; what is not a map is a complaint. */
bool fields_read(const struct field_source *from, const struct yaml *map,
                 const struct field_table *table, void *out);

bool id_check(struct str text);   /* as FIELD_ID says */
bool path_check(struct str text); /* as FIELD_PATH says */

/* `, did you mean "x"`, or `, allowed are a, b, c`: the end of a complaint. NULL-ended words. */
const char *words_hint(struct arena *arena, struct str word, const char *const *words);
size_t words_count(const char *const *words);
/* The index of `word`, or -1. */
int words_find(struct str word, const char *const *words);
