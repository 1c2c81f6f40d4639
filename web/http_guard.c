/* What a request must look like before anybody reads it. */
#include "web/http_guard.h"
#include "web/http.h"
#include <strings.h>

#define PATH_BYTES_MOST 2048
#define TOO_LONG "The request's body is longer than is taken here."

static struct str without_port(struct str host)
{
    if (str_starts(host, S("["))) {
        size_t at;
        return str_find(host, ']', &at) ? str_until(host, at + 1) : host;
    }
    size_t at;
    return str_find(host, ':', &at) ? str_until(host, at) : host;
}

static bool same_name(struct str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.at, b, a.len) == 0;
}

bool http_host_ours(struct str host, const char *const *hosts)
{
    static const char *const loopback[] = { "127.0.0.1", "localhost", "[::1]", NULL };
    struct str name = without_port(host);
    struct str port = str_from(host, name.len);
    int64_t number;
    if (port.len && (port.at[0] != ':' || !str_to_int(str_from(port, 1), &number)))
        return false;
    for (size_t i = 0; loopback[i]; i++)
        if (same_name(name, loopback[i]))
            return true;
    for (size_t i = 0; hosts && hosts[i]; i++)
        if (same_name(name, hosts[i]))
            return true;
    return false;
}

int http_guard(const struct http_head *head, const char *const *hosts, const char **words)
{
    *words = NULL;
    int64_t length = 0;
    if (head->host_count != 1)
        *words = "A request names its Host exactly once.";
    else if (head->length_count > 1 || head->encoding_count > 1)
        *words = "A request has at most one Content-Length and one Transfer-Encoding.";
    else if (head->length_count && head->encoding_count)
        *words = "A request has Content-Length or Transfer-Encoding, not both.";
    else if (head->length_count && (!str_to_int(head->length, &length) || length < 0))
        *words = "Content-Length is not a number.";
    else if (head->encoding_count && !same_name(head->encoding, "chunked"))
        *words = "Transfer-Encoding is chunked or left out."; /* else it would have no end */
    if (*words)
        return 400;
    if (head->path_bytes > PATH_BYTES_MOST) {
        *words = "The address is too long.";
        return 414;
    }
    if ((length || head->encoding_count) && !head->body_most) {
        *words = "Nothing here takes a request body.";
        return 413;
    }
    if (head->body_most && length > (int64_t)head->body_most) {
        *words = TOO_LONG;
        return 413;
    }
    /* A page of another name that resolves to this host must not read what is shown on loopback. */
    if (!http_host_ours(head->host, hosts)) {
        *words = "This server is not known by that name.";
        return 421;
    }
    return 0;
}

bool http_etag_listed(struct str list, const char *etag)
{
    struct str one;
    while (str_cut(&list, ',', &one)) {
        one = str_trim(one);
        if (str_starts(one, S("W/")))
            one = str_from(one, 2);
        if (str_is(one, "*") || str_is(one, etag))
            return true;
    }
    return false;
}

struct str http_field(const struct http_request *request, const char *name)
{
    struct str found = S("");
    int count = 0;
    for (size_t i = 0; i < request->field_count; i++)
        if (strcasecmp(request->fields[i].name, name) == 0) {
            found = request->fields[i].value;
            count++;
        }
    return count == 1 ? found : S("");
}
