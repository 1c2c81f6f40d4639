/*
 * Looking at all repositories of one host in one short-lived process: has any branch or tag moved?
 * Nothing is fetched and no mirror is there to be touched; what moved is fetched afterwards, each
 * repository in a process of its own (fetch.h), whose word alone counts. So the worst that a
 * repository which takes over this process can do to its neighbours is to hide their pushes while
 * this one process lives; at due times every repository is looked at by a process of its own.
 *
 *     parent: look_run -- addresses (JSON), descriptors --> child: look_serve (`holdout fetch-one`)
 *                      <-- a line of JSON each, as it comes --
 *
 * file: repositories are read without libgit2, https is asked over one kept connection, ssh through
 * libgit2. A server that says nothing ends the look: whoever has no line was not looked at.
 */
#pragma once

#include "core/base/digest.h"
#include "grader/source/fetch.h"

#define LOOK_MOST 200      /* repositories of one process */
#define LOOK_IDLE_MS 10000 /* for all that one repository has to say */
#define LOOK_RETRY_S_MOST 3600

struct look_item {
    struct address address; /* allowed; all of the same host and scheme */
    bool looked;            /* all below is known */
    enum fetch_state state; /* ok, empty, or why it could not be seen */
    struct str text;        /* a sentence for people; empty when ok */
    char seen[SHA256_HEX];  /* digest of its branches and tags, as fetch_result.seen; "" unknown */
    int64_t retry_s;        /* the server asks not to come again for so long, 0 no */
};
struct look_request {
    struct look_item *items;
    size_t count;
    int secrets; /* of the host, or -1 */
    int local;   /* the directory git.local for file:, else -1 */
    struct str local_path;
    bool allow_private;
    int idle_ms, deadline_ms; /* 0: LOOK_IDLE_MS, FETCH_DEADLINE_MS */
    struct fetch_spawn spawn;
};
/* Fills in the items. False: our own fault, none of them counts. */
bool look_run(const struct look_request *request, struct arena *arena, struct fault *why);

/* Branches and tags, sorted by name, to the digest that tells whether any has moved. */
void look_digest(const struct git_refs *refs, char hex[SHA256_HEX]);

/* The child's side: true when the request asks for looks; *code is the exit code. */
bool look_serve(struct arena *arena, struct str request, int *code);

/* The refs of a bare repository on this machine, sorted. *known false: it holds what only libgit2
 * reads rightly. */
bool look_local(struct arena *arena, int repository, struct git_refs *out, bool *known,
                struct fault *why);
/* What a smart HTTP server answers to info/refs: pkt-lines, foreign bytes. */
bool look_refs_parse(struct arena *arena, struct str bytes, struct git_refs *out,
                     struct fault *why);
/* Drops what fetching drops, sorts. */
void look_refs_settle(struct git_refs *refs);
