/* SQLite: opening, migrations, prepared statements. The only file that includes sqlite3.h. */
#include "grader/store/db.h"
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MS 10000
#define COPY_TRIES 100
#define COPY_WAIT_MS 50

struct row {
    sqlite3_stmt *statement;
    struct db *db;
    const char *sql;
    int code;
};

struct db {
    sqlite3 *handle;
    size_t count;
    struct row *rows; /* one a query */
    struct row version;
    bool loose;
};

static bool failed(struct db *db, struct fault *why, const char *what)
{
    int code = sqlite3_errcode(db->handle) & 0xff;
    enum blame blame = BLAME_SYSTEM;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_FULL || code == SQLITE_IOERR)
        blame = BLAME_PASSING;
    return fault_set(why, blame, "database: %.120s: %.80s", sqlite3_errmsg(db->handle), what);
}

static bool run_text(struct db *db, const char *sql, struct fault *why)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK || failed(db, why, sql);
}

static int64_t pragma_int(struct db *db, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static bool migrate(struct db *db, const char *const *migrations, struct fault *why)
{
    int64_t count = 0;
    while (migrations[count])
        count++;
    for (;;) {
        if (!db_begin(db, why))
            return false;
        int64_t at = pragma_int(db, "PRAGMA user_version");
        if (at > count) {
            db_rollback(db);
            return fault_set(why, BLAME_SYSTEM,
                             "database is of version %lld, this holdout knows %lld", (long long)at,
                             (long long)count);
        }
        if (at == count)
            return db_commit(db, why);
        char version[64];
        sqlite3_snprintf(sizeof version, version, "PRAGMA user_version = %lld", at + 1);
        if (!run_text(db, migrations[at], why) || !run_text(db, version, why) ||
            !db_commit(db, why)) {
            db_rollback(db);
            return false;
        }
    }
}

static bool prepare(struct row *row)
{
    row->code = sqlite3_prepare_v3(row->db->handle, row->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                   &row->statement, NULL);
    return row->code == SQLITE_OK;
}

/*
 * A prepared statement takes about 5 KiB, and most connections use few of the two hundred: each is
 * prepared when it is first started. Who makes the file, and who reads it for pages, tries all at
 * once, so that a typo fails when a program starts.
 */
static bool prepare_all(struct db *db, const struct db_options *options, struct fault *why)
{
    for (size_t i = 0; i < options->query_count; i++) {
        struct row *row = &db->rows[i];
        *row = (struct row){ .db = db, .sql = options->queries[i].sql };
        if (options->mode == DB_WRITE || !row->sql)
            continue;
        if (!prepare(row))
            return failed(db, why, row->sql);
        sqlite3_finalize(row->statement);
        row->statement = NULL;
    }
    return true;
}

static const char settings[] = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA journal_size_limit = 67108864;";

/*
 * A directory may be passed as a descriptor, because its parents are closed to this uid:
 * /proc/self/fd/N/store.db. SQLite would resolve that link to the path that cannot be walked.
 */
static int full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    if (strncmp(name, "/proc/self/fd/", 14) != 0)
        return sqlite3_vfs_find("unix")->xFullPathname(vfs, name, size, out);
    sqlite3_snprintf(size, out, "%s", name);
    return strlen(name) < (size_t)size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static sqlite3_vfs by_descriptor; /* registered once, then only read */

static void register_vfs(void)
{
    by_descriptor = *sqlite3_vfs_find("unix");
    by_descriptor.zName = "holdout";
    by_descriptor.pNext = NULL;
    by_descriptor.xFullPathname = full_path;
    sqlite3_vfs_register(&by_descriptor, 0);
}

static bool set_up(struct db *db, const struct db_options *options, struct fault *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_vfs);
    int flags = options->mode == DB_READ    ? SQLITE_OPEN_READONLY
                : options->mode == DB_WRITE ? SQLITE_OPEN_READWRITE
                                            : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(options->path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, "holdout") !=
        SQLITE_OK)
        return failed(db, why, options->path);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    if (!run_text(db, settings, why))
        return false;
    if (options->mode != DB_READ) {
        int keep = 1; /* else a reader under another uid fails once the writer has closed */
        sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
        if (!run_text(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", why))
            return false;
        sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
        db->loose = options->loose;
        if (db->loose && !run_text(db, "PRAGMA synchronous = OFF", why))
            return false;
    }
    if (options->mode == DB_CREATE && options->migrations && !migrate(db, options->migrations, why))
        return false;
    db->rows = calloc(options->query_count + 1, sizeof *db->rows);
    if (!db->rows)
        return fault_set(why, BLAME_SYSTEM, "out of memory");
    db->count = options->query_count;
    db->version = (struct row){ .db = db, .sql = "PRAGMA data_version" };
    return prepare_all(db, options, why) &&
           (prepare(&db->version) || failed(db, why, db->version.sql));
}

struct db *db_open(const struct db_options *options, struct fault *why)
{
    struct db *db = calloc(1, sizeof *db);
    if (!db) {
        fault_set(why, BLAME_SYSTEM, "out of memory");
        return NULL;
    }
    if (set_up(db, options, why))
        return db;
    db_close(db);
    return NULL;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i <= db->count && db->rows; i++)
        sqlite3_finalize(db->rows[i].statement);
    sqlite3_finalize(db->version.statement);
    sqlite3_close(db->handle);
    free(db->rows);
    free(db);
}

void db_scoped(struct db **db)
{
    db_close(*db);
}

bool db_begin(struct db *db, struct fault *why)
{
    if (sqlite3_db_readonly(db->handle, "main") == 1)
        return run_text(db, "BEGIN", why);
    if (db->loose)
        return run_text(db, "BEGIN IMMEDIATE", why);
    return run_text(db, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE", why);
}

bool db_begin_soft(struct db *db, struct fault *why)
{
    return run_text(db, "BEGIN IMMEDIATE", why);
}

bool db_commit(struct db *db, struct fault *why)
{
    if (!run_text(db, "COMMIT", why)) {
        db_rollback(db);
        return false;
    }
    return db->loose || sqlite3_db_readonly(db->handle, "main") == 1 ||
           run_text(db, "PRAGMA synchronous = NORMAL", why);
}

void db_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text, size_t len)
{
    if (text)
        sqlite3_bind_text64(statement, at, text, len, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_bind_null(statement, at);
}

static void bind_double(sqlite3_stmt *statement, int at, double value)
{
    if (isnan(value))
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_double(statement, at, value);
}

static void bind_all(sqlite3_stmt *statement, const char *types, va_list args)
{
    for (int at = 1; types[at - 1]; at++) {
        char type = types[at - 1];
        if (type == 't') {
            struct str text = va_arg(args, struct str);
            bind_text(statement, at, text.at ? text.at : "", text.len);
        } else if (type == 'z') {
            const char *text = va_arg(args, const char *);
            bind_text(statement, at, text, text ? strlen(text) : 0);
        } else if (type == 'i') {
            sqlite3_bind_int64(statement, at, va_arg(args, int64_t));
        } else {
            assert(type == 'd');
            bind_double(statement, at, va_arg(args, double));
        }
    }
}

static struct row *start(struct db *db, size_t query, const char *types, va_list args)
{
    struct row *row = &db->rows[query];
    assert(query < db->count && row->sql);
    if (!row->statement && !prepare(row))
        return row;
    sqlite3_reset(row->statement);
    assert((int)strlen(types) == sqlite3_bind_parameter_count(row->statement));
    bind_all(row->statement, types, args);
    row->code = SQLITE_OK;
    return row;
}

struct row *db_start(struct db *db, size_t query, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct row *row = start(db, query, types, args);
    va_end(args);
    return row;
}

bool row_next(struct row *row, struct fault *why)
{
    if (!row->statement) /* it could not be prepared */
        return failed(row->db, why, row->sql);
    row->code = sqlite3_step(row->statement);
    if (row->code == SQLITE_ROW)
        return true;
    if (row->code != SQLITE_DONE)
        failed(row->db, why, row->sql);
    return false;
}

bool row_end(struct row *row, struct fault *why)
{
    bool ok = row->code == SQLITE_DONE || row->code == SQLITE_ROW || row->code == SQLITE_OK;
    if (!ok)
        failed(row->db, why, row->sql);
    sqlite3_reset(row->statement);
    return ok;
}

int64_t row_int(struct row *row, int column)
{
    return sqlite3_column_int64(row->statement, column);
}

double row_double(struct row *row, int column)
{
    return row_is_null(row, column) ? NAN : sqlite3_column_double(row->statement, column);
}

bool row_is_null(struct row *row, int column)
{
    return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

struct str row_text(struct row *row, int column, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(row->statement, column);
    size_t len = (size_t)sqlite3_column_bytes(row->statement, column);
    return str_keep(arena, text ? (struct str){ text, len } : str_of(""));
}

bool db_run(struct db *db, int64_t *changes, struct fault *why, size_t query, const char *types,
            ...)
{
    va_list args;
    va_start(args, types);
    struct row *row = start(db, query, types, args);
    va_end(args);
    while (row_next(row, why))
        continue;
    if (changes)
        *changes = sqlite3_changes64(db->handle);
    return row_end(row, why);
}

bool db_run_cells(struct db *db, size_t query, const struct db_cell *cells, size_t count,
                  struct fault *why)
{
    struct row *row = &db->rows[query];
    assert(query < db->count && row->sql);
    if (!row->statement && !prepare(row))
        return row_end(row, why);
    sqlite3_reset(row->statement);
    assert((int)count == sqlite3_bind_parameter_count(row->statement));
    for (size_t i = 0; i < count; i++) {
        if (cells[i].type == 't')
            bind_text(row->statement, (int)i + 1, cells[i].text.at, cells[i].text.len);
        else if (cells[i].type == 'i')
            sqlite3_bind_int64(row->statement, (int)i + 1, cells[i].integer);
        else
            bind_double(row->statement, (int)i + 1, cells[i].real);
    }
    row->code = SQLITE_OK;
    while (row_next(row, why))
        continue;
    return row_end(row, why);
}

bool db_settle(struct db *db, struct fault *why)
{
    return run_text(db, "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)", why);
}

/* false: somebody reads what came before, or a fault. */
static bool wal_empty(struct db *db, struct fault *why)
{
    sqlite3_stmt *statement;
    const char *sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        return failed(db, why, sql);
    bool ok = sqlite3_step(statement) == SQLITE_ROW || failed(db, why, sql);
    bool busy = ok && sqlite3_column_int(statement, 0) != 0;
    sqlite3_finalize(statement);
    return ok && (!busy || fault_set(why, BLAME_PASSING, "database: it is being read: %s", sql));
}

bool db_forget(struct db *db, struct fault *why)
{
    int64_t bytes = pragma_int(db, "PRAGMA page_count") * pragma_int(db, "PRAGMA page_size");
    return (bytes > DB_FORGET_BYTES || run_text(db, "VACUUM", why)) &&
           run_text(db, "PRAGMA synchronous = FULL", why) && wal_empty(db, why) &&
           run_text(db, "PRAGMA synchronous = NORMAL", why);
}

static bool pages_copy(struct db *db, sqlite3 *to, struct fault *why)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", db->handle, "main");
    if (!backup)
        return fault_set(why, BLAME_SYSTEM, "database: %.120s", sqlite3_errmsg(to));
    int code = SQLITE_OK; /* one snapshot: who writes meanwhile is not held up by it */
    for (int i = 0; i < COPY_TRIES && code != SQLITE_DONE; i++) {
        code = sqlite3_backup_step(backup, -1);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
            sqlite3_sleep(COPY_WAIT_MS);
        else if (code != SQLITE_DONE)
            break;
    }
    sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ||
           fault_set(why, BLAME_PASSING, "database: could not be copied: %s", sqlite3_errstr(code));
}

bool db_copy(struct db *db, const char *path, struct fault *why)
{
    sqlite3 *to = NULL;
    bool ok =
        sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        "holdout") == SQLITE_OK ||
        fault_set(why, BLAME_PASSING, "database: %.80s: %.120s", path, sqlite3_errmsg(to));
    ok = ok && pages_copy(db, to, why);
    sqlite3_close(to);
    return ok;
}

int64_t db_data_version(struct db *db)
{
    int64_t value = -1;
    sqlite3_reset(db->version.statement);
    if (sqlite3_step(db->version.statement) == SQLITE_ROW)
        value = sqlite3_column_int64(db->version.statement, 0);
    sqlite3_reset(db->version.statement);
    return value;
}
