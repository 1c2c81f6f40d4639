/* Deliveries of forges: headers and body as lines, read without a signature. */
#include "web/webhook.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const names[] = { "X-GitHub-Event",    "X-Gitlab-Event",   "X-Gitea-Event",
                                         "X-Forgejo-Event",   "Content-Type",     "webhook-id",
                                         "webhook-signature", "webhook-timestamp" };
    scoped_arena arena = arena_open(NULL);
    struct str rest = { (const char *)bytes, size }, secrets = S("a\nwhsec_MDEy");
    struct http_field fields[8];
    struct http_request request = { .method = HTTP_POST, .arena = arena, .fields = fields };
    struct webhook_secrets known, from_bytes;
    struct webhook hook;
    struct fault why = { 0 };
    webhook_secrets_parse(rest, &from_bytes, &why);
    webhook_secrets_parse(secrets, &known, &why);
    while (request.field_count < 8 && rest.at) {
        struct str value;
        if (!str_cut(&rest, '\n', &value))
            break;
        fields[request.field_count] = (struct http_field){ names[request.field_count], value };
        request.field_count++;
    }
    request.body = rest.at ? rest : S("");
    for (int forge = 0; forge < WEBHOOK_FORGES; forge++) {
        webhook_signed((enum webhook_forge)forge, &request, &known, 0);
        if (webhook_read((enum webhook_forge)forge, &request, &hook, &why) &&
            hook.kind == WEBHOOK_PUSH && (hook.commit.len != 40 || !hook.url_count))
            abort();
    }
    return 0;
}
