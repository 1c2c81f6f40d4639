/* The door to libgit2, first leaf: objects, refs and sessions. What libgit2 calls back is in
 * git_wire.c. */
#include "grader/source/git.h"
#include "grader/source/git_wire.h"
#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOWHERE "/nonexistent"
#define ALL_SPECS_FROM                                                                             \
    64 /* wanted refs from which on all branches and tags are asked for: matching is quadratic */

bool git_fault(struct fault *why, const char *what)
{
    const git_error *last = git_error_last();
    return fault_set(why, BLAME_OPEN, "%s: %s", what,
                     last && last->message ? last->message : "no reason");
}

bool git_start(struct fault *why)
{
    static const git_config_level_t levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA,
                                                 GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                                 GIT_CONFIG_LEVEL_GLOBAL };
    if (git_libgit2_init() < 0)
        return git_fault(why, "libgit2 did not start");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], NOWHERE) < 0)
            return git_fault(why, "libgit2 kept its configuration path");
    /* A team's repository belongs to the team. What libgit2 fears here, a configuration that
     * names programs, it never runs itself. */
    if (git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0)
        return git_fault(why, "libgit2 kept its owner check");
    return true;
}

bool git_id_check(struct str text)
{
    bool good = text.len == GIT_ID_TEXT - 1;
    for (size_t i = 0; good && i < text.len; i++)
        good = (text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f');
    return good;
}

/* Reading objects. */

struct git_store {
    git_odb *odb;
};

struct git_store *git_store_open(int mirror, struct fault *why)
{
    if (!git_start(why))
        return NULL;
    if (faccessat(mirror, "objects/info/alternates", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        fault_set(why, BLAME_SYSTEM, "the mirror had objects/info/alternates");
        return NULL;
    }
    if (faccessat(mirror, "objects", X_OK, 0) != 0) {
        fault_errno(why, "the mirror's objects could not be reached");
        return NULL;
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d/objects", mirror);
    git_odb *odb = NULL;
    if (git_odb_open(&odb, path) < 0) {
        git_fault(why, "the mirror's objects could not be opened");
        return NULL;
    }
    struct git_store *store = calloc(1, sizeof *store);
    if (!store)
        abort();
    store->odb = odb;
    return store;
}

void git_store_close(struct git_store *store)
{
    if (!store)
        return;
    git_odb_free(store->odb);
    free(store);
}

void git_store_scoped(struct git_store **store)
{
    git_store_close(*store);
}

static enum git_kind kind_of(git_object_t type)
{
    switch (type) {
    case GIT_OBJECT_COMMIT:
        return GIT_KIND_COMMIT;
    case GIT_OBJECT_TREE:
        return GIT_KIND_TREE;
    case GIT_OBJECT_BLOB:
        return GIT_KIND_BLOB;
    case GIT_OBJECT_TAG:
        return GIT_KIND_TAG;
    default:
        return GIT_KIND_NONE;
    }
}

bool git_store_measure(struct git_store *store, const char *id, enum git_kind *kind, uint64_t *size)
{
    git_oid oid;
    size_t len = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_oid_fromstr(&oid, id) < 0 || git_odb_read_header(&len, &type, store->odb, &oid) < 0)
        return false;
    *kind = kind_of(type);
    *size = len;
    return true;
}

bool git_store_read(struct git_store *store, const char *id, enum git_kind kind, uint64_t most,
                    struct git_bytes *out, struct fault *why)
{
    static const char *const names[] = { "nothing", "commit", "tree", "file", "tag" };
    enum git_kind found;
    uint64_t size;
    *out = (struct git_bytes){ .held = NULL };
    if (!git_store_measure(store, id, &found, &size))
        return fault_set(why, BLAME_OPEN, "%s %s was not in the mirror", names[kind], id);
    if (found != kind)
        return fault_set(why, BLAME_OPEN, "%s was a %s, not a %s", id, names[found], names[kind]);
    if (size > most)
        return fault_set(why, BLAME_OPEN, "%s %s has %llu bytes, %llu are allowed", names[kind], id,
                         (unsigned long long)size, (unsigned long long)most);
    git_oid oid;
    git_odb_object *object = NULL;
    if (git_oid_fromstr(&oid, id) < 0 || git_odb_read(&object, store->odb, &oid) < 0)
        return git_fault(why, id);
    out->held = object;
    out->bytes = (struct str){ git_odb_object_data(object), git_odb_object_size(object) };
    return true;
}

void git_bytes_scoped(struct git_bytes *bytes)
{
    git_odb_object_free(bytes->held);
    bytes->held = NULL;
}

/* Fetching. */

struct git_session {
    struct git_wire wire;
    git_repository *mirror;
    git_remote *remote;
};

static git_remote_callbacks callbacks_of(struct git_session *self)
{
    git_remote_callbacks out;
    git_wire_callbacks(&self->wire, &out);
    return out;
}

struct git_session *git_session_open(const char *path, const char *url, const struct git_door *door,
                                     struct fault *why)
{
    if (!git_start(why) || !git_wire_ready(door, why))
        return NULL;
    struct git_session *self = calloc(1, sizeof *self);
    if (!self)
        abort();
    self->wire = (struct git_wire){ .door = *door };
    int code = path ? git_repository_open_bare(&self->mirror, path)
                    : git_remote_create_detached(&self->remote, url);
    if (path && code == 0)
        code = git_remote_create_anonymous(&self->remote, self->mirror, url);
    if (code == 0)
        self->wire.url = git_remote_url(self->remote);
    if (code == 0)
        return self;
    git_fault(why, "the mirror could not be opened");
    git_session_close(self);
    return NULL;
}

void git_session_close(struct git_session *session)
{
    if (!session)
        return;
    git_remote_free(session->remote);
    git_repository_free(session->mirror);
    free(session);
}

static bool ref_counts(const char *name)
{
    struct str text = str_of(name);
    return (str_starts(text, S("refs/heads/")) || str_starts(text, S("refs/tags/"))) &&
           !str_ends(text, S("^{}")) && git_reference_is_valid_name(name);
}

static int ref_order(const void *a, const void *b)
{
    return str_order(((const struct git_ref *)a)->name, ((const struct git_ref *)b)->name);
}

static void ref_add(struct git_refs *refs, struct arena *arena, const char *name, const git_oid *id)
{
    struct git_ref *ref = &refs->at[refs->count++];
    ref->name = str_keep(arena, str_of(name));
    git_oid_tostr(ref->id, sizeof ref->id, id);
}

enum git_outcome git_session_list(struct git_session *session, struct arena *arena, size_t most,
                                  struct git_refs *out, struct fault *why)
{
    git_remote_connect_options options = { .version = GIT_REMOTE_CONNECT_OPTIONS_VERSION,
                                           .callbacks = callbacks_of(session),
                                           .proxy_opts = { .version = GIT_PROXY_OPTIONS_VERSION },
                                           .follow_redirects = GIT_REMOTE_REDIRECT_NONE };
    const git_remote_head **heads = NULL;
    size_t count = 0;
    int code = git_remote_connect_ext(session->remote, GIT_DIRECTION_FETCH, &options);
    if (code == 0)
        code = git_remote_ls(&heads, &count, session->remote);
    if (code == 0 && git_wire_redirected(&session->wire, why))
        return GIT_REFUSED;
    if (code != 0)
        return git_wire_outcome(&session->wire, code, why);
    *out =
        (struct git_refs){ .at = arena_array(arena, struct git_ref, count < most ? count : most) };
    for (size_t i = 0; i < count; i++) {
        if (!ref_counts(heads[i]->name))
            continue;
        if (out->count == most) {
            fault_set(why, BLAME_OPEN, "the repository has more than %zu branches and tags", most);
            return GIT_TOO_BIG;
        }
        ref_add(out, arena, heads[i]->name, &heads[i]->oid);
    }
    qsort(out->at, out->count, sizeof *out->at, ref_order);
    return GIT_FINE;
}

enum git_outcome git_session_get(struct git_session *session, struct arena *arena,
                                 const struct git_refs *wanted, struct fault *why)
{
    char *all[] = { "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*" };
    git_strarray specs = { all, 2 };
    if (wanted->count < ALL_SPECS_FROM) {
        specs.strings = arena_array(arena, char *, wanted->count);
        specs.count = wanted->count;
        for (size_t i = 0; i < wanted->count; i++)
            specs.strings[i] =
                arena_print(arena, "+%s:%s", wanted->at[i].name.at, wanted->at[i].name.at);
    }
    git_fetch_options options = { .version = GIT_FETCH_OPTIONS_VERSION,
                                  .callbacks = callbacks_of(session),
                                  .prune = GIT_FETCH_NO_PRUNE,
                                  .download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE,
                                  .proxy_opts = { .version = GIT_PROXY_OPTIONS_VERSION },
                                  .follow_redirects = GIT_REMOTE_REDIRECT_NONE };
    errno = 0;
    int code = git_remote_download(session->remote, &specs, &options);
    return code == 0 ? GIT_FINE : git_wire_outcome(&session->wire, code, why);
}

bool git_session_kept(struct git_session *session, struct arena *arena, struct git_refs *out,
                      struct fault *why)
{
    git_strarray names = { NULL, 0 };
    if (git_reference_list(&names, session->mirror) < 0)
        return git_fault(why, "the mirror's refs could not be read");
    *out = (struct git_refs){ .at = arena_array(arena, struct git_ref, names.count) };
    for (size_t i = 0; i < names.count; i++) {
        git_oid id;
        if (ref_counts(names.strings[i]) &&
            git_reference_name_to_id(&id, session->mirror, names.strings[i]) == 0)
            ref_add(out, arena, names.strings[i], &id);
    }
    git_strarray_dispose(&names);
    qsort(out->at, out->count, sizeof *out->at, ref_order);
    return true;
}

bool git_session_set(struct git_session *session, const struct git_ref *ref, struct fault *why)
{
    git_oid id;
    git_reference *made = NULL;
    if (git_oid_fromstr(&id, ref->id) < 0 ||
        git_reference_create(&made, session->mirror, ref->name.at, &id, 1, NULL) < 0)
        return git_fault(why, ref->name.at);
    git_reference_free(made);
    return true;
}

bool git_session_remove(struct git_session *session, const char *name, struct fault *why)
{
    if (git_reference_remove(session->mirror, name) < 0)
        return git_fault(why, name);
    return true;
}

bool git_session_commit(struct git_session *session, const char *id, char commit[GIT_ID_TEXT])
{
    git_oid oid;
    git_object *object = NULL;
    git_object *peeled = NULL;
    bool good = git_oid_fromstr(&oid, id) == 0 &&
                git_object_lookup(&object, session->mirror, &oid, GIT_OBJECT_ANY) == 0 &&
                git_object_peel(&peeled, object, GIT_OBJECT_COMMIT) == 0;
    if (good)
        git_oid_tostr(commit, GIT_ID_TEXT, git_object_id(peeled));
    git_object_free(peeled);
    git_object_free(object);
    return good;
}

static struct str person(struct arena *arena, const git_signature *who)
{
    return who ? str_of(arena_print(arena, "%s <%s>", who->name, who->email)) : S("");
}

bool git_session_people(struct git_session *session, struct arena *arena, const char *commit,
                        struct str *author, struct str *committer)
{
    git_oid oid;
    git_commit *object = NULL;
    if (git_oid_fromstr(&oid, commit) < 0 || git_commit_lookup(&object, session->mirror, &oid) < 0)
        return false;
    *author = person(arena, git_commit_author(object));
    *committer = person(arena, git_commit_committer(object));
    git_commit_free(object);
    return true;
}

bool git_session_follows(struct git_session *session, const char *new_id, const char *old_id)
{
    git_oid new_oid, old_oid;
    if (git_oid_fromstr(&new_oid, new_id) < 0 || git_oid_fromstr(&old_oid, old_id) < 0)
        return false;
    return git_oid_equal(&new_oid, &old_oid) ||
           git_graph_descendant_of(session->mirror, &new_oid, &old_oid) == 1;
}
