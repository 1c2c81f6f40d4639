/* Opening the store; the course, the audit, sealed values. */
#include "grader/store/rescore.h"
#include "grader/store/store_parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct db *open_one(const char *dir, const char *name, bool create,
                           struct db_options options, struct fault *why)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    options.path = path;
    options.mode = create ? DB_CREATE : DB_WRITE;
    return db_open(&options, why);
}

struct store *store_open(const char *dir, bool create, const struct clock *clock, struct fault *why)
{
    return store_open_as(dir, &(struct store_file){ .name = "store.db", .create = create }, clock,
                         why);
}

struct store *store_open_as(const char *dir, const struct store_file *file,
                            const struct clock *clock, struct fault *why)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        fault_set(why, BLAME_SYSTEM, "out of memory");
        return NULL;
    }
    store->clock = *clock;
    clock_boot_id(store->boot_id);
    store->db = open_one(dir, file->name, file->create,
                         (struct db_options){ .migrations = store_migrations,
                                              .queries = store_queries,
                                              .query_count = STORE_QUERY_COUNT,
                                              .loose = file->loose },
                         why);
    if (store->db)
        store->sealed = open_one(dir, "sealed/sealed.db", file->create,
                                 (struct db_options){ .migrations = sealed_migrations,
                                                      .queries = sealed_queries,
                                                      .query_count = SEALED_QUERY_COUNT },
                                 why);
    if (store->sealed)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    db_close(store->db);
    db_close(store->sealed);
    free(store);
}

void store_scoped(struct store **store)
{
    store_close(*store);
}

bool transaction_end(struct store *store, bool ok, struct fault *why)
{
    if (ok)
        return db_commit(store->db, why);
    db_rollback(store->db);
    return false;
}

bool audit_within(struct store *store, const char *actor, const char *action, const char *object,
                  const char *detail, struct fault *why)
{
    return db_run(store->db, NULL, why, AUDIT_ADD, "izzzz", clock_utc_ms(&store->clock), actor,
                  action, object, detail);
}
static bool course_rows(struct store *store, const struct store_course *course, struct fault *why)
{
    struct db *db = store->db;
    if (!db_run(db, NULL, why, VERSION_ADD, "ziz", course->version, clock_utc_ms(&store->clock),
                course->files) ||
        !db_run(db, NULL, why, META_SET, "zz", "course", course->about) ||
        !db_run(db, NULL, why, META_SET, "zz", "version", course->version) ||
        !db_run(db, NULL, why, TASK_CLEAR, ""))
        return false;
    for (size_t i = 0; i < course->task_count; i++) {
        const struct store_task *task = &course->tasks[i];
        if (!db_run(db, NULL, why, TASK_ADD, "zizzziiiz", task->id, (int64_t)i, task->title,
                    task->kind, task->metric, (int64_t)task->higher_is_better,
                    (int64_t)task->digits, task->public_rows, task->detail))
            return false;
    }
    for (size_t i = 0; i < course->team_count; i++) {
        const struct store_team *team = &course->teams[i];
        if (!db_run(db, NULL, why, TEAM_PUT, "zzzzi", team->id, team->name, team->pseudonym,
                    team->repository, (int64_t)team->staff) ||
            !db_run(db, NULL, why, BUDGET_PUT, "ziiz", team->id, team->members, team->late_days,
                    team->tasks ? team->tasks : ""))
            return false;
    }
    return db_run(db, NULL, why, META_SET, "zz", "deliverables",
                  course->deliverables ? course->deliverables : "[]") &&
           db_run(db, NULL, why, META_SET, "zz", "zone", course->zone ? course->zone : "[]") &&
           db_run(db, NULL, why, RUN_WAKE, "z", "") &&
           audit_within(store, "grader", "load", "course", course->version, why);
}

bool store_course_set(struct store *store, const struct store_course *course, struct fault *why)
{
    return db_begin(store->db, why) && transaction_end(store, course_rows(store, course, why), why);
}

bool store_environments(struct store *store, struct arena *arena, struct str *out,
                        struct fault *why)
{
    struct row *row = db_start(store->db, META_GET, "z", "environments");
    *out = row_next(row, why) ? row_text(row, 0, arena) : S("");
    return row_end(row, why);
}

bool store_environments_set(struct store *store, const char *json, struct fault *why)
{
    return db_run(store->db, NULL, why, META_SET, "zz", "environments", json);
}

bool store_course_fault(struct store *store, int64_t seq, const char *text, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok = db_run(store->db, NULL, why, META_SET, "zz", "course_fault", text) &&
              audit_within(store, "grader", text[0] ? "refuse" : "take", "course", text, why) &&
              seq_within(store, seq, why);
    return transaction_end(store, ok, why);
}

static bool secret_find(struct store *store, const char *name, char hex[SHA256_HEX],
                        struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    hex[0] = 0;
    struct row *row = db_start(store->sealed, SECRET_GET, "z", name);
    if (row_next(row, why))
        snprintf(hex, SHA256_HEX, "%s", row_text(row, 0, arena).at);
    return row_end(row, why);
}

bool store_secret(struct store *store, const char *name, char hex[SHA256_HEX], struct fault *why)
{
    unsigned char drawn[SHA256_BYTES];
    char fresh[SHA256_HEX];
    if (!secret_find(store, name, hex, why))
        return false;
    if (hex[0])
        return true;
    random_bytes(drawn, sizeof drawn);
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(fresh + 2 * i, 3, "%02x", drawn[i]);
    if (!db_begin(store->sealed, why))
        return false;
    if (!db_run(store->sealed, NULL, why, SECRET_ADD, "zz", name, fresh)) {
        db_rollback(store->sealed);
        return false;
    }
    return db_commit(store->sealed, why) && secret_find(store, name, hex, why);
}

bool store_prediction_put(struct store *store, const char *run, int seed_at, const char *sha256,
                          struct fault *why)
{
    return db_run(store->sealed, NULL, why, PREDICTION_PUT, "ziz", run, (int64_t)seed_at, sha256);
}

bool store_predictions(struct store *store, struct arena *arena, const char *run, struct str *out,
                       size_t most, size_t *count, struct fault *why)
{
    scoped_arena own = arena_open(NULL);
    struct str batch = S("");
    struct row *scored = db_start(store->db, SCORED_BATCH, "z", run);
    if (row_next(scored, why))
        batch = row_text(scored, 0, own);
    if (!row_end(scored, why))
        return false;
    if (batch.len) /* a rescore was applied: its own count */
        return store_batch_predictions(store, arena, batch.at, run, out, most, count, why);
    *count = 0;
    struct row *row = db_start(store->sealed, PREDICTION_GET, "z", run);
    while (*count < most && row_next(row, why))
        out[(*count)++] = row_text(row, 1, arena);
    return row_end(row, why);
}

bool store_value_put(struct store *store, const char *run, const char *metric,
                     const struct store_fact *value, const char *note, struct fault *why)
{
    return db_run(store->sealed, NULL, why, VALUE_PUT, "zzzdddz", run, metric, value->rows,
                  value->value, value->low, value->high, note);
}

bool store_measure_put(struct store *store, const char *run, const struct store_step *step,
                       struct fault *why)
{
    return db_run(store->sealed, NULL, why, MEASURE_PUT, "ziziiiz", run, (int64_t)step->position,
                  step->name, step->wall_us, step->cpu_us, step->memory_peak_bytes, step->log);
}
