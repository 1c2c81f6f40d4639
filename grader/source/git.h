/*
 * The door to libgit2, in plain types: reading objects of a bare mirror, and fetching into it. No
 * configuration outside the mirror is read, no hook, filter or helper program is ever run, nothing
 * is checked out. Reading (git_store) reaches the mirror by descriptor and is for the grader; a
 * session is for the fetch process only: it parses what a foreign server says, and one process has
 * one session. Ids are 40 lower-case hex digits. Source: libgit2 1.5.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define GIT_ID_TEXT 41 /* with the zero */

enum git_kind { GIT_KIND_NONE, GIT_KIND_COMMIT, GIT_KIND_TREE, GIT_KIND_BLOB, GIT_KIND_TAG };

/* Once a process, before anything else; again is fine. */
bool git_start(struct fault *why);
bool git_id_check(struct str text);

/* Reading objects. */

struct git_store;

/* `mirror` is the bare repository's directory, open as long as the store. NULL and a fault when
 * it is none, or when it borrows objects from elsewhere (objects/info/alternates). */
struct git_store *git_store_open(int mirror, struct fault *why);
void git_store_close(struct git_store *store); /* NULL is fine */
void git_store_scoped(struct git_store **store);

/* Kind and size from the object's header alone. False: not there. */
bool git_store_measure(struct git_store *store, const char *id, enum git_kind *kind,
                       uint64_t *size);

/* Content of an object of this kind and at most `most` bytes; let go by git_bytes_scoped. */
struct git_bytes {
    struct str bytes;
    void *held;
};
bool git_store_read(struct git_store *store, const char *id, enum git_kind kind, uint64_t most,
                    struct git_bytes *out, struct fault *why);
void git_bytes_scoped(struct git_bytes *bytes);

/* Fetching. */

enum git_outcome { GIT_FINE, GIT_UNREACHABLE, GIT_DENIED, GIT_REFUSED, GIT_TOO_BIG };

/* What the caller decides for the connection. Functions fill the fault and say the outcome of a
 * failure. */
struct git_door {
    void *at;
    /* A connected socket or -1: the only way in which a connection is made. */
    int (*dial)(void *at, const char *host, const char *port, enum git_outcome *outcome,
                struct fault *why);
    /* Is this the ssh server's key? `key` is the public key as known_hosts has it, before
     * base64. */
    bool (*host_key)(void *at, struct str key, struct fault *why);
    struct str user;  /* of the token; empty: "x-access-token" */
    struct str token; /* empty: none */
    struct str key;   /* ssh private key without passphrase, zero-ended; empty: none */
    const char *ca;   /* path of a PEM file with authorities, NULL: the system's */
    uint64_t most_bytes;
    uint32_t most_objects;
};

struct git_ref {
    struct str name;              /* refs/heads/… or refs/tags/… */
    char id[GIT_ID_TEXT];         /* what the ref names: for an annotated tag the tag object */
    struct str author, committer; /* "Name <email>" of the commit, empty unless asked for */
};
struct git_refs {
    struct git_ref *at;
    size_t count;
};

struct git_session;

/* With the bare mirror at `path`. `url` may be a path. path NULL: to list only; then one process
 * may have several, one after the other. */
struct git_session *git_session_open(const char *path, const char *url, const struct git_door *door,
                                     struct fault *why);
void git_session_close(struct git_session *session);

/* Branches and tags of the remote (ls-remote), sorted by name; at most `most`, more is
 * GIT_TOO_BIG. Connects. */
enum git_outcome git_session_list(struct git_session *session, struct arena *arena, size_t most,
                                  struct git_refs *out, struct fault *why);
/* Fetch what these refs need into the mirror; refs of the mirror stay as they are. */
enum git_outcome git_session_get(struct git_session *session, struct arena *arena,
                                 const struct git_refs *wanted, struct fault *why);

/* Refs of the mirror, as git_session_list left out what is neither branch nor tag. */
bool git_session_kept(struct git_session *session, struct arena *arena, struct git_refs *out,
                      struct fault *why);
bool git_session_set(struct git_session *session, const struct git_ref *ref, struct fault *why);
bool git_session_remove(struct git_session *session, const char *name, struct fault *why);

/* The commit that an object of the mirror leads to; false: it leads to none or is not there. */
bool git_session_commit(struct git_session *session, const char *id, char commit[GIT_ID_TEXT]);
/* Who wrote and who committed it: "Name <email>", foreign bytes; false: no such commit. */
bool git_session_people(struct git_session *session, struct arena *arena, const char *commit,
                        struct str *author, struct str *committer);
/* Is `old` the same as or an ancestor of `new`? Both commits of the mirror. */
bool git_session_follows(struct git_session *session, const char *new_id, const char *old_id);
