/* The store: rules of boards. */
#include "grader/store/board_rule.h"
#include "grader/store/store_parts.h"

bool store_board_rule(struct store *store, struct arena *arena, const char *task,
                      struct store_board_rule *out, bool *found, struct fault *why)
{
    struct row *row = db_start(store->db, RULE_GET, "z", task);
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_board_rule){ row_text(row, 0, arena), row_text(row, 1, arena) };
    return row_end(row, why);
}

bool store_board_move(struct store *store, const struct store_board_move *move, struct fault *why)
{
    return db_run(store->db, NULL, why, RULE_PUT, "zzzi", move->task, move->digest, move->version,
                  (int64_t)move->ladder);
}

bool store_board_held(struct store *store, const char *task, const char *digest, int64_t at_ms,
                      bool *held, struct fault *why)
{
    struct row *row = db_start(store->db, RULE_HELD, "zzi", task, digest, at_ms);
    *held = row_next(row, why);
    return row_end(row, why);
}

bool store_board_adopt(struct store *store, const struct store_board_adopt *adopt,
                       struct fault *why)
{
    return db_run(store->db, NULL, why, RULE_ADOPT, "zzz", adopt->task, adopt->board,
                  adopt->scoring) &&
           db_run(store->db, NULL, why, RULE_ADOPT_LADDER, "zzz", adopt->task, adopt->board,
                  adopt->task_digest);
}

bool store_board_left(struct store *store, const char *batch, int64_t *count, struct fault *why)
{
    struct row *row = db_start(store->db, RULE_LEFT, "z", batch);
    *count = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}
