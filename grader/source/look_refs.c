/* Branches and tags read by ourselves: of a bare repository on this machine, and of what a smart
 * HTTP server answers. Foreign bytes both. */
#include "core/base/file.h"
#include "grader/source/fetch_words.h"
#include "grader/source/look.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKED_BYTES_MOST (4u << 20)
#define LOOSE_BYTES_MOST 4096
#define DEPTH_MOST 8

struct collect {
    struct arena *arena;
    struct git_refs refs;
    size_t room;
    bool strange; /* something that only libgit2 reads rightly */
    bool many;
};

static void collect_add(struct collect *to, struct str name, struct str id)
{
    if (to->refs.count == 2 * FETCH_REFS_MOST) {
        to->many = true;
        return;
    }
    if (to->refs.count == to->room) {
        struct git_ref *more = arena_array(to->arena, struct git_ref, 2 * to->room + 16);
        if (to->room)
            memcpy(more, to->refs.at, to->room * sizeof *more);
        to->refs.at = more;
        to->room = 2 * to->room + 16;
    }
    struct git_ref *ref = &to->refs.at[to->refs.count++];
    ref->name = name;
    memcpy(ref->id, id.at, GIT_ID_TEXT - 1);
    ref->id[GIT_ID_TEXT - 1] = 0;
}

static int ref_order(const void *a, const void *b)
{
    return str_order(((const struct git_ref *)a)->name, ((const struct git_ref *)b)->name);
}

void look_refs_settle(struct git_refs *refs)
{
    size_t kept = 0;
    for (size_t i = 0; i < refs->count; i++)
        if (fetch_ref_check(refs->at[i].name))
            refs->at[kept++] = refs->at[i];
    refs->count = kept;
    if (kept)
        qsort(refs->at, kept, sizeof *refs->at, ref_order);
}

/* ---- on this machine ---- */

static void packed_read(struct collect *to, struct str file)
{
    struct str line;
    while (str_cut(&file, '\n', &line)) {
        if (line.len == 0 || line.at[0] == '#' || line.at[0] == '^')
            continue;
        struct str id = str_until(line, GIT_ID_TEXT - 1);
        if (!git_id_check(id) || line.len < GIT_ID_TEXT + 1 || line.at[GIT_ID_TEXT - 1] != ' ') {
            to->strange = true;
            return;
        }
        collect_add(to, str_from(line, GIT_ID_TEXT), id);
    }
}

static void loose_read(struct collect *to, int dir, const char *file, struct str name)
{
    struct str text;
    struct fault why = { 0 };
    if (!file_load(to->arena, dir, file, LOOSE_BYTES_MOST, &text, &why)) {
        to->strange = true; /* gone meanwhile, or a link */
        return;
    }
    struct str id = str_trim(text);
    if (git_id_check(id))
        collect_add(to, name, id);
    else
        to->strange = true; /* a name for another one, or half written */
}

static void loose_walk(struct collect *to, int parent, const char *path, struct str prefix,
                       int depth)
{
    int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return;
    DIR *list = fd >= 0 && depth <= DEPTH_MOST ? fdopendir(fd) : NULL;
    if (!list) {
        to->strange = true;
        fd_scoped(&fd);
        return;
    }
    for (struct dirent *entry = readdir(list); entry && !to->strange && !to->many;
         entry = readdir(list)) {
        struct str name = str_of(entry->d_name);
        if (name.at[0] == '.' || str_ends(name, S(".lock")))
            continue;
        struct str full =
            str_of(arena_print(to->arena, "%.*s/%s", STR_ARGS(prefix), entry->d_name));
        struct stat info;
        if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            to->strange = true;
        else if (S_ISDIR(info.st_mode))
            loose_walk(to, fd, entry->d_name, full, depth + 1);
        else if (S_ISREG(info.st_mode))
            loose_read(to, fd, entry->d_name, full);
        else
            to->strange = true;
    }
    closedir(list);
}

/* What stands loose stands before what is packed. */
static void drop_covered(struct git_refs *refs, size_t loose)
{
    struct git_refs first = { refs->at, loose };
    size_t kept = loose;
    if (loose)
        qsort(first.at, loose, sizeof *first.at, ref_order);
    for (size_t i = loose; i < refs->count; i++)
        if (!loose || !bsearch(&refs->at[i], first.at, loose, sizeof *first.at, ref_order))
            refs->at[kept++] = refs->at[i];
    refs->count = kept;
}

bool look_local(struct arena *arena, int repository, struct git_refs *out, bool *known,
                struct fault *why)
{
    struct collect all = { .arena = arena };
    struct str packed;
    loose_walk(&all, repository, "refs/heads", S("refs/heads"), 0);
    loose_walk(&all, repository, "refs/tags", S("refs/tags"), 0);
    size_t loose = all.refs.count;
    if (faccessat(repository, "packed-refs", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        if (file_load(arena, repository, "packed-refs", PACKED_BYTES_MOST, &packed, why))
            packed_read(&all, packed);
        else
            all.strange = true;
    }
    if (faccessat(repository, "HEAD", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        all.strange = true;
    drop_covered(&all.refs, loose);
    look_refs_settle(&all.refs);
    *out = all.refs;
    *known = !all.strange && !all.many && all.refs.count <= FETCH_REFS_MOST;
    return true;
}

/* ---- over HTTP ---- */

/* A pkt-line off the front; *flush for 0000. False at the end or for a broken one. */
static bool cut_line(struct str *rest, struct str *line, bool *flush)
{
    size_t len = 0;
    if (rest->len < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = rest->at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        len = len * 16 + (size_t)digit;
    }
    *flush = len == 0;
    if (!*flush && (len < 4 || len > rest->len))
        return false;
    *line = str_until(str_from(*rest, 4), *flush ? 0 : len - 4);
    *rest = str_from(*rest, *flush ? 4 : len);
    return true;
}

bool look_refs_parse(struct arena *arena, struct str bytes, struct git_refs *out, struct fault *why)
{
    struct collect all = { .arena = arena };
    struct str line;
    bool flush, service = false, ended = false;
    while (!ended && cut_line(&bytes, &line, &flush)) {
        line = str_trim(line);
        size_t zero;
        if (!service && str_is(line, "# service=git-upload-pack")) {
            service = cut_line(&bytes, &line, &flush) && flush;
            continue;
        }
        if (flush) {
            ended = true;
            continue;
        }
        if (str_find(line, 0, &zero))
            line = str_until(line, zero); /* what the server can do stands behind it */
        struct str id = str_until(line, GIT_ID_TEXT - 1), name = str_from(line, GIT_ID_TEXT);
        if (!service || !git_id_check(id) || line.len <= GIT_ID_TEXT ||
            line.at[GIT_ID_TEXT - 1] != ' ')
            return fault_set(why, BLAME_OPEN, "the server's list of branches made no sense");
        if (fetch_ref_check(name) && !str_ends(name, S("^{}")))
            collect_add(&all, str_keep(arena, name), id);
    }
    if (!ended || !service)
        return fault_set(why, BLAME_OPEN, "the server's list of branches broke off");
    if (all.many || all.refs.count > FETCH_REFS_MOST)
        return fault_set(why, BLAME_OPEN, "the repository has more than %d branches and tags",
                         FETCH_REFS_MOST);
    look_refs_settle(&all.refs);
    *out = all.refs;
    return true;
}
