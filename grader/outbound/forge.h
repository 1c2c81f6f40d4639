/*
 * Commit statuses as forges take them: pure functions from what is known of a run to the request,
 * whose tables say what differs between GitHub, GitLab and Gitea (Forgejo is the same).
 *
 *            POST beneath the API                  token in        states
 *   github   /repos/OWNER/NAME/statuses/SHA        Authorization   pending success failure error
 *   gitlab   /projects/QUOTED PATH/statuses/SHA    PRIVATE-TOKEN   pending running success failed
 *                                                                  canceled
 *   gitea    /repos/OWNER/NAME/statuses/SHA        Authorization   pending success failure error
 *                                                                  warning
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define FORGE_KINDS "github", "gitlab", "gitea", "forgejo"
enum forge_kind { FORGE_GITHUB, FORGE_GITLAB, FORGE_GITEA, FORGE_FORGEJO, FORGE_KIND_COUNT };
const char *forge_kind_name(enum forge_kind kind);

/* Of a forge that everybody knows: github.com, gitlab.com, codeberg.org. False: none of them. */
bool forge_known(struct str host, enum forge_kind *kind);
/* Where its API lies when the course does not say: "https://HOST[:PORT]/api/v4". */
struct str forge_api(struct arena *arena, enum forge_kind kind, struct str host, uint16_t port);

enum forge_state {
    FORGE_QUEUED,
    FORGE_RUNNING,
    FORGE_DONE,
    FORGE_FAILED_TEAM,
    FORGE_FAILED_OURS,
    FORGE_CANCELLED,
    FORGE_SUPERSEDED,
    FORGE_STATE_COUNT
};
/* Of a run's state in the store. */
enum forge_state forge_state_of(struct str run_state);
const char *forge_state_word(enum forge_kind kind, enum forge_state state);

#define FORGE_DESCRIPTION_MOST 140 /* characters */

struct forge_status {
    enum forge_kind kind;
    enum forge_state state;
    struct str repository; /* path of its address: "/owner/name" or "/group/sub/name.git" */
    struct str commit, ref;
    struct str context;     /* "holdout/TASK" */
    struct str description; /* cut to what forges take, see forge_description */
    struct str target_url;  /* "" none */
};
/* What is posted to beneath the API, and the document. False: no repository of such a forge. */
bool forge_status_print(struct arena *arena, const struct forge_status *status, struct str *path,
                        struct str *body, struct fault *why);

/* NULL-ended header lines, the token's among them. */
const char *const *forge_headers(struct arena *arena, enum forge_kind kind, struct str token);

/* One line, cut at a word's end with "…" to what a forge takes; control characters are blanks. */
struct str forge_description(struct arena *arena, struct str text);
