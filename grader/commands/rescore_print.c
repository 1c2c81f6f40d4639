/* Printing rescores: the list, and the difference that one would make. */
#include "grader/commands/rescore_print.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include <math.h>
#include <stdio.h>

int rescore_look(struct arena *arena, const char *dir, struct rescore_look *out)
{
    struct fault why = { 0 };
    struct clock clock = clock_system();
    *out = (struct rescore_look){ .count = 0 };
    out->store = store_open(arena_print(arena, "%s/state", dir), false, &clock, &why);
    if (!out->store)
        return command_no_state("rescore", dir, "store.db", &why);
    if (!store_batch_list(out->store, arena, "", &out->batches, &out->count, &why))
        return command_fail("rescore", &why);
    return EXIT_DONE;
}

void rescore_look_end(struct rescore_look *look)
{
    store_close(look->store);
    look->store = NULL;
}

const struct store_batch *rescore_pick(const struct rescore_look *look, const char *id)
{
    for (size_t i = 0; i < look->count; i++)
        if (id[0] ? str_is(look->batches[i].id, id) : !look->batches[i].ended_ms)
            return &look->batches[i];
    return NULL;
}

static void batch_json(struct json_out *out, const struct store_batch *batch,
                       const struct store_batch_count *count)
{
    char time[TIME_TEXT];
    clock_print(batch->at_ms, time);
    json_add_text(out, "batch", batch->id);
    json_add_text(out, "task", batch->task);
    json_add_text(out, "team", batch->team);
    json_add_text(out, "state", batch->state);
    json_add_text(out, "version", batch->version);
    json_add_text(out, "message", batch->message);
    json_add_text(out, "actor", batch->actor);
    json_add_zero(out, "asked_at", time);
    json_add_bool(out, "rerun", batch->rerun);
    json_add_int(out, "runs", count->runs);
    json_add_int(out, "done", count->done);
    json_add_int(out, "queued", count->queued);
    json_add_int(out, "trouble", count->trouble);
    json_add_int(out, "changed", count->changed);
}

static void batch_print(const struct store_batch *batch, const struct store_batch_count *count)
{
    char time[TIME_TEXT];
    clock_print(batch->at_ms, time);
    printf("%s  %s  %s%s%s  %s: %lld of %lld runs, %lld scores change", batch->id.at, time,
           batch->task.at, batch->team.len ? " " : "", batch->team.at, batch->state.at,
           (long long)count->done, (long long)count->runs, (long long)count->changed);
    if (count->queued)
        printf(", %lld are done again", (long long)count->queued);
    printf("%s%s\n", batch->message.len ? "; " : "", batch->message.at);
}

int rescore_list(const char *dir, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct rescore_look look;
    struct fault why = { 0 };
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    int code = rescore_look(arena, dir, &look);
    json_open_list(&out, NULL);
    for (size_t i = 0; code == EXIT_DONE && i < look.count; i++) {
        struct store_batch_count count;
        if (!store_batch_count(look.store, look.batches[i].id.at, &count, &why))
            code = command_fail("rescore", &why);
        else if (!as_json)
            batch_print(&look.batches[i], &count);
        json_open_map(&out, NULL);
        batch_json(&out, &look.batches[i], &count);
        json_close_map(&out);
    }
    json_close_list(&out);
    rescore_look_end(&look);
    if (code == EXIT_DONE && as_json)
        printf("%s\n", text.at);
    else if (code == EXIT_DONE && !look.count)
        printf("no rescore yet\n");
    return code;
}

static const char *ranks_print(int64_t low, int64_t high, char out[48])
{
    if (!low)
        snprintf(out, 48, "-");
    else if (low == high)
        snprintf(out, 48, "%lld", (long long)low);
    else
        snprintf(out, 48, "%lld-%lld", (long long)low, (long long)high);
    return out;
}

static const char *number_print(double value, char out[32])
{
    if (isnan(value))
        snprintf(out, 32, "-");
    else
        snprintf(out, 32, "%.6g", value);
    return out;
}

static void place_print(const struct store_batch_place *place)
{
    char ranks[2][48], numbers[4][32];
    printf("  %-24s %7s -> %-7s %10s -> %-10s %7s -> %s\n", place->team.at,
           ranks_print(place->old_low, place->old_high, ranks[0]),
           ranks_print(place->low, place->high, ranks[1]),
           number_print(place->old_score, numbers[0]), number_print(place->score, numbers[1]),
           number_print(place->old_points, numbers[2]), number_print(place->points, numbers[3]));
}

static void row_print(const struct store_batch_row *row)
{
    char numbers[4][32];
    printf("  %-24s %-26s %10s -> %-10s %7s -> %-7s %s%s%s\n", row->team.at, row->run.at,
           number_print(row->old_score, numbers[0]), number_print(row->score, numbers[1]),
           number_print(row->old_points, numbers[2]), number_print(row->points, numbers[3]),
           str_is(row->state, "done") ? "" : row->state.at, row->again.len ? " done again" : "",
           str_is(row->state, "trouble") ? row->message.at : "");
}

static void places_json(struct json_out *out, const struct store_batch_place *places, size_t count)
{
    json_open_list(out, "board");
    for (size_t i = 0; i < count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "team", places[i].team);
        json_add_text(out, "run", places[i].run);
        json_add_bool(out, "baseline", places[i].baseline);
        json_add_int(out, "old_rank_low", places[i].old_low);
        json_add_int(out, "old_rank_high", places[i].old_high);
        json_add_int(out, "rank_low", places[i].low);
        json_add_int(out, "rank_high", places[i].high);
        json_add_double(out, "old_score", places[i].old_score);
        json_add_double(out, "score", places[i].score);
        json_add_double(out, "old_points", places[i].old_points);
        json_add_double(out, "points", places[i].points);
        json_close_map(out);
    }
    json_close_list(out);
}

static void rows_json(struct json_out *out, const struct store_batch_row *rows, size_t count)
{
    json_open_list(out, "results");
    for (size_t i = 0; i < count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "run", rows[i].run);
        json_add_text(out, "team", rows[i].team);
        json_add_text(out, "state", rows[i].state);
        json_add_text(out, "again", rows[i].again);
        json_add_text(out, "message", rows[i].message);
        json_add_double(out, "old_score", rows[i].old_score);
        json_add_double(out, "score", rows[i].score);
        json_add_double(out, "old_points", rows[i].old_points);
        json_add_double(out, "points", rows[i].points);
        json_close_map(out);
    }
    json_close_list(out);
}

/* All of one batch. */
struct shown {
    const struct store_batch *batch;
    struct store_batch_count count;
    struct store_batch_place *places;
    struct store_batch_row *rows;
    size_t place_count, row_count;
};

static void shown_json(struct arena *arena, const struct shown *shown)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    batch_json(&out, shown->batch, &shown->count);
    places_json(&out, shown->places, shown->place_count);
    rows_json(&out, shown->rows, shown->row_count);
    json_close_map(&out);
    printf("%s\n", text.at);
}

static void shown_print(const struct shown *shown)
{
    batch_print(shown->batch, &shown->count);
    if (shown->place_count)
        printf("\n  %-24s %18s %24s %18s\n", "board", "rank", "score", "points");
    for (size_t i = 0; i < shown->place_count; i++)
        place_print(&shown->places[i]);
    printf("\n  runs\n");
    for (size_t i = 0; i < shown->row_count; i++)
        row_print(&shown->rows[i]);
    if (str_is(shown->batch->state, "ready"))
        printf("\nnothing has changed yet: apply or discard it\n");
}

int rescore_show(const char *dir, const char *id, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct rescore_look look;
    struct fault why = { 0 };
    struct shown shown = { .row_count = 0 };
    int code = rescore_look(arena, dir, &look);
    if (code == EXIT_DONE) {
        shown.batch = rescore_pick(&look, id);
        if (!shown.batch && !id[0] && look.count)
            shown.batch = &look.batches[0];
        if (!shown.batch) {
            fprintf(stderr, "holdout rescore: there is no such rescore\n");
            code = EXIT_INPUT;
        }
    }
    if (shown.batch && (!store_batch_count(look.store, shown.batch->id.at, &shown.count, &why) ||
                        !store_batch_places(look.store, arena, shown.batch->id.at, &shown.places,
                                            &shown.place_count, &why) ||
                        !store_batch_rows(look.store, arena, shown.batch->id.at, &shown.rows,
                                          &shown.row_count, &why)))
        code = command_fail("rescore", &why);
    rescore_look_end(&look);
    if (code != EXIT_DONE)
        return code;
    if (as_json)
        shown_json(arena, &shown);
    else
        shown_print(&shown);
    return EXIT_DONE;
}

int rescore_state_check(const char *dir, const char *id, const char *states)
{
    scoped_arena arena = arena_open(NULL);
    struct rescore_look look;
    int code = rescore_look(arena, dir, &look);
    const struct store_batch *batch = code == EXIT_DONE ? rescore_pick(&look, id) : NULL;
    rescore_look_end(&look);
    if (!batch)
        return code;
    if (strstr(states, batch->state.at)) {
        printf("%s %s\n", id, batch->state.at);
        return EXIT_DONE;
    }
    fprintf(stderr,
            "holdout rescore: it is still %s: the course may have changed since it was computed;\n"
            "resume it to compute it anew, the grader's log says more\n",
            batch->state.at);
    return EXIT_NO;
}
