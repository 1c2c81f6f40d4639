/* Names in a tree: which of them may become files. */
#include "grader/source/snapshot_name.h"
#include "grader/source/snapshot.h"

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int snapshot_name_order(struct str a, struct str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (fold(a.at[i]) != fold(b.at[i]))
            return fold(a.at[i]) < fold(b.at[i]) ? -1 : 1;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* Characters that HFS+ leaves out when it compares names: U+200C to F, U+202A to E, U+206A to F,
 * U+FEFF. */
static bool is_invisible(const unsigned char *at, size_t left)
{
    if (left < 3)
        return false;
    if (at[0] == 0xef)
        return at[1] == 0xbb && at[2] == 0xbf;
    if (at[0] != 0xe2)
        return false;
    return (at[1] == 0x80 &&
            ((at[2] >= 0x8c && at[2] <= 0x8f) || (at[2] >= 0xaa && at[2] <= 0xae))) ||
           (at[1] == 0x81 && at[2] >= 0xaa && at[2] <= 0xaf);
}

/* What some file system would take for .git: any case, invisible characters, NTFS's short name,
 * stream and tail. */
static bool is_dot_git(struct str name)
{
    char plain[16];
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (is_invisible((const unsigned char *)name.at + i, name.len - i)) {
            i += 2;
            continue;
        }
        if (name.at[i] == ':')
            break;
        if (len == sizeof plain)
            return false;
        plain[len++] = (char)fold(name.at[i]);
    }
    while (len > 0 && strchr(" .", plain[len - 1]))
        len--;
    struct str text = { plain, len };
    return str_is(text, ".git") || str_is(text, "git~1");
}

const char *snapshot_name_check(struct str name)
{
    if (name.len == 0)
        return "has an empty name";
    if (name.len > SNAPSHOT_NAME_MOST)
        return "has a name of more than 255 bytes";
    if (str_is(name, ".") || str_is(name, ".."))
        return "is named \".\" or \"..\"";
    if (!str_is_utf8(name))
        return "has a name that is not UTF-8";
    if (is_dot_git(name))
        return "would become a .git directory on some file system";
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        if (c < 0x20 || c == 0x7f)
            return "has a control character in its name";
        if (c == '/' || c == '\\')
            return "has a slash or backslash within its name";
    }
    return NULL;
}

bool snapshot_link_target(struct arena *arena, struct str path, struct str target, struct str *out)
{
    if (target.len == 0 || target.at[0] == '/' || memchr(target.at, 0, target.len))
        return false;
    char *made = arena_take(arena, path.len + target.len + 2);
    size_t len = path.len;
    while (len > 0 && path.at[len - 1] != '/')
        len--;
    memcpy(made, path.at, len);
    struct str part;
    while (str_cut(&target, '/', &part)) {
        if (part.len == 0 || str_is(part, "."))
            continue;
        if (!str_is(part, "..")) {
            memcpy(made + len, part.at, part.len);
            len += part.len;
            made[len++] = '/';
            continue;
        }
        if (len == 0)
            return false;
        len--;
        while (len > 0 && made[len - 1] != '/')
            len--;
    }
    *out = (struct str){ made, len > 0 ? len - 1 : 0 };
    return true;
}

bool snapshot_is_lfs_pointer(struct str content, uint64_t *bytes)
{
    struct str line;
    int64_t size;
    *bytes = 0;
    if (!str_starts(content, S("version https://git-lfs.github.com/spec/")) &&
        !str_starts(content, S("version https://hawser.github.com/spec/")))
        return false;
    while (str_cut(&content, '\n', &line))
        if (str_starts(line, S("size ")) && str_to_int(str_trim(str_from(line, 5)), &size) &&
            size > 0)
            *bytes = (uint64_t)size;
    return true;
}
