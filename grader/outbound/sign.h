/*
 * Signing what is posted to others, as Standard Webhooks have it: a receiver that knows the secret
 * can tell that it came from us, unchanged, and when.
 *
 *   webhook-id: msg_…               the same at each try
 *   webhook-timestamp: 1770113700   seconds, of this try
 *   webhook-signature: v1,BASE64    HMAC-SHA256 of ID.TIMESTAMP.BODY; one for each secret
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define SIGN_SECRETS_MOST 4 /* valid at the same time, while one takes another's place */

struct sign_keys {
    struct str at[SIGN_SECRETS_MOST]; /* bytes */
    size_t count;
};
/* A file with one secret a line, each whsec_ and base64 of 24 to 64 bytes. BLAME_COURSE. */
bool sign_keys_parse(struct arena *arena, struct str file, struct sign_keys *out,
                     struct fault *why);

struct signing {
    struct str id, body;
    int64_t at_s;
};
/* "v1,… v1,…" */
struct str sign_print(struct arena *arena, const struct sign_keys *keys,
                      const struct signing *signing);
/* NULL-ended header lines: the three, the type, who sends it. */
const char *const *sign_headers(struct arena *arena, const struct sign_keys *keys,
                                const struct signing *signing);
