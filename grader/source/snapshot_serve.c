/* snapshot_take in a process of its own, the child's side: check all, then send all. */
#include "core/base/file.h"
#include "grader/source/fetch_child.h"
#include "grader/source/snapshot_apart.h"
#include "grader/source/snapshot_words.h"

/* The first content goes out behind the manifest, so that a tree with problems sends none. */
struct sender {
    struct arena *arena;
    const struct snapshot *snapshot;
    bool opened;
};

static bool send_manifest(struct sender *sender, const struct fault *fault, struct fault *why)
{
    struct str manifest = snapshot_manifest_print(sender->arena, sender->snapshot, fault);
    struct str head = str_of(arena_print(sender->arena, "%zu\n", manifest.len));
    sender->opened = true;
    return fd_write(FETCH_RESULT, head, why) && fd_write(FETCH_RESULT, manifest, why);
}

static bool send_content(void *at, struct str bytes, char sha256[SHA256_HEX], struct fault *why)
{
    struct sender *sender = at;
    sha256[0] = 0; /* the parent's business */
    return (sender->opened || send_manifest(sender, NULL, why)) &&
           fd_write(FETCH_RESULT, bytes, why);
}

bool snapshot_serve(struct arena *arena, struct str request, int *code)
{
    const char *commit;
    struct snapshot_limits limits;
    int deadline_ms;
    struct snapshot snapshot = { .count = 0 };
    struct sender sender = { .arena = arena, .snapshot = &snapshot };
    struct snapshot_put put = { send_content, &sender };
    struct fault why = { .text = "" };
    *code = 70;
    if (!snapshot_request_parse(arena, request, &commit, &limits, &deadline_ms))
        return false;
    fetch_alarm(deadline_ms);
    bool good = fetch_room_enter_reading(FETCH_MIRROR, deadline_ms, &why) &&
                snapshot_take(arena, FETCH_MIRROR, commit, &limits, &put, &snapshot, &why);
    bool fault = !good && snapshot.problem_count == 0;
    if (!sender.opened && !send_manifest(&sender, fault ? &why : NULL, &why))
        return true;
    *code = fault ? 70 : 0;
    return true;
}
