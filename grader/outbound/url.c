/* Addresses of other servers' APIs. */
#include "grader/outbound/url.h"

#define HOST_BYTES_MOST 253

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool bytes_check(struct str text, struct fault *why)
{
    if (text.len > URL_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "an address has at most %d bytes", URL_BYTES_MOST);
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f || strchr("\\\"<>^`{|}#", text.at[i]))
            return fault_set(why, BLAME_OPEN, "an address has no such character as byte %zu",
                             i + 1);
    return true;
}

static bool host_check(struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!is_name(host.at[i]))
            return false;
    return host.len && host.len <= HOST_BYTES_MOST && host.at[0] != '-' && host.at[0] != '.';
}

static bool authority_parse(struct arena *arena, struct str authority, struct url *out,
                            struct fault *why)
{
    size_t colon;
    int64_t port = out->tls ? 443 : 80;
    struct str host = authority;
    if (str_find(authority, '@', &colon))
        return fault_set(why, BLAME_OPEN, "an address has no user or password");
    if (str_find(authority, ':', &colon)) {
        host = str_until(authority, colon);
        if (!str_to_int(str_from(authority, colon + 1), &port) || port < 1 || port > 65535)
            return fault_set(why, BLAME_OPEN, "the port was no number from 1 to 65535");
    }
    if (!host_check(host))
        return fault_set(why, BLAME_OPEN,
                         "the host was \"%.*s\", allowed is a lower-case name without user",
                         STR_ARGS(str_until(host, 100)));
    out->host = str_keep(arena, host);
    out->port = (uint16_t)port;
    return true;
}

bool url_parse(struct arena *arena, struct str text, struct url *out, struct fault *why)
{
    *out = (struct url){ .tls = str_starts(text, S("https://")) };
    if (!bytes_check(text, why))
        return false;
    if (!out->tls && !str_starts(text, S("http://")))
        return fault_set(why, BLAME_OPEN, "an address begins with https://");
    while (text.len && text.at[text.len - 1] == '/')
        text.len--;
    struct str rest = str_from(text, out->tls ? 8 : 7);
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?')
        end++;
    out->text = str_keep(arena, text);
    return authority_parse(arena, str_until(rest, end), out, why);
}

struct str url_quote(struct arena *arena, struct str text)
{
    struct text out = { .arena = arena };
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~", c));
        if (plain)
            text_char(&out, c);
        else
            text_print(&out, "%%%02X", (unsigned char)c);
    }
    return text.len ? text_str(&out) : S("");
}
