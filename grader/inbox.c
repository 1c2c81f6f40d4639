/* The inbox: appending and following. */
#include "grader/inbox.h"
#include "grader/store/queries.h"
#include <stdio.h>
#include <stdlib.h>

struct inbox {
    struct db *db;
};

struct inbox *inbox_open(const char *dir, bool create, struct fault *why)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    char path[4096];
    snprintf(path, sizeof path, "%s/inbox.db", dir);
    if (!inbox) {
        fault_set(why, BLAME_SYSTEM, "out of memory");
        return NULL;
    }
    inbox->db = db_open(&(struct db_options){ .path = path,
                                              .mode = create ? DB_CREATE : DB_WRITE,
                                              .migrations = inbox_migrations,
                                              .queries = inbox_queries,
                                              .query_count = INBOX_QUERY_COUNT },
                        why);
    if (inbox->db)
        return inbox;
    free(inbox);
    return NULL;
}

void inbox_close(struct inbox *inbox)
{
    if (!inbox)
        return;
    db_close(inbox->db);
    free(inbox);
}

void inbox_scoped(struct inbox **inbox)
{
    inbox_close(*inbox);
}

static bool seq_find(struct inbox *inbox, const char *id, int64_t *seq, struct fault *why)
{
    struct row *row = db_start(inbox->db, EVENT_FIND, "z", id);
    if (row_next(row, why))
        *seq = row_int(row, 0);
    return row_end(row, why);
}

bool inbox_append(struct inbox *inbox, const struct event_new *event, int64_t *seq,
                  struct fault *why)
{
    char id[ULID_TEXT];
    int64_t added = 0, at = 0;
    ulid_make(event->at_ms, id);
    if (!db_begin(inbox->db, why))
        return false;
    bool ok = db_run(inbox->db, &added, why, EVENT_ADD, "zizzzt", id, event->at_ms, event->kind,
                     event->actor, event->once, event->body) &&
              seq_find(inbox, id, &at, why);
    if (!ok) {
        db_rollback(inbox->db);
        return false;
    }
    if (seq)
        *seq = at;
    return db_commit(inbox->db, why);
}

bool inbox_append_all(struct inbox *inbox, const struct event_new *events, size_t count,
                      bool *fresh, struct fault *why)
{
    if (!db_begin(inbox->db, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct event_new *event = &events[i];
        char id[ULID_TEXT];
        int64_t added = 0;
        ulid_make(event->at_ms, id);
        if (!db_run(inbox->db, &added, why, EVENT_ADD, "zizzzt", id, event->at_ms, event->kind,
                    event->actor, event->once, event->body)) {
            db_rollback(inbox->db);
            return false;
        }
        fresh[i] = added > 0;
    }
    return db_commit(inbox->db, why);
}

static bool event_take(struct row *row, struct arena *arena, struct event *out, bool *found,
                       struct fault *why)
{
    *found = row_next(row, why);
    if (*found)
        *out = (struct event){
            .seq = row_int(row, 0),
            .id = row_text(row, 1, arena),
            .at_ms = row_int(row, 2),
            .kind = row_text(row, 3, arena),
            .actor = row_text(row, 4, arena),
            .body = row_text(row, 5, arena),
        };
    return row_end(row, why);
}

bool inbox_next(struct inbox *inbox, struct arena *arena, int64_t seq, struct event *out,
                bool *found, struct fault *why)
{
    return event_take(db_start(inbox->db, EVENT_NEXT, "i", seq), arena, out, found, why);
}

bool inbox_unanswered(struct inbox *inbox, struct arena *arena, int64_t seq, struct event *out,
                      bool *found, struct fault *why)
{
    return event_take(db_start(inbox->db, EVENT_UNANSWERED, "i", seq), arena, out, found, why);
}

bool inbox_answer(struct inbox *inbox, struct arena *arena, int64_t request, struct event *out,
                  bool *found, struct fault *why)
{
    char once[40];
    snprintf(once, sizeof once, "request %lld", (long long)request);
    return event_take(db_start(inbox->db, EVENT_ONCE, "z", once), arena, out, found, why);
}

bool inbox_newest(struct inbox *inbox, struct arena *arena, const char *kind, struct event *out,
                  bool *found, struct fault *why)
{
    return event_take(db_start(inbox->db, EVENT_NEWEST, "z", kind), arena, out, found, why);
}

bool inbox_last(struct inbox *inbox, int64_t *seq, struct fault *why)
{
    struct row *row = db_start(inbox->db, EVENT_LAST, "");
    *seq = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}

bool inbox_erased_next(struct inbox *inbox, struct arena *arena, int64_t seq, struct event *out,
                       bool *found, struct fault *why)
{
    return event_take(db_start(inbox->db, EVENT_ERASED, "i", seq), arena, out, found, why);
}

static bool erase_within(struct inbox *inbox, const struct event_new *event, const int64_t *seqs,
                         size_t count, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char id[ULID_TEXT];
    struct event said;
    bool found;
    ulid_make(event->at_ms, id);
    if (!db_run(inbox->db, NULL, why, EVENT_ADD, "zizzzt", id, event->at_ms, event->kind,
                event->actor, event->once, event->body) ||
        !event_take(db_start(inbox->db, EVENT_ONCE, "z", event->once), arena, &said, &found, why))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!db_run(inbox->db, NULL, why, ERASED_ADD, "ii", seqs[i], said.seq))
            return false;
    return true;
}

bool inbox_erase(struct inbox *inbox, const struct event_new *event, const int64_t *seqs,
                 size_t count, struct fault *why)
{
    if (!db_begin(inbox->db, why))
        return false;
    if (erase_within(inbox, event, seqs, count, why))
        return db_commit(inbox->db, why);
    db_rollback(inbox->db);
    return false;
}

bool inbox_wipe(struct inbox *inbox, struct fault *why)
{
    if (!db_begin(inbox->db, why))
        return false;
    if (!db_run(inbox->db, NULL, why, ERASED_WIPE, "")) {
        db_rollback(inbox->db);
        return false;
    }
    return db_commit(inbox->db, why) && db_forget(inbox->db, why);
}
