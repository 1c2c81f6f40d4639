/* The window out, for the staff: what was told to others, and what could not be delivered. */
#include "grader/view/view_sql.h"

bool view_outbox(struct view *view, struct arena *arena, bool dead, struct view_outbox **out,
                 size_t *count, struct fault *why)
{
    *out = NULL;
    *count = 0;
    struct row *row = db_start(view->db, VIEW_OUTBOX, "i", (int64_t)dead);
    while (row_next(row, why)) {
        struct view_outbox *one = MORE(arena, *out, *count);
        *one = (struct view_outbox){
            .id = row_text(row, 0, arena),
            .event = row_text(row, 1, arena),
            .target = row_text(row, 2, arena),
            .run = row_text(row, 3, arena),
            .task = row_text(row, 4, arena),
            .state = row_text(row, 5, arena),
            .error = row_text(row, 6, arena),
            .attempts = row_int(row, 7),
            .next_ms = row_int(row, 8),
            .created_ms = row_int(row, 9),
            .ended_ms = row_int(row, 10),
        };
    }
    return row_end(row, why);
}
