/*
 * The door to SQLite: opening (WAL, persistent WAL, foreign keys), migrations, statements prepared
 * from a table when they are first used. Only grader/store/db.c includes sqlite3.h. A connection
 * belongs to one thread at a time.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

struct db;
struct row; /* a statement that stands on a row */

/* One statement of a table of statements; the index in the table is its name. */
struct query {
    const char *sql;
};

enum db_mode { DB_READ, DB_WRITE, DB_CREATE };

/*
 * Open `path` for queries[count]; with DB_CREATE and DB_READ a typo among them fails here, with
 * DB_WRITE when one is started. DB_CREATE makes the file and runs `migrations` (zero-ended array of
 * SQL texts, user_version counts them) in one transaction each.
 * mode 0660 & the umask for a new file. A locked or full database is BLAME_PASSING.
 */
struct db_options {
    const char *path;
    enum db_mode mode;
    const char *const *migrations; /* NULL with DB_READ and DB_WRITE */
    const struct query *queries;
    size_t query_count;
    bool loose; /* nothing is synced before db_settle: a file that is thrown away after a crash */
};
struct db *db_open(const struct db_options *options, struct fault *why);
void db_close(struct db *db);
void db_scoped(struct db **db);

/*
 * A transaction is on disk when db_commit returns. A statement outside of one survives the death of
 * the process at once, that of the machine a moment later. For readers: a snapshot.
 */
bool db_begin(struct db *db, struct fault *why);
/* A transaction of which the second holds too: what is lost with it can be done again. */
bool db_begin_soft(struct db *db, struct fault *why);
bool db_commit(struct db *db, struct fault *why);
void db_rollback(struct db *db); /* harmless outside a transaction */

/*
 * Start statement `query`: bind ?1.. by `types`, one letter each: t struct str, z const char *
 * (NULL is NULL), i int64_t, d double (NAN is NULL). Then row_next until false; row_end always
 * (row_scoped does it).
 */
struct row *db_start(struct db *db, size_t query, const char *types, ...);
bool row_next(struct row *row,
              struct fault *why); /* false at the end or on a fault: row_end tells */
bool row_end(struct row *row, struct fault *why); /* false when it failed */
int64_t row_int(struct row *row, int column);
double row_double(struct row *row, int column); /* NAN for NULL */
bool row_is_null(struct row *row, int column);
struct str row_text(struct row *row, int column, struct arena *arena); /* copied */

/* A statement without rows; *changes (may be NULL) counts what it changed. */
bool db_run(struct db *db, int64_t *changes, struct fault *why, size_t query, const char *types,
            ...);

/* The same with values that were put together: as many as the statement has. */
struct db_cell {
    char type; /* t i d, as above */
    struct str text;
    int64_t integer;
    double real;
};
bool db_run_cells(struct db *db, size_t query, const struct db_cell *cells, size_t count,
                  struct fault *why);

/* All that was committed is in the file itself, on disk; its -wal is empty. */
bool db_settle(struct db *db, struct fault *why);
/*
 * What was deleted is not in the files any more: the database is written anew (up to
 * DB_FORGET_BYTES; deleted rows of a larger one were overwritten when they went), its -wal empty.
 * BLAME_PASSING while somebody reads an older state.
 */
#define DB_FORGET_BYTES ((int64_t)512 << 20)
bool db_forget(struct db *db, struct fault *why);
/* A copy of the whole database as it is now, made while others write: `path` must not exist. */
bool db_copy(struct db *db, const char *path, struct fault *why);

/* Changes whenever another connection has committed. */
int64_t db_data_version(struct db *db);
