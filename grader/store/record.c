/* The store: all rows of a rescore, out as a document and in again. */
#include "grader/store/record.h"
#include "grader/store/store_parts.h"
#include <math.h>

#define CELLS_MOST 32

/* In the order in which they are put back: rows before those that refer to them. */
static const struct table {
    const char *name;
    size_t get, put;
    const char *types; /* of the columns: t text, i integer, d real or nothing */
} tables[] = {
    { "batch", RECORD_BATCH, RECORD_BATCH_PUT, "tttiitittttit" },
    { "run", RECORD_RUNS, RECORD_RUNS_PUT, "tttttttiiiiitititittttitt" },
    { "batch_run", RECORD_ITEMS, RECORD_ITEMS_PUT, "tttittttttttddddddtt" },
    { "batch_fact", RECORD_FACTS, RECORD_FACTS_PUT, "ttttttdtdd" },
    { "batch_point", RECORD_POINTS, RECORD_POINTS_PUT, "ttttitdtdttt" },
    { "batch_ladder", RECORD_LADDER, RECORD_LADDER_PUT, "tttttddd" },
    { "batch_board", RECORD_BOARDS, RECORD_BOARDS_PUT, "ttittiidddi" },
};
#define TABLE_COUNT (sizeof tables / sizeof *tables)

static void cell_print(struct json_out *out, struct row *row, int column, char type,
                       struct arena *arena)
{
    if (type == 't')
        json_add_text(out, NULL, row_text(row, column, arena));
    else if (type == 'i')
        json_add_int(out, NULL, row_int(row, column));
    else
        json_add_double(out, NULL, row_double(row, column)); /* NAN as null */
}

static bool table_print(struct store *store, const struct table *table, const char *batch,
                        struct json_out *out, struct fault *why)
{
    json_open_list(out, table->name);
    struct row *row = db_start(store->db, table->get, "z", batch);
    while (row_next(row, why)) {
        scoped_arena own = arena_open(NULL);
        json_open_list(out, NULL);
        for (int i = 0; table->types[i]; i++)
            cell_print(out, row, i, table->types[i], own);
        json_close_list(out);
    }
    json_close_list(out);
    return row_end(row, why);
}

bool store_record_print(struct store *store, struct arena *arena, const char *batch,
                        struct str *out, struct fault *why)
{
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    json_open_map(&json, NULL);
    json_add_int(&json, "schema", 1);
    json_add_zero(&json, "of", batch);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (!table_print(store, &tables[i], batch, &json, why))
            return false;
    json_close_map(&json);
    *out = text_str(&text);
    return true;
}

static bool row_restore(struct store *store, const struct table *table, const struct json *from,
                        struct fault *why)
{
    struct db_cell cells[CELLS_MOST];
    size_t count = strlen(table->types);
    if (from->kind != JSON_LIST || from->count != count || count > CELLS_MOST)
        return fault_set(why, BLAME_OPEN, "a row of %s makes no sense", table->name);
    for (size_t i = 0; i < count; i++) {
        const struct json *cell = &from->members[i];
        bool number = cell->kind == JSON_INT || cell->kind == JSON_DOUBLE;
        cells[i] = (struct db_cell){ .type = table->types[i],
                                     .text = cell->kind == JSON_TEXT ? cell->text : S(""),
                                     .integer = cell->kind == JSON_INT ? cell->integer : 0,
                                     .real = number ? cell->number : NAN };
    }
    return db_run_cells(store->db, table->put, cells, count, why);
}

static bool restore_within(struct store *store, const char *batch, const struct json *record,
                           struct fault *why)
{
    static const size_t drops[] = { BATCH_DROP_RUNS, BATCH_DROP_LADDER, BATCH_DROP_BOARD };
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++)
        if (!db_run(store->db, NULL, why, drops[i], "z", batch))
            return false;
    if (!db_run(store->db, NULL, why, BATCH_DROP_FACTS, "zz", batch, "") ||
        !db_run(store->db, NULL, why, BATCH_DROP_POINTS, "zz", batch, ""))
        return false;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct json *rows = json_get(record, tables[i].name);
        for (size_t k = 0; rows && k < rows->count; k++)
            if (!row_restore(store, &tables[i], &rows->members[k], why))
                return false;
    }
    return db_run(store->db, NULL, why, RECORD_RUNS_WAIT, "z", batch);
}

bool store_record_restore(struct store *store, const char *batch, const struct json *record,
                          struct fault *why)
{
    if (!str_is(json_get_text(record, "of", ""), batch))
        return fault_set(why, BLAME_OPEN, "it is no record of this rescore");
    return db_begin(store->db, why) &&
           transaction_end(store, restore_within(store, batch, record, why), why);
}

bool store_record_set(struct store *store, const char *batch, const char *sha256, struct fault *why)
{
    return sha256 ? db_run(store->sealed, NULL, why, KEPT_PUT, "zz", batch, sha256)
                  : db_run(store->sealed, NULL, why, KEPT_DROP, "z", batch);
}

bool store_record_find(struct store *store, struct arena *arena, const char *batch, struct str *out,
                       struct fault *why)
{
    struct row *row = db_start(store->sealed, KEPT_GET, "z", batch);
    *out = row_next(row, why) ? row_text(row, 0, arena) : S("");
    return row_end(row, why);
}
