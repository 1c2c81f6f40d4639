/* The store: what forges told, the state at due times, how repositories are watched. */
#include "grader/store/store_parts.h"

static bool ref_has(struct store *store, const struct store_hook *hook, bool *known,
                    struct fault *why)
{
    struct row *row = db_start(store->db, REF_SEEN, "zzz", hook->team, hook->ref, hook->commit);
    *known = row_next(row, why);
    return row_end(row, why);
}

bool store_hook(struct store *store, const struct store_hook *hook, bool *known, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok =
        ref_has(store, hook, known, why) &&
        db_run(store->db, NULL, why, HOOK_ADD, "zzzii", hook->team, hook->ref, hook->commit,
               hook->pushed_ms, hook->at_ms) &&
        (hook->pushed_ms <= 0 || db_run(store->db, NULL, why, SUBMISSION_PUSHED, "zzzi", hook->team,
                                        hook->ref, hook->commit, hook->pushed_ms)) &&
        db_run(store->db, NULL, why, INTAKE_HOOK, "zizz", hook->team, hook->at_ms, hook->forge,
               hook->ref) &&
        seq_within(store, hook->seq, why);
    return transaction_end(store, ok, why);
}

static bool deadline_within(struct store *store, struct arena *arena,
                            const struct store_deadline *deadline, struct fault *why)
{
    struct db *db = store->db;
    bool any = false, ok = true;
    struct row *row = db_start(db, REF_LIST, "z", deadline->team);
    while (ok && row_next(row, why)) {
        struct str ref = row_text(row, 0, arena), commit = row_text(row, 1, arena);
        if (!deadline->counts(deadline->at, ref))
            continue;
        any = true;
        ok = db_run(db, NULL, why, DEADLINE_ADD, "zitti", deadline->team, deadline->due_ms, ref,
                    commit, deadline->looked_ms);
    }
    return row_end(row, why) && ok &&
           (any || db_run(db, NULL, why, DEADLINE_ADD, "zizzi", deadline->team, deadline->due_ms,
                          "", "", deadline->looked_ms));
}

bool store_deadline(struct store *store, const struct store_deadline *deadline, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    if (!db_begin(store->db, why))
        return false;
    bool ok = deadline_within(store, arena, deadline, why) && seq_within(store, deadline->seq, why);
    return transaction_end(store, ok, why);
}

bool store_waiting(struct store *store, const char *team, int64_t *count, struct fault *why)
{
    struct row *row = db_start(store->db, RUNS_WAITING, "z", team);
    *count = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}

bool store_look_list(struct store *store, struct arena *arena, struct store_look **out,
                     size_t *count, struct fault *why)
{
    size_t room = 0;
    *out = NULL;
    *count = 0;
    struct row *row = db_start(store->db, INTAKE_LIST, "");
    while (row_next(row, why)) {
        if (*count == room) {
            struct store_look *more = arena_array(arena, struct store_look, room * 2 + 32);
            if (room)
                memcpy(more, *out, room * sizeof *more);
            *out = more;
            room = room * 2 + 32;
        }
        (*out)[(*count)++] = (struct store_look){ .team = row_text(row, 0, arena),
                                                  .looked_ms = row_int(row, 1),
                                                  .seen = row_text(row, 2, arena) };
    }
    return row_end(row, why);
}

bool store_looked(struct store *store, const struct store_look *looks, size_t count,
                  struct fault *why)
{
    if (count == 0)
        return true;
    if (!db_begin(store->db, why))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = db_run(store->db, NULL, why, TEAM_LOOKED, "ti", looks[i].team, looks[i].looked_ms);
    return transaction_end(store, ok, why);
}

bool store_team_seen(struct store *store, const char *team, const char *seen, struct fault *why)
{
    return db_run(store->db, NULL, why, INTAKE_SEEN, "zz", team, seen);
}
