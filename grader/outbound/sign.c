/* Signing what is posted to others: Standard Webhooks. */
#include "grader/outbound/sign.h"
#include "core/base/base64.h"
#include "core/base/digest.h"

#define WHSEC "whsec_"
#define KEY_LEAST 24
#define KEY_MOST 64

bool sign_keys_parse(struct arena *arena, struct str file, struct sign_keys *out, struct fault *why)
{
    struct str line;
    *out = (struct sign_keys){ .count = 0 };
    while (str_cut(&file, '\n', &line)) {
        struct str secret = str_trim(line), key;
        if (secret.len == 0)
            continue;
        if (out->count == SIGN_SECRETS_MOST)
            return fault_set(why, BLAME_COURSE, "more than %d secrets", SIGN_SECRETS_MOST);
        if (!str_starts(secret, S(WHSEC)) ||
            !base64_parse(arena, str_from(secret, strlen(WHSEC)), &key) || key.len < KEY_LEAST ||
            key.len > KEY_MOST)
            return fault_set(why, BLAME_COURSE,
                             "a secret was not " WHSEC " and base64 of %d to %d bytes", KEY_LEAST,
                             KEY_MOST);
        out->at[out->count++] = key;
    }
    return out->count > 0 || fault_set(why, BLAME_COURSE, "no secret was in the file");
}

static struct str hmac_bytes(struct arena *arena, struct str key, struct str message)
{
    static const char digits[] = "0123456789abcdef";
    char hex[SHA256_HEX], *bytes = arena_array(arena, char, SHA256_BYTES);
    hmac_sha256(key, message, hex);
    for (size_t i = 0; i < SHA256_BYTES; i++)
        bytes[i] = (char)((strchr(digits, hex[2 * i]) - digits) << 4 |
                          (strchr(digits, hex[2 * i + 1]) - digits));
    return (struct str){ bytes, SHA256_BYTES };
}

struct str sign_print(struct arena *arena, const struct sign_keys *keys,
                      const struct signing *signing)
{
    struct text words = { .arena = arena }, out = { .arena = arena };
    text_print(&words, "%.*s.%lld.", STR_ARGS(signing->id), (long long)signing->at_s);
    text_add(&words, signing->body);
    for (size_t i = 0; i < keys->count; i++) {
        struct str hmac = hmac_bytes(arena, keys->at[i], text_str(&words));
        text_print(&out, "%sv1,%s", i ? " " : "", base64_print(arena, hmac).at);
    }
    return text_str(&out);
}

const char *const *sign_headers(struct arena *arena, const struct sign_keys *keys,
                                const struct signing *signing)
{
    const char **lines = arena_array(arena, const char *, 6);
    lines[0] = "Content-Type: application/json";
    lines[1] = "User-Agent: holdout/" HOLDOUT_VERSION;
    lines[2] = arena_print(arena, "webhook-id: %.*s", STR_ARGS(signing->id));
    lines[3] = arena_print(arena, "webhook-timestamp: %lld", (long long)signing->at_s);
    lines[4] = arena_print(arena, "webhook-signature: %s", sign_print(arena, keys, signing).at);
    lines[5] = NULL;
    return lines;
}
