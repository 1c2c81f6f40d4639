/* Repository addresses: the canonical form and the patterns of git.allow. */
#include "grader/source/address.h"
#include "core/base/file.h"
#include "grader/source/shown.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOST_BYTES_MOST 253
#define SHOWN 120 /* bytes of a foreign address that a message repeats */

static const struct scheme {
    const char *prefix;
    enum address_scheme scheme;
    uint16_t port;
} schemes[] = {
    { "https://", ADDRESS_HTTPS, 443 },
    { "ssh://", ADDRESS_SSH, 22 },
    { "file://", ADDRESS_FILE, 0 },
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alnum(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

static bool starts_no_case(struct str text, const char *with)
{
    for (size_t i = 0; with[i]; i++)
        if (i >= text.len || lower(text.at[i]) != with[i])
            return false;
    return true;
}

/* The address as a message may repeat it, without what stands before an "@". */
static const char *shown(struct arena *arena, struct str url)
{
    size_t at;
    if (str_find(url, '@', &at) && !str_starts(url, S("git@")) && !str_starts(url, S("ssh://git@")))
        url = str_from(url, at + 1);
    return shown_text(arena, url, SHOWN).at;
}

static bool check_bytes(struct str url, const char *name, struct fault *why)
{
    if (url.len == 0)
        return fault_set(why, BLAME_OPEN, "the repository address is empty");
    if (url.len > ADDRESS_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "the repository address has %zu bytes, %d are allowed",
                         url.len, ADDRESS_BYTES_MOST);
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (c < 0x20 || c == 0x7f)
            return fault_set(why, BLAME_OPEN, "repository address \"%s\" had a control character",
                             name);
        if (strchr("%?#\\", c))
            return fault_set(why, BLAME_OPEN, "repository address \"%s\" had a \"%c\"", name, c);
    }
    return true;
}

/* Cuts scheme, and for git@host:path its colon; *rest becomes authority and path. */
static bool cut_scheme(struct arena *arena, struct str url, struct str *rest, struct address *out,
                       struct fault *why)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (starts_no_case(url, schemes[i].prefix)) {
            out->scheme = schemes[i].scheme;
            out->port = schemes[i].port;
            *rest = str_from(url, strlen(schemes[i].prefix));
            return true;
        }
    if (url.at[0] == '/') {
        out->scheme = ADDRESS_FILE;
        *rest = url;
        return true;
    }
    size_t colon;
    size_t slash = url.len;
    str_find(url, '/', &slash);
    if (str_starts(url, S("git@")) && str_find(url, ':', &colon) && colon < slash) {
        out->scheme = ADDRESS_SSH;
        out->port = 22;
        const char *gap = colon + 1 < url.len && url.at[colon + 1] == '/' ? "" : "/";
        *rest = str_of(arena_print(arena, "%.*s%s%.*s", (int)colon, url.at, gap,
                                   (int)(url.len - colon - 1), url.at + colon + 1));
        return true;
    }
    return fault_set(why, BLAME_OPEN,
                     "repository address \"%s\" was not https://…, ssh://… or git@host:path",
                     shown(arena, url));
}

static bool check_host(struct str host, const char *name, struct fault *why)
{
    bool good = host.len > 0 && host.len <= HOST_BYTES_MOST && is_alnum(host.at[0]) &&
                is_alnum(host.at[host.len - 1]);
    for (size_t i = 0; good && i < host.len; i++)
        good = is_alnum(host.at[i]) || host.at[i] == '-' ||
               (host.at[i] == '.' && host.at[i - 1] != '.');
    return good ||
           fault_set(why, BLAME_OPEN, "repository address \"%s\" had no plain host name", name);
}

static bool parse_authority(struct arena *arena, struct str part, const char *name,
                            struct address *out, struct fault *why)
{
    if (out->scheme == ADDRESS_SSH && str_starts(part, S("git@")))
        part = str_from(part, 4);
    size_t at;
    if (str_find(part, '@', &at))
        return fault_set(why, BLAME_OPEN,
                         "repository address \"%s\" held a user name; keys and tokens belong in "
                         "secrets/grader/HOST/",
                         name);
    if (str_find(part, ':', &at)) {
        int64_t port;
        if (!str_to_int(str_from(part, at + 1), &port) || port < 1 || port > 65535)
            return fault_set(why, BLAME_OPEN, "repository address \"%s\" had no port in 1..65535",
                             name);
        out->port = (uint16_t)port;
        part = str_until(part, at);
    }
    if (!check_host(part, name, why))
        return false;
    char *host = str_zero(arena, part);
    for (char *c = host; *c; c++)
        *c = lower(*c);
    out->host = str_of(host);
    return true;
}

static bool check_path(struct str path, bool file, const char *name, struct fault *why)
{
    struct str rest = str_from(path, 1);
    struct str part;
    if (path.len < 2 || path.at[0] != '/')
        return fault_set(why, BLAME_OPEN, "repository address \"%s\" had no path", name);
    while (str_cut(&rest, '/', &part)) {
        if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
            return fault_set(why, BLAME_OPEN,
                             "repository address \"%s\" had an empty, \".\" or \"..\" part", name);
        for (size_t i = 0; !file && i < part.len; i++)
            if (!is_alnum(part.at[i]) && !strchr("._-~+@=*", part.at[i]))
                return fault_set(why, BLAME_OPEN,
                                 "repository address \"%s\" had a character outside A-Z a-z 0-9 "
                                 ". _ - ~ + @ =",
                                 name);
    }
    return true;
}

static void print_canonical(struct arena *arena, struct address *out)
{
    char port[8] = "";
    if (out->port != schemes[out->scheme].port)
        snprintf(port, sizeof port, ":%d", out->port);
    const char *user = out->scheme == ADDRESS_SSH ? "git@" : "";
    out->text = str_of(arena_print(arena, "%s%s%.*s%s%.*s", schemes[out->scheme].prefix, user,
                                   STR_ARGS(out->host), port, STR_ARGS(out->path)));
    bool dot_git = str_ends(out->text, S(".git")) && !str_ends(out->text, S("/.git"));
    out->key = dot_git ? str_until(out->text, out->text.len - 4) : out->text;
}

/* An address, or with stars a pattern. */
static bool parse(struct arena *arena, struct str url, bool stars, struct address *out,
                  struct fault *why)
{
    *out = (struct address){ .scheme = ADDRESS_HTTPS };
    const char *name = shown(arena, url);
    struct str rest;
    if (!check_bytes(url, name, why) || !cut_scheme(arena, url, &rest, out, why))
        return false;
    size_t slash = rest.len;
    str_find(rest, '/', &slash);
    struct str authority = str_until(rest, slash);
    struct str path = str_from(rest, slash);
    bool file = out->scheme == ADDRESS_FILE;
    if (file && authority.len > 0)
        return fault_set(why, BLAME_OPEN, "repository address \"%s\" was not file:///absolute/path",
                         name);
    if (!file && !parse_authority(arena, authority, name, out, why))
        return false;
    if (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    size_t star;
    if (!stars && str_find(path, '*', &star))
        return fault_set(why, BLAME_OPEN, "repository address \"%s\" had a \"*\"", name);
    if (!check_path(path, file, name, why))
        return false;
    out->path = str_keep(arena, path);
    print_canonical(arena, out);
    return true;
}

bool address_parse(struct arena *arena, struct str url, struct address *out, struct fault *why)
{
    return parse(arena, url, false, out, why);
}

bool address_pattern_check(struct arena *arena, struct str pattern, struct fault *why)
{
    struct address out;
    if (!parse(arena, pattern, true, &out, why))
        return false;
    if (out.scheme == ADDRESS_FILE)
        return fault_set(why, BLAME_OPEN, "git.allow is for https and ssh; file: needs git.local");
    return true;
}

/* `*` is any run without "/". Backtracks over one star only, since a later star can do all that
 * an earlier could. */
static bool glob(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.at[p] == text.at[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX && text.at[mark] != '/') {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

bool address_allowed(struct arena *arena, const struct address *address, const struct str *patterns,
                     size_t count, struct fault *why)
{
    for (size_t i = 0; i < count; i++) {
        struct address pattern;
        struct fault ignored;
        if (parse(arena, patterns[i], true, &pattern, &ignored) &&
            pattern.scheme == address->scheme && pattern.scheme != ADDRESS_FILE &&
            glob(pattern.key, address->key))
            return true;
    }
    const char *first = count ? shown_text(arena, patterns[0], SHOWN).at : "nothing";
    return fault_set(why, BLAME_OPEN, "repository %s was not in git.allow, which allows %s%s",
                     shown(arena, address->text), first, count > 1 ? " and others" : "");
}

int address_open_local(const struct address *address, int local, struct str local_path,
                       struct fault *why)
{
    while (local_path.len > 1 && local_path.at[local_path.len - 1] == '/')
        local_path.len--;
    struct str rest = str_from(address->path, local_path.len);
    if (address->scheme != ADDRESS_FILE || !str_starts(address->path, local_path) || rest.len < 2 ||
        rest.at[0] != '/') {
        fault_set(why, BLAME_OPEN, "repository %.*s did not lie beneath git.local (%.*s)",
                  STR_ARGS(address->path), STR_ARGS(local_path));
        return -1;
    }
    struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                            .resolve =
                                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
    int fd = (int)syscall(SYS_openat2, local, rest.at + 1, &how, sizeof how);
    if (fd >= 0)
        return fd;
    if (errno == ELOOP || errno == EXDEV)
        fault_set(why, BLAME_OPEN, "repository %.*s was reached through a symbolic link",
                  STR_ARGS(address->path));
    else
        fault_errno(why, "repository %.*s could not be opened", STR_ARGS(address->path));
    return -1;
}
