/* What forges send: a table of their headers, signatures, and the fields of a push. */
#include "web/webhook.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DELIVERY_BYTES_MOST 100
#define REF_BYTES_MOST 250
#define WHSEC "whsec_"

/* "" ends a list; what stands first wins, and what follows counts only where that is absent */
static const struct forge {
    const char *name;
    const char *signatures[3];
    const char *prefix; /* of the hex digits; NULL: no HMAC over the body alone */
    const char *events[3];
    const char *deliveries[4];
} forges[WEBHOOK_FORGES] = {
    [WEBHOOK_GITHUB] = { "github",
                         { "X-Hub-Signature-256" },
                         "sha256=",
                         { "X-GitHub-Event" },
                         { "X-GitHub-Delivery" } },
    [WEBHOOK_GITLAB] = { "gitlab",
                         { NULL },
                         NULL,
                         { "X-Gitlab-Event" },
                         { "webhook-id", "Idempotency-Key", "X-Gitlab-Event-UUID" } },
    [WEBHOOK_GITEA] = { "gitea",
                        { "X-Gitea-Signature" },
                        "",
                        { "X-Gitea-Event" },
                        { "X-Gitea-Delivery" } },
    [WEBHOOK_FORGEJO] = { "forgejo",
                          { "X-Forgejo-Signature", "X-Gitea-Signature" },
                          "",
                          { "X-Forgejo-Event", "X-Gitea-Event" },
                          { "X-Forgejo-Delivery", "X-Gitea-Delivery" } },
};

const char *webhook_forge_name(enum webhook_forge forge)
{
    return forges[forge].name;
}

/* There at all, also when it is there twice and so has no value. */
static bool present(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (strcasecmp(request->fields[i].name, name) == 0)
            return true;
    return false;
}

static struct str first_field(const struct http_request *request, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (present(request, names[i]))
            return http_field(request, names[i]);
    return S("");
}

/* ---- secrets ---- */

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Strictly as RFC 4648 has it, with its padding. False also when it is empty or too long. */
static bool base64_read(struct str text, char *out, size_t most, size_t *size)
{
    *size = 0;
    if (text.len == 0 || text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        size_t pads = last && text.at[i + 3] == '=' ? text.at[i + 2] == '=' ? 2 : 1 : 0;
        uint32_t four = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = k >= 4 - pads ? 0 : base64_digit(text.at[i + k]);
            if (digit < 0)
                return false;
            four = four << 6 | (uint32_t)digit;
        }
        for (size_t k = 0; k < 3 - pads; k++) {
            if (*size == most)
                return false;
            out[(*size)++] = (char)(four >> (16 - 8 * k) & 0xff);
        }
    }
    return true;
}

static bool secret_check(struct str secret, struct fault *why)
{
    char key[WEBHOOK_SECRET_BYTES_MOST];
    size_t size;
    if (secret.len > WEBHOOK_SECRET_BYTES_MOST)
        return fault_set(why, BLAME_COURSE, "a secret is longer than %d bytes",
                         WEBHOOK_SECRET_BYTES_MOST);
    if (str_starts(secret, S(WHSEC)) &&
        !base64_read(str_from(secret, strlen(WHSEC)), key, sizeof key, &size))
        return fault_set(why, BLAME_COURSE, "what follows " WHSEC " is not base64");
    return true;
}

bool webhook_secrets_parse(struct str file, struct webhook_secrets *out, struct fault *why)
{
    struct str line;
    *out = (struct webhook_secrets){ .count = 0 };
    while (str_cut(&file, '\n', &line)) {
        struct str secret = str_trim(line);
        if (secret.len == 0)
            continue;
        if (out->count == WEBHOOK_SECRETS_MOST)
            return fault_set(why, BLAME_COURSE, "more than %d secrets", WEBHOOK_SECRETS_MOST);
        if (!secret_check(secret, why))
            return false;
        out->at[out->count++] = secret;
    }
    return out->count > 0 || fault_set(why, BLAME_COURSE, "no secret was in the file");
}

/* ---- signatures ---- */

/* Of the body, against each secret, whatever the others gave. */
static bool body_signed(struct str body, struct str hex, const struct webhook_secrets *secrets)
{
    bool good = false;
    if (!sha256_is_hex(hex))
        return false;
    for (size_t i = 0; i < secrets->count; i++) {
        char own[SHA256_HEX];
        hmac_sha256(secrets->at[i], body, own);
        good |= bytes_equal_ct(own, hex.at, SHA256_HEX - 1);
    }
    return good;
}

/* Digests are compared, so that the time tells nothing of the length either. */
static bool same_secret(struct str token, struct str secret)
{
    char a[SHA256_HEX], b[SHA256_HEX];
    sha256_of(token, a);
    sha256_of(secret, b);
    return bytes_equal_ct(a, b, SHA256_HEX - 1);
}

static bool standard_one(struct str list, struct str key, struct str words)
{
    char own[SHA256_HEX];
    struct str one;
    bool good = false;
    hmac_sha256(key, words, own);
    while (str_cut(&list, ' ', &one)) {
        char sent[SHA256_BYTES], hex[SHA256_HEX];
        size_t size;
        if (!str_starts(one, S("v1,")) ||
            !base64_read(str_from(one, 3), sent, sizeof sent, &size) || size != sizeof sent)
            continue;
        for (size_t i = 0; i < sizeof sent; i++)
            snprintf(hex + 2 * i, 3, "%02x", (unsigned char)sent[i]);
        good |= bytes_equal_ct(own, hex, SHA256_HEX - 1);
    }
    return good;
}

static bool standard_signed(const struct http_request *request, struct str secret, int64_t now_ms)
{
    char key[WEBHOOK_SECRET_BYTES_MOST];
    size_t size;
    int64_t at_s;
    struct str id = http_field(request, "webhook-id");
    struct str time = http_field(request, "webhook-timestamp");
    if (!id.len || !str_to_int(time, &at_s) || at_s < 0 || at_s > INT32_MAX * 4ll ||
        llabs(at_s * 1000 - now_ms) > WEBHOOK_AGE_MS ||
        !base64_read(str_from(secret, strlen(WHSEC)), key, sizeof key, &size))
        return false;
    struct text words = { .arena = request->arena };
    text_print(&words, "%.*s.%.*s.", STR_ARGS(id), STR_ARGS(time));
    text_add(&words, request->body);
    return standard_one(http_field(request, "webhook-signature"), (struct str){ key, size },
                        text_str(&words));
}

/* A signature that is there has to be right: a token beside it does not help. */
static bool gitlab_signed(const struct http_request *request, const struct webhook_secrets *secrets,
                          int64_t now_ms)
{
    bool signature = present(request, "webhook-signature"), whsec = false, good = false;
    for (size_t i = 0; i < secrets->count; i++)
        whsec |= str_starts(secrets->at[i], S(WHSEC));
    for (size_t i = 0; i < secrets->count; i++) {
        if (str_starts(secrets->at[i], S(WHSEC)))
            good |= signature && standard_signed(request, secrets->at[i], now_ms);
        else if (!signature || !whsec)
            good |= same_secret(http_field(request, "X-Gitlab-Token"), secrets->at[i]);
    }
    return good;
}

bool webhook_signed(enum webhook_forge forge, const struct http_request *request,
                    const struct webhook_secrets *secrets, int64_t now_ms)
{
    const struct forge *about = &forges[forge];
    if (!about->prefix)
        return gitlab_signed(request, secrets, now_ms);
    struct str signature = first_field(request, about->signatures);
    return str_starts(signature, str_of(about->prefix)) &&
           body_signed(request->body, str_from(signature, strlen(about->prefix)), secrets);
}

/* ---- payloads ---- */

static bool is_ref(struct str name)
{
    if ((!str_starts(name, S("refs/heads/")) && !str_starts(name, S("refs/tags/"))) ||
        name.len > REF_BYTES_MOST || !str_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] <= ' ' || name.at[i] == 0x7f)
            return false;
    return true;
}

static bool is_commit(struct str id)
{
    bool zeros = true;
    if (id.len != 40)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        if (!strchr("0123456789abcdef", id.at[i]))
            return false;
        zeros &= id.at[i] == '0';
    }
    return !zeros;
}

static struct str delivery_of(const struct http_request *request, const char *const *names)
{
    struct str found = first_field(request, names);
    if (found.len > DELIVERY_BYTES_MOST)
        return S("");
    for (size_t i = 0; i < found.len; i++)
        if (found.at[i] <= ' ' || found.at[i] > '~')
            return S("");
    return str_keep(request->arena, found);
}

/* GitHub can be told to send a form: payload=JSON, percent-encoded. False for a broken escape. */
static bool unform(struct arena *arena, struct str body, struct str *out)
{
    struct str rest = body, part;
    while (str_cut(&rest, '&', &part)) {
        if (!str_starts(part, S("payload=")))
            continue;
        part = str_from(part, 8);
        char *at = arena_take(arena, part.len + 1);
        size_t len = 0;
        for (size_t i = 0; i < part.len; i++) {
            char pair[3] = { i + 1 < part.len ? part.at[i + 1] : 0,
                             i + 2 < part.len ? part.at[i + 2] : 0, 0 };
            bool escape = part.at[i] == '%';
            if (escape && (strspn(pair, "0123456789abcdefABCDEF") != 2))
                return false;
            at[len++] = escape              ? (char)strtol(pair, NULL, 16)
                        : part.at[i] == '+' ? ' '
                                            : part.at[i];
            i += escape ? 2 : 0;
        }
        *out = (struct str){ at, len };
        return true;
    }
    return false;
}

static void take_urls(const struct json *map, struct webhook *out)
{
    static const char *const keys[] = { "clone_url", "ssh_url", "git_http_url", "git_ssh_url",
                                        "http_url" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct str url = json_get_text(map, keys[i], "");
        if (url.len && out->url_count < WEBHOOK_URLS_MOST)
            out->urls[out->url_count++] = url;
    }
}

/* GitHub's push events have seconds since 1970 there, its other documents RFC 3339. */
static int64_t pushed_at(const struct json *repository)
{
    int64_t ms, s = json_get_int(repository, "pushed_at", 0);
    if (s > 0 && s < INT64_C(1) << 40)
        return s * 1000;
    return clock_parse(json_get_text(repository, "pushed_at", ""), &ms) && ms > 0 ? ms : 0;
}

static bool push_read(const struct json *body, struct webhook *out, struct fault *why)
{
    out->ref = json_get_text(body, "ref", "");
    out->commit = json_get_text(body, "after", "");
    take_urls(json_get(body, "repository"), out);
    take_urls(json_get(body, "project"), out);
    out->pushed_ms = pushed_at(json_get(body, "repository"));
    if (!out->ref.len || !out->commit.len || !out->url_count)
        return fault_set(why, BLAME_OPEN, "the push names no ref, commit or repository");
    if (!is_ref(out->ref) || !is_commit(out->commit))
        out->kind = WEBHOOK_OTHER; /* deleted, or neither branch nor tag */
    return true;
}

static enum webhook_kind kind_of(struct str event)
{
    static const struct {
        const char *event;
        enum webhook_kind kind;
    } kinds[] = { { "push", WEBHOOK_PUSH },
                  { "Push Hook", WEBHOOK_PUSH },
                  { "Tag Push Hook", WEBHOOK_PUSH },
                  { "ping", WEBHOOK_PING } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(event, kinds[i].event))
            return kinds[i].kind;
    return WEBHOOK_OTHER;
}

bool webhook_read(enum webhook_forge forge, const struct http_request *request, struct webhook *out,
                  struct fault *why)
{
    const struct forge *about = &forges[forge];
    const struct json *json;
    struct str body = request->body;
    *out = (struct webhook){ .kind = kind_of(first_field(request, about->events)),
                             .delivery = delivery_of(request, about->deliveries),
                             .delivery_signed = present(request, "webhook-signature") };
    if (out->kind != WEBHOOK_PUSH)
        return true;
    if (str_starts(http_field(request, "Content-Type"), S("application/x-www-form-urlencoded")) &&
        !unform(request->arena, body, &body))
        return fault_set(why, BLAME_OPEN, "the form has no readable field \"payload\"");
    if (!json_parse(request->arena, body, &json, why))
        return false;
    return push_read(json, out, why);
}
