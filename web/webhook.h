/*
 * What forges send: is a delivery signed by somebody who knows the secret, and what does it say?
 * Pure functions over foreign bytes; nothing is believed before its signature was checked over the
 * body as it came. Which forge it is, the address says, never a header: Gitea imitates GitHub's.
 *
 *   github   X-Hub-Signature-256: sha256=HEX, HMAC-SHA256 of the body
 *   gitea    X-Gitea-Signature: HEX, the same
 *   forgejo  X-Forgejo-Signature: HEX; only when it is absent X-Gitea-Signature
 *   gitlab   X-Gitlab-Token: the secret itself; or, where the secret begins with whsec_, Standard
 *            Webhooks: webhook-id, webhook-timestamp, webhook-signature: v1,BASE64 of the
 *            HMAC-SHA256 of ID.TIMESTAMP.BODY, at most five minutes from our clock
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"
#include "web/http.h"

#define WEBHOOK_BYTES_MOST (1u << 20) /* of a body */
#define WEBHOOK_SECRETS_MOST 8        /* valid at the same time, while one takes another's place */
#define WEBHOOK_SECRET_BYTES_MOST 512
#define WEBHOOK_URLS_MOST 6
#define WEBHOOK_AGE_MS 300000 /* webhook-timestamp */

enum webhook_forge { WEBHOOK_GITHUB, WEBHOOK_GITLAB, WEBHOOK_GITEA, WEBHOOK_FORGEJO };
#define WEBHOOK_FORGES 4
const char *webhook_forge_name(enum webhook_forge forge);

struct webhook_secrets {
    struct str at[WEBHOOK_SECRETS_MOST];
    size_t count;
};
/*
 * A file with one secret a line; empty lines and blanks at the ends are passed over. False with a
 * fault for none, too many and too long ones, and a whsec_ that is not base64.
 */
bool webhook_secrets_parse(struct str file, struct webhook_secrets *out, struct fault *why);

/* Did somebody who knows one of the secrets send it? The time tells not how wrong it is. */
bool webhook_signed(enum webhook_forge forge, const struct http_request *request,
                    const struct webhook_secrets *secrets, int64_t now_ms);

enum webhook_kind {
    WEBHOOK_PUSH, /* a branch or tag has a new value */
    WEBHOOK_PING, /* somebody tries the hook out */
    WEBHOOK_OTHER,
};
struct webhook {
    enum webhook_kind kind;
    struct str
        delivery; /* what the forge calls it, at most 100 visible ASCII characters or empty */
    bool delivery_signed;               /* the name is under the signature as well */
    struct str ref;                     /* refs/heads/… or refs/tags/… */
    struct str commit;                  /* 40 hex digits; a deletion is WEBHOOK_OTHER */
    int64_t pushed_ms;                  /* when the forge took the push, 0: it does not say */
    struct str urls[WEBHOOK_URLS_MOST]; /* of the repository, as the forge spells them */
    size_t url_count;
};
/* False for a body that is not what the forge's documentation says. Texts live in the arena. */
bool webhook_read(enum webhook_forge forge, const struct http_request *request, struct webhook *out,
                  struct fault *why);
