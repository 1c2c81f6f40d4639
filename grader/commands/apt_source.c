/* apt's lists of sources: one line a source, or paragraphs of fields (deb822). */
#include "grader/commands/apt_source.h"
#include "core/base/file.h"
#include <dirent.h>
#include <fcntl.h>

#define FILE_BYTES_MOST (256 << 10)

static bool has_word(struct str words, struct str word)
{
    struct str one;
    while (str_cut(&words, ' ', &one))
        if (str_equal(str_trim(one), word))
            return true;
    return false;
}

static bool source_take(struct arena *arena, struct str uri, struct str suite,
                        struct apt_source *out)
{
    if (!str_starts(uri, S("http://")) && !str_starts(uri, S("https://")))
        return false;
    out->mirror = str_zero(arena, uri);
    out->suite = str_zero(arena, suite);
    return true;
}

/* deb [options] URI suite component … */
static bool line_take(struct arena *arena, struct str line, struct str release,
                      struct apt_source *out)
{
    struct str word, fields[2] = { S(""), S("") };
    size_t count = 0, end;
    line = str_trim(line);
    if (!str_starts(line, S("deb ")))
        return false;
    line = str_trim(str_from(line, 4));
    if (line.len && line.at[0] == '[') {
        if (!str_find(line, ']', &end))
            return false;
        line = str_trim(str_from(line, end + 1));
    }
    while (count < 2 && str_cut(&line, ' ', &word))
        if (str_trim(word).len)
            fields[count++] = str_trim(word);
    return count == 2 && str_equal(fields[1], release) && has_word(line, S("main")) &&
           source_take(arena, fields[0], fields[1], out);
}

struct paragraph {
    struct str types, uris, suites, components;
};

static bool paragraph_take(struct arena *arena, const struct paragraph *from, struct str release,
                           struct apt_source *out)
{
    struct str uris = from->uris, uri;
    return has_word(from->types, S("deb")) && has_word(from->suites, release) &&
           has_word(from->components, S("main")) && str_cut(&uris, ' ', &uri) &&
           source_take(arena, uri, release, out);
}

static bool field_take(struct str line, struct paragraph *to)
{
    size_t colon;
    if (!line.len || line.at[0] == '#' || !str_find(line, ':', &colon))
        return false;
    const struct {
        struct str key, *value;
    } fields[] = { { S("Types"), &to->types },
                   { S("URIs"), &to->uris },
                   { S("Suites"), &to->suites },
                   { S("Components"), &to->components } };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (str_equal(str_until(line, colon), fields[i].key))
            *fields[i].value = str_trim(str_from(line, colon + 1));
    return true;
}

bool apt_source_parse(struct arena *arena, struct str text, bool deb822, struct str release,
                      struct apt_source *out)
{
    struct str line;
    struct paragraph paragraph = { .types = S("") };
    while (str_cut(&text, '\n', &line)) {
        if (!deb822 && line_take(arena, line, release, out))
            return true;
        if (!deb822)
            continue;
        if (str_trim(line).len)
            field_take(line, &paragraph);
        else if (paragraph_take(arena, &paragraph, release, out))
            return true;
        else
            paragraph = (struct paragraph){ .types = S("") };
    }
    return deb822 && paragraph_take(arena, &paragraph, release, out);
}

static struct str release_find(struct arena *arena)
{
    struct str text, line, key = S("VERSION_CODENAME=");
    struct fault ignored = { 0 };
    if (file_load(arena, AT_FDCWD, "/etc/os-release", FILE_BYTES_MOST, &text, &ignored))
        while (str_cut(&text, '\n', &line))
            if (str_starts(line, key))
                return str_trim(str_from(line, key.len));
    return S("");
}

static bool file_take(struct arena *arena, const char *path, struct str release,
                      struct apt_source *out)
{
    struct str text;
    struct fault ignored = { 0 };
    return file_load(arena, AT_FDCWD, path, FILE_BYTES_MOST, &text, &ignored) &&
           apt_source_parse(arena, text, str_ends(str_of(path), S(".sources")), release, out);
}

bool apt_source_find(struct arena *arena, struct apt_source *out)
{
    static const char folder[] = "/etc/apt/sources.list.d";
    struct str release = release_find(arena);
    bool found = release.len && file_take(arena, "/etc/apt/sources.list", release, out);
    DIR *dir = found ? NULL : opendir(folder);
    for (struct dirent *one; dir && !found && (one = readdir(dir));)
        if (str_ends(str_of(one->d_name), S(".sources")) ||
            str_ends(str_of(one->d_name), S(".list")))
            found =
                file_take(arena, arena_print(arena, "%s/%s", folder, one->d_name), release, out);
    if (dir)
        closedir(dir);
    return found;
}
