/*
 * Fetching one repository into its mirror, in a short-lived process of its own: libgit2 has no
 * timeouts, and it reads what a foreign server says. The parent gives it descriptors and a request,
 * waits at most until the deadline, and treats what comes back as foreign bytes. The mirror never
 * loses an object: commits of a force-pushed branch stay readable.
 *
 *     parent: fetch_run -- request (JSON), descriptors --> child: fetch_main (`holdout fetch-one`)
 *                       <-- result (JSON, bounded) -------- confined to mirror, repository, DNS
 */
#pragma once

#include "grader/source/address.h"
#include "grader/source/git.h"

#define FETCH_REFS_MOST 5000
#define FETCH_CHANGES_MOST 1000
#define FETCH_OBJECTS_MOST 1000000
#define FETCH_RESULT_BYTES_MOST (4u << 20)
#define FETCH_DEADLINE_MS 60000
#define FETCH_IDLE_MS 20000 /* a server that says nothing for so long has failed */
#define FETCH_REPO_MB 200   /* git.max_repo_mb when course.yaml is silent */

/* Descriptors of the child: its number is the place in the list. */
enum fetch_fd {
    FETCH_REQUEST,    /* read */
    FETCH_RESULT,     /* write */
    FETCH_LOG,        /* stderr, inherited */
    FETCH_MIRROR,     /* directory repos/TEAM, writable for the child's user */
    FETCH_REPOSITORY, /* directory of a file: repository */
    FETCH_SECRETS,    /* directory secrets/grader/HOST */
    FETCH_FDS,
};

/*
 * Starts `holdout fetch-one` with these descriptors (-1: none, closed in the child), all others
 * closed, no environment. Returns a pidfd or -1 and a fault. The child need not be the caller's
 * own; then it must still die by the pidfd or, as it does, by its own alarm.
 */
struct fetch_spawn {
    int (*start)(void *at, const int fds[FETCH_FDS], struct fault *why);
    void *at;
};
/* In a forked child, after a change of user: become `holdout fetch-one`. System calls only. */
_Noreturn void fetch_become(const int fds[FETCH_FDS]);
/* The usual one: fork and fetch_become under the same user. */
int fetch_spawn_self(void *at, const int fds[FETCH_FDS], struct fault *why);

struct fetch_request {
    struct address
        address;        /* has passed address_allowed, or address_open_local gave `repository` */
    int mirror;         /* an existing directory, empty at first */
    int repository;     /* for file:, else -1 */
    int secrets;        /* -1: no credentials for this host */
    bool allow_private; /* git.allow_private */
    bool look_only; /* ls-remote only: refs carry what the remote names (of tags the tag object) */
    bool forget;    /* nothing is fetched: the mirror is emptied */
    bool people;    /* who wrote the tips: of all refs, or, where there are many, of what moved */
    const char *want;         /* NULL, or a commit that must be in the mirror afterwards */
    uint64_t most_bytes;      /* of the mirror and so of a fetch; 0: FETCH_REPO_MB */
    int deadline_ms, idle_ms; /* 0: as above */
    struct fetch_spawn spawn; /* start NULL: fetch_spawn_self */
};

enum fetch_state {
    FETCH_OK,
    FETCH_UNREACHABLE, /* network, silence, deadline: look again later */
    FETCH_REFUSED,     /* the repository or its address breaks a rule */
    FETCH_EMPTY,       /* neither branch nor tag */
    FETCH_TOO_BIG,     /* bytes, objects or refs */
    FETCH_VANISHED,    /* `want` is not there (any more) */
    FETCH_DENIED,      /* login, key, token, certificate, host key */
};
const char *fetch_state_name(enum fetch_state state); /* "ok", "unreachable", … */

enum fetch_change_kind { FETCH_NEW, FETCH_MOVED, FETCH_FORCED, FETCH_DELETED, FETCH_TAG_MOVED };

/* A ref that is not as the mirror last knew it; commits, empty text where there is none. */
struct fetch_change {
    enum fetch_change_kind kind;
    struct str name;
    char from[GIT_ID_TEXT], to[GIT_ID_TEXT];
};

struct fetch_result {
    enum fetch_state state;
    struct str text;      /* a sentence for people; empty when ok */
    struct git_refs refs; /* sorted by name; ids are commits (annotated tags peeled) */
    char seen[65];        /* look_digest of what the remote named; "" unknown */
    size_t change_count;
    const struct fetch_change *changes;
};

/* Blocks until the child is done or the deadline has passed. False: our own fault (nothing is
 * known of the repository). */
bool fetch_run(const struct fetch_request *request, struct arena *arena, struct fetch_result *out,
               struct fault *why);

/* "main", "submit/first", "refs/tags/…" or a full commit id that some ref names; NULL: none.
 * Branches before tags. */
const struct git_ref *fetch_find(const struct fetch_result *result, struct str name);
/* One sentence on a change: "branch main was force-pushed to 5d6e7f8: 1a2b3c4 is no longer …". */
struct str fetch_change_print(struct arena *arena, const struct fetch_change *change);

/* The child: what the hidden command `holdout fetch-one` runs. Returns the exit code. */
int fetch_main(int argc, char **argv);
