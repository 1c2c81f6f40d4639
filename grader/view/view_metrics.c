/* What an operator watches, read from the store: states, times, repositories. */
#include "grader/view/view_sql.h"
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

static bool one_number(struct view *view, enum view_query query, int64_t *out, struct fault *why)
{
    struct row *row = db_start(view->db, query, "");
    *out = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}

int64_t view_beat_ms(const char *state_dir)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/" VIEW_BEAT_FILE, state_dir);
    return stat(path, &st) == 0 ? st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 : 0;
}

static bool states_read(struct view *view, struct arena *arena, struct view_metrics *out,
                        struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_STATES, "");
    while (row_next(row, why)) {
        *MORE(arena, out->states, out->state_count) =
            (struct view_state){ row_text(row, 0, arena), row_text(row, 1, arena),
                                 row_int(row, 2) };
        if (row_int(row, 3) > out->newest_end_ms)
            out->newest_end_ms = row_int(row, 3);
    }
    return row_end(row, why);
}

static bool steps_read(struct view *view, struct arena *arena, struct view_metrics *out,
                       struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_STEP_MEANS, "");
    while (row_next(row, why))
        *MORE(arena, out->steps, out->step_count) =
            (struct view_step_mean){ row_text(row, 0, arena), row_double(row, 1) / 1e6,
                                     row_double(row, 2) / 1e6, row_int(row, 3) };
    return row_end(row, why);
}

static bool looks_read(struct view *view, struct arena *arena, struct view_metrics *out,
                       struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_LOOKS, "");
    while (row_next(row, why))
        *MORE(arena, out->looks, out->look_count) =
            (struct view_look){ row_text(row, 0, arena), row_int(row, 1), row_int(row, 2) };
    return row_end(row, why);
}

static void spread_add(struct view_spread *spread, int64_t ms)
{
    static const int64_t bounds[VIEW_SPREAD_COUNT] = VIEW_SPREAD_BOUNDS;
    ms = ms > 0 ? ms : 0; /* the clock may have been set back */
    for (size_t i = VIEW_SPREAD_COUNT; i-- > 0 && ms <= bounds[i] * 1000;)
        spread->at_most[i]++;
    spread->count++;
    spread->sum_s += (double)ms / 1000;
}

static bool spreads_read(struct view *view, struct view_metrics *out, struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_SPREAD, "");
    while (row_next(row, why)) {
        spread_add(&out->waited, row_int(row, 0));
        spread_add(&out->graded, row_int(row, 1));
    }
    return row_end(row, why);
}

bool view_metrics(struct view *view, struct arena *arena, struct view_metrics *out,
                  struct fault *why)
{
    *out = (struct view_metrics){ 0 };
    return states_read(view, arena, out, why) && steps_read(view, arena, out, why) &&
           looks_read(view, arena, out, why) &&
           one_number(view, VIEW_OLDEST, &out->oldest_ms, why) && spreads_read(view, out, why);
}
