/* Snapshots: the commits that lead to one, as evidence. */
#include "grader/source/shown.h"
#include "grader/source/snapshot.h"

#define AUTHOR_BYTES_MOST 120
#define SUBJECT_BYTES_MOST 120
#define PARENTS_MOST 16
#define SLOTS (1u << 15) /* more than twice SNAPSHOT_HISTORY_MOST */

struct history_walk {
    struct arena *arena;
    struct git_store *store;
    struct snapshot_history *out;
    uint32_t *slots; /* index + 1 of a commit that was noted, by hash of its id */
};

/* False: it was there already. Ids are hashes, so their digits are as good as any; a flood is
 * bounded by the table. */
static bool note(struct history_walk *walk, struct str id)
{
    struct snapshot_history *out = walk->out;
    uint32_t at = 0;
    for (size_t i = 0; i < 8; i++)
        at = at * 31 + (uint32_t)(unsigned char)id.at[i];
    for (at %= SLOTS; walk->slots[at]; at = (at + 1) % SLOTS)
        if (str_is(id, out->commits[walk->slots[at] - 1].id))
            return false;
    if (out->count == SNAPSHOT_HISTORY_MOST) {
        out->cut = true;
        return false;
    }
    memcpy(out->commits[out->count++].id, id.at, id.len);
    walk->slots[at] = (uint32_t)out->count;
    return true;
}

/* "Name <mail> 1767000000 +0100" */
static void parse_person(struct arena *arena, struct str line, struct str *who, int64_t *when_s)
{
    size_t close = line.len;
    while (close > 0 && line.at[close - 1] != '>')
        close--;
    struct str rest = str_trim(str_from(line, close));
    struct str number;
    if (who)
        *who = shown_text(arena, str_until(line, close), AUTHOR_BYTES_MOST);
    if (str_cut(&rest, ' ', &number))
        str_to_int(number, when_s);
}

static void parse_commit(struct history_walk *walk, struct snapshot_commit *commit,
                         struct str bytes)
{
    struct str line;
    while (str_cut(&bytes, '\n', &line) && line.len > 0) {
        struct str id = str_from(line, 7);
        if (str_starts(line, S("parent ")) && git_id_check(id) && commit->parents < PARENTS_MOST) {
            commit->parents++;
            note(walk, id);
        } else if (str_starts(line, S("author ")))
            parse_person(walk->arena, str_from(line, 7), &commit->author, &commit->author_s);
        else if (str_starts(line, S("committer ")))
            parse_person(walk->arena, str_from(line, 10), NULL, &commit->committer_s);
    }
    if (str_cut(&bytes, '\n', &line))
        commit->subject = shown_text(walk->arena, line, SUBJECT_BYTES_MOST);
}

bool snapshot_history(struct arena *arena, int mirror, const char *commit,
                      struct snapshot_history *out, struct fault *why)
{
    *out = (struct snapshot_history){ .count = 0 };
    __attribute__((cleanup(git_store_scoped))) struct git_store *store =
        git_store_open(mirror, why);
    if (!store)
        return false;
    if (!git_id_check(str_of(commit)))
        return fault_set(why, BLAME_OPEN, "a commit id has 40 lower-case hex digits");
    out->commits = arena_array(arena, struct snapshot_commit, SNAPSHOT_HISTORY_MOST);
    struct history_walk walk = { arena, store, out, arena_array(arena, uint32_t, SLOTS) };
    note(&walk, str_of(commit));
    for (size_t i = 0; i < out->count; i++) {
        __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
        if (!git_store_read(store, out->commits[i].id, GIT_KIND_COMMIT, SNAPSHOT_COMMIT_BYTES_MOST,
                            &raw, why))
            return false;
        parse_commit(&walk, &out->commits[i], raw.bytes);
    }
    return true;
}
