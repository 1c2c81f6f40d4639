/* Announcing: the thread that writes the outbox out and sends it. */
#include "grader/service/announce.h"
#include "grader/outbound/send.h"

#define LOOK_MS 200
#define RAW_MOST 100
#define TIDY_MS 3600000
#define SENT_KEPT_MS (7 * 86400000ll)
#define DEAD_KEPT_MS (90 * 86400000ll)
#define WISHES_MOST 64

bool announce_begin(const struct loaded *loaded, struct store *store, struct fault *why)
{
    static const char *const events[] = { COURSE_EVENTS };
    const struct course_announce *announce = &loaded->course.announce;
    struct outbox_wish wishes[WISHES_MOST];
    size_t count = 0;
    if (announce->statuses)
        wishes[count++] = (struct outbox_wish){ "status", "" };
    for (size_t i = 0; i < announce->webhook_count; i++)
        for (size_t k = 0; k < sizeof events / sizeof *events && count < WISHES_MOST; k++)
            if (announce->webhooks[i].events >> k & 1)
                wishes[count++] = (struct outbox_wish){ events[k], announce->webhooks[i].name.at };
    return outbox_wishes_set(store, wishes, count, why);
}

static bool row_write(const struct announcing *announcing, const struct outbox_raw *raw,
                      struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct outbox_about about;
    struct outbox_written written;
    bool found = false;
    if (raw->run.len && !outbox_about(announcing->store, arena, raw->run.at, &about, &found, why))
        return false;
    if (announce_write(arena, &announcing->loaded->course, raw, found ? &about : NULL, &written))
        return outbox_write(announcing->store, raw, &written, why);
    return outbox_drop(announcing->store, raw->seq, why);
}

static bool rows_write(const struct announcing *announcing, struct fault *why)
{
    for (size_t count = RAW_MOST; count == RAW_MOST;) {
        scoped_arena arena = arena_open(NULL);
        struct outbox_raw *rows;
        if (!outbox_raw(announcing->store, arena, RAW_MOST, &rows, &count, why))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!row_write(announcing, &rows[i], why))
                return false;
    }
    return true;
}

/* One target after another, until nothing is due or the grader has to end. */
static bool rows_send(const struct announcing *announcing, bool ending, struct fault *why)
{
    struct outbox_turn turn = { .most = SEND_CALLS_MOST };
    for (;;) {
        scoped_arena arena = arena_open(NULL);
        struct outbox_row *rows;
        size_t count;
        if (!outbox_due(announcing->store, arena, &turn, &rows, &count, why))
            return false;
        if (count == 0 || (!ending && grader_stopping(announcing->grader)))
            return true;
        if (!announce_send(announcing, arena, rows, count, why))
            return false;
    }
}

/* version: of the course whose wishes the store has. */
static bool wishes_follow(const struct announcing *announcing, char version[SHA256_HEX],
                          struct fault *why)
{
    const char *now = announcing->loaded->version.digest;
    if (strcmp(now, version) == 0)
        return true;
    if (!announce_begin(announcing->loaded, announcing->store, why))
        return false;
    memcpy(version, now, SHA256_HEX);
    return true;
}

static void turn(struct grader *grader, struct store *store, char version[SHA256_HEX], bool ending)
{
    struct fault why = { 0 };
    struct announcing announcing = { grader, loaded_take(grader->loaded), store };
    if (!wishes_follow(&announcing, version, &why) || !rows_write(&announcing, &why) ||
        !rows_send(&announcing, ending, &why))
        grader_log(grader, "warning", "event=announce fault=\"%s\"", why.text);
    loaded_give(grader->loaded, announcing.loaded);
}

static void tidy(struct grader *grader, struct store *store)
{
    struct fault why = { 0 };
    int64_t now_ms = clock_utc_ms(&grader->clock);
    if (!outbox_tidy(store, now_ms - SENT_KEPT_MS, now_ms - DEAD_KEPT_MS, &why))
        grader_log(grader, "warning", "event=announce fault=\"%s\"", why.text);
}

void *announce_thread(void *at)
{
    struct grader *grader = at;
    struct store *store;
    char version[SHA256_HEX] = "";
    int64_t tidied_ms = 0;
    if (!grader_open(grader, &store, NULL))
        return NULL;
    do {
        turn(grader, store, version, false);
        if (clock_boot_ms(&grader->clock) - tidied_ms < TIDY_MS)
            continue;
        tidied_ms = clock_boot_ms(&grader->clock);
        tidy(grader, store);
    } while (!grader_wait(grader, LOOK_MS));
    if (grader->until_seq) /* nobody else is there to do it a moment later */
        turn(grader, store, version, true);
    store_close(store);
    return NULL;
}
