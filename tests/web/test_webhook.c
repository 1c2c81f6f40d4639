/* What forges send: documented signatures, fields of a push, and what is not to be believed. */
#include "core/base/digest.h"
#include "core/base/file.h"
#include "web/webhook.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SECRET "It's a Secret to Everybody"
#define HELLO "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define NOW_MS INT64_C(1770113700000)

static struct arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open(NULL);
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_drop(arena);
    return 0;
}

static struct http_request request_of(struct str body, const struct http_field *fields)
{
    struct http_request request = { .method = HTTP_POST, .body = body, .arena = arena };
    request.fields = fields;
    while (fields[request.field_count].name)
        request.field_count++;
    return request;
}

static struct str payload(const char *name)
{
    struct str text;
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, arena_print(arena, "tests/web/payloads/%s.json", name), 1 << 20,
                   &text, &why))
        fail_msg("%s", why.text);
    return text;
}

static bool is_signed(enum webhook_forge forge, struct str body, const struct http_field *fields,
                      const char *secrets)
{
    struct webhook_secrets known;
    struct fault why = { 0 };
    struct http_request request = request_of(body, fields);
    if (!webhook_secrets_parse(str_keep(arena, str_of(secrets)), &known, &why))
        fail_msg("%s", why.text);
    return webhook_signed(forge, &request, &known, NOW_MS);
}

#define FIELDS(...)                                                                                \
    (const struct http_field[])                                                                    \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL,                                                                                  \
            {                                                                                      \
                NULL, 0                                                                            \
            }                                                                                      \
        }                                                                                          \
    }
#define F(name, value)                                                                             \
    {                                                                                              \
        name,                                                                                      \
        {                                                                                          \
            value, sizeof(value) - 1                                                               \
        }                                                                                          \
    }

static void the_vector_of_githubs_documentation_is_taken(void **state)
{
    (void)state;
    struct str body = S("Hello, World!");
    assert_true(
        is_signed(WEBHOOK_GITHUB, body, FIELDS(F("X-Hub-Signature-256", "sha256=" HELLO)), SECRET));
    assert_true(is_signed(WEBHOOK_GITHUB, body, FIELDS(F("x-hub-signature-256", "sha256=" HELLO)),
                          "another\n\n  " SECRET "  \r\n"));
    assert_true(is_signed(WEBHOOK_GITHUB, payload("github_push"),
                          FIELDS(F("X-Hub-Signature-256",
                                   "sha256="
                                   "4737827948b7d85f7714904f213e61be1d1f87846b9917467de6b76bc8d76"
                                   "048")),
                          SECRET));
}

static void what_is_not_quite_the_signature_is_refused(void **state)
{
    (void)state;
    struct str body = S("Hello, World!");
    static const struct http_field wrong[] = {
        F("X-Hub-Signature-256", HELLO),
        F("X-Hub-Signature-256", "sha256="),
        F("X-Hub-Signature-256", "sha1=" HELLO),
        F("X-Hub-Signature-256", "sha256=" HELLO " "),
        F("X-Hub-Signature-256",
          "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17"),
        F("X-Hub-Signature-256",
          "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18"),
        F("X-Hub-Signature", "sha1=757107ea0eb2509fc211221cce984b8a37570b6d"),
        F("X-Gitea-Signature", HELLO),
        F("X-Gitlab-Token", SECRET),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (is_signed(WEBHOOK_GITHUB, body, FIELDS(wrong[i]), SECRET))
            fail_msg("row %zu was taken", i);
    struct http_field right = F("X-Hub-Signature-256", "sha256=" HELLO);
    assert_false(is_signed(WEBHOOK_GITHUB, S("Hello, World"), FIELDS(right), SECRET));
    assert_false(is_signed(WEBHOOK_GITHUB, body, FIELDS(right), "It's no secret"));
    assert_false(is_signed(WEBHOOK_GITHUB, body, FIELDS(right, right), SECRET)); /* which one? */
}

static void gitea_and_forgejo_send_bare_hex(void **state)
{
    (void)state;
    struct str body = S("Hello, World!");
    struct http_field gitea = F("X-Gitea-Signature", HELLO);
    struct http_field forgejo = F("X-Forgejo-Signature", HELLO);
    struct http_field bad = F("X-Forgejo-Signature",
                              "0000000000000000000000000000000000000000000000000000000000000000");
    assert_true(is_signed(WEBHOOK_GITEA, body, FIELDS(gitea), SECRET));
    assert_false(is_signed(WEBHOOK_GITEA, body, FIELDS(forgejo), SECRET));
    assert_true(is_signed(WEBHOOK_FORGEJO, body, FIELDS(forgejo), SECRET));
    assert_true(is_signed(WEBHOOK_FORGEJO, body, FIELDS(gitea), SECRET));
    assert_false(is_signed(WEBHOOK_FORGEJO, body, FIELDS(bad, gitea), SECRET));
    assert_false(is_signed(WEBHOOK_FORGEJO, body, FIELDS(bad, bad, gitea), SECRET));
}

static void gitlab_shows_its_token(void **state)
{
    (void)state;
    struct http_field token = F("X-Gitlab-Token", "tell-nobody");
    assert_true(is_signed(WEBHOOK_GITLAB, S("{}"), FIELDS(token), "old\ntell-nobody\n"));
    assert_false(is_signed(WEBHOOK_GITLAB, S("{}"), FIELDS(token), "tell-nobod"));
    assert_false(is_signed(WEBHOOK_GITLAB, S("{}"), FIELDS(F("X-Gitlab-Token", "")), "x"));
    assert_false(is_signed(WEBHOOK_GITLAB, S("{}"), FIELDS(F("X-Other", "x")), "x"));
}

/* The vector of the Standard Webhooks: key 0123…, id msg_1, time 1770113700. */
#define WHSEC_KEY "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

static const char *standard(const char *id, const char *time, struct str body)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[SHA256_HEX];
    struct text words = { .arena = arena }, out = { .arena = arena };
    text_print(&words, "%s.%s.", id, time);
    text_add(&words, body);
    hmac_sha256(S("0123456789abcdef0123456789abcdef"), text_str(&words), hex);
    text_add(&out, S("v1,"));
    for (size_t i = 0; i < 33; i += 3) {
        unsigned three = 0;
        for (size_t k = 0; k < 3; k++) {
            char pair[3] = { i + k < 32 ? hex[2 * (i + k)] : '0',
                             i + k < 32 ? hex[2 * (i + k) + 1] : '0', 0 };
            three = three << 8 | (unsigned)strtoul(pair, NULL, 16);
        }
        for (size_t k = 0; k < 4; k++)
            text_char(&out, i + k > 32 ? '=' : digits[three >> (18 - 6 * k) & 63]);
    }
    return text_str(&out).at;
}

static void gitlab_signs_as_the_standard_webhooks_do(void **state)
{
    (void)state;
    struct str body = payload("gitlab_push");
    struct http_field id = F("webhook-id", "msg_1"), time = F("webhook-timestamp", "1770113700");
    struct http_field late = F("webhook-timestamp", "1770113300");
    struct http_field token = F("X-Gitlab-Token", "plain");
    struct http_field sign = { "webhook-signature", str_of(standard("msg_1", "1770113700", body)) };
    struct http_field old = { "webhook-signature", str_of(standard("msg_1", "1770113300", body)) };
    struct http_field two = { "webhook-signature",
                              str_of(arena_print(arena, "v2,x v1,AAAA %s", sign.value.at)) };
    assert_true(is_signed(WEBHOOK_GITLAB, body, FIELDS(id, time, sign), WHSEC_KEY));
    assert_true(is_signed(WEBHOOK_GITLAB, body, FIELDS(id, time, two), WHSEC_KEY));
    assert_false(is_signed(WEBHOOK_GITLAB, S("{}"), FIELDS(id, time, sign), WHSEC_KEY));
    assert_false(is_signed(WEBHOOK_GITLAB, body, FIELDS(id, late, old), WHSEC_KEY));
    assert_false(is_signed(WEBHOOK_GITLAB, body, FIELDS(time, sign), WHSEC_KEY));
    assert_true(is_signed(WEBHOOK_GITLAB, body, FIELDS(token), "plain\n" WHSEC_KEY));
    /* a wrong signature is not saved by the token beside it */
    assert_false(
        is_signed(WEBHOOK_GITLAB, S("{}"), FIELDS(id, time, sign, token), "plain\n" WHSEC_KEY));
}

static void the_standards_own_vector_is_taken(void **state)
{
    (void)state;
    struct str body = payload("standard_webhook");
    assert_true(
        is_signed(WEBHOOK_GITLAB, body,
                  FIELDS(F("webhook-id", "msg_1"), F("webhook-timestamp", "1770113700"),
                         F("webhook-signature", "v1,unT8QYFtHkdC6VZT/4b+Efhz9qmRAP8fB6EDYo/mTWo=")),
                  WHSEC_KEY));
}

static struct webhook read_good(enum webhook_forge forge, struct str body,
                                const struct http_field *fields)
{
    struct webhook hook;
    struct fault why = { 0 };
    struct http_request request = request_of(body, fields);
    if (!webhook_read(forge, &request, &hook, &why))
        fail_msg("%s", why.text);
    return hook;
}

static void the_fields_of_a_push_are_found(void **state)
{
    (void)state;
    struct webhook hook =
        read_good(WEBHOOK_GITHUB, payload("github_full"),
                  FIELDS(F("X-GitHub-Event", "push"), F("X-GitHub-Delivery", "72d3162e-cc78")));
    assert_int_equal(hook.kind, WEBHOOK_PUSH);
    assert_string_equal(hook.ref.at, "refs/tags/submit/first");
    assert_string_equal(hook.commit.at, "6113728f27ae82c7b1a177c8d03f9e96e0adf246");
    assert_string_equal(hook.delivery.at, "72d3162e-cc78");
    assert_int_equal(hook.pushed_ms, 1770113472000); /* not the commit's own claim */
    assert_int_equal(hook.url_count, 2);
    hook = read_good(WEBHOOK_GITLAB, payload("gitlab_push"),
                     FIELDS(F("X-Gitlab-Event", "Push Hook"), F("Idempotency-Key", "k-1"),
                            F("X-Gitlab-Event-UUID", "e-1")));
    assert_int_equal(hook.kind, WEBHOOK_PUSH);
    assert_string_equal(hook.delivery.at, "k-1");
    assert_int_equal(hook.pushed_ms, 0);
    assert_string_equal(hook.urls[2].at, "https://gitlab.example/course/solar-squad.git");
    hook = read_good(WEBHOOK_GITLAB, payload("gitlab_tag"),
                     FIELDS(F("X-Gitlab-Event", "Tag Push Hook")));
    assert_string_equal(hook.ref.at, "refs/tags/submit/first");
    hook = read_good(WEBHOOK_FORGEJO, payload("gitea_push"),
                     FIELDS(F("X-Forgejo-Event", "push"), F("X-Gitea-Event", "fork")));
    assert_int_equal(hook.kind, WEBHOOK_PUSH);
    assert_string_equal(hook.urls[0].at, "https://Git.Example/course/solar-squad.git");
}

static struct str formed(struct str json)
{
    struct text out = { .arena = arena };
    text_add(&out, S("a=b&payload="));
    for (size_t i = 0; i < json.len; i++)
        text_print(&out, "%%%02X", (unsigned char)json.at[i]);
    return text_str(&out);
}

static void a_form_carries_the_same(void **state)
{
    (void)state;
    struct http_field type = F("Content-Type", "application/x-www-form-urlencoded");
    struct http_field event = F("X-GitHub-Event", "push");
    struct webhook hook =
        read_good(WEBHOOK_GITHUB, formed(payload("github_push")), FIELDS(type, event));
    assert_string_equal(hook.commit.at, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    struct fault why = { 0 };
    struct http_request bad = request_of(S("payload=%7"), FIELDS(type, event));
    assert_false(webhook_read(WEBHOOK_GITHUB, &bad, &hook, &why));
    bad = request_of(S("other=1"), FIELDS(type, event));
    assert_false(webhook_read(WEBHOOK_GITHUB, &bad, &hook, &why));
}

static void what_starts_no_run_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *event, *body;
        enum webhook_kind kind;
    } rows[] = {
        { "ping", "{\"zen\":\"x\"}", WEBHOOK_PING },
        { "issues", "not even JSON", WEBHOOK_OTHER },
        { "push",
          "{\"ref\":\"refs/heads/main\",\"after\":\"0000000000000000000000000000000000000000\","
          "\"repository\":{\"clone_url\":\"https://h/a/b\"}}",
          WEBHOOK_OTHER },
        { "push",
          "{\"ref\":\"refs/notes/x\",\"after\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
          "\"repository\":{\"clone_url\":\"https://h/a/b\"}}",
          WEBHOOK_OTHER },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_field event = { "X-GitHub-Event", str_of(rows[i].event) };
        assert_int_equal(read_good(WEBHOOK_GITHUB, str_of(rows[i].body), FIELDS(event)).kind,
                         rows[i].kind);
    }
}

static void what_the_documentation_does_not_say_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = { "",
                                        "[]",
                                        "{",
                                        "{\"ref\":\"refs/heads/main\"}",
                                        "{\"ref\":1,\"after\":2,\"repository\":3}",
                                        "{\"ref\":\"refs/heads/main\",\"ref\":\"refs/heads/x\"}" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct webhook hook;
        struct fault why = { 0 };
        struct http_request request =
            request_of(str_of(rows[i]), FIELDS(F("X-GitHub-Event", "push")));
        if (webhook_read(WEBHOOK_GITHUB, &request, &hook, &why))
            fail_msg("row %zu was taken", i);
    }
}

static void a_secrets_file_is_held_to_its_form(void **state)
{
    (void)state;
    struct webhook_secrets out;
    struct fault why = { 0 };
    assert_true(webhook_secrets_parse(S("a\n\n b \r\n"), &out, &why));
    assert_int_equal(out.count, 2);
    assert_true(str_is(out.at[1], "b"));
    assert_false(webhook_secrets_parse(S("\n \n"), &out, &why));
    assert_false(webhook_secrets_parse(S("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), &out, &why));
    assert_false(webhook_secrets_parse(S("whsec_not base64"), &out, &why));
    assert_true(webhook_secrets_parse(S(WHSEC_KEY), &out, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_githubs_documentation_is_taken),
        cmocka_unit_test(what_is_not_quite_the_signature_is_refused),
        cmocka_unit_test(gitea_and_forgejo_send_bare_hex),
        cmocka_unit_test(gitlab_shows_its_token),
        cmocka_unit_test(gitlab_signs_as_the_standard_webhooks_do),
        cmocka_unit_test(the_standards_own_vector_is_taken),
        cmocka_unit_test(the_fields_of_a_push_are_found),
        cmocka_unit_test(a_form_carries_the_same),
        cmocka_unit_test(what_starts_no_run_is_told_apart),
        cmocka_unit_test(what_the_documentation_does_not_say_is_refused),
        cmocka_unit_test(a_secrets_file_is_held_to_its_form),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, open_arena, drop_arena);
}
