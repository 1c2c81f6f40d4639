/* The store's rows of versions compared. */
#include "grader/store/comparisons.h"
#include "grader/store/store_parts.h"

#define VERSIONS_MOST 500

bool store_compare_due(struct store *store, struct arena *arena, struct store_compare_due *out,
                       bool *found, struct fault *why)
{
    struct row *row = db_start(store->db, COMPARE_DUE, "");
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_compare_due){ row_text(row, 0, arena), row_text(row, 1, arena),
                                           row_int(row, 2) };
    return row_end(row, why);
}

bool store_compare_versions(struct store *store, struct arena *arena,
                            const struct store_compare_of *of, struct store_compare_version **out,
                            size_t *count, struct fault *why)
{
    *out = arena_array(arena, struct store_compare_version, VERSIONS_MOST);
    *count = 0;
    struct row *row = db_start(store->db, COMPARE_VERSIONS, "ttzi", of->team, of->task, of->scoring,
                               (int64_t)of->ladder);
    while (*count < VERSIONS_MOST && row_next(row, why))
        (*out)[(*count)++] =
            (struct store_compare_version){ row_text(row, 0, arena), row_double(row, 1),
                                            row_int(row, 2) != 0 };
    return row_end(row, why);
}

bool store_compare_baselines(struct store *store, struct arena *arena,
                             const struct store_compare_of *of,
                             struct str out[COMPARE_BASELINES_MOST], size_t *count,
                             struct fault *why)
{
    *count = 0;
    struct row *row = db_start(store->db, COMPARE_BASELINES, "tz", of->task, of->scoring);
    while (*count < COMPARE_BASELINES_MOST && row_next(row, why))
        out[(*count)++] = row_text(row, 0, arena);
    return row_end(row, why);
}

static bool set_within(struct store *store, const struct store_compare_due *due,
                       const struct store_compare_of *of, const struct store_comparison *rows,
                       size_t count, struct fault *why)
{
    bool ok = db_run(store->db, NULL, why, COMPARE_CLEAR, "ttz", due->team, due->task, of->scoring);
    for (size_t i = 0; ok && i < count; i++)
        ok = db_run(store->db, NULL, why, COMPARE_ADD, "ttzzz", rows[i].run, rows[i].other,
                    of->scoring, rows[i].verdict, of->ladder ? "ladder" : "rounded");
    return ok && db_run(store->db, NULL, why, COMPARE_DONE, "tti", due->team, due->task, due->seq);
}

bool store_compare_set(struct store *store, const struct store_compare_due *due,
                       const struct store_compare_of *of, const struct store_comparison *rows,
                       size_t count, struct fault *why)
{
    return db_begin(store->db, why) &&
           transaction_end(store, set_within(store, due, of, rows, count, why), why);
}
