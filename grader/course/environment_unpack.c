/* Archives of environments: tar, as it is or packed, written beneath one directory. */
#include "core/base/file.h"
#include "core/base/unpack.h"
#include "grader/course/environment.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIECE_BYTES (256 << 10)
#define BLOCK 512
#define NAME_MOST 4096
#define RECORD_MOST (1 << 20) /* of a pax or GNU record */

/* ---- the bytes of the archive, unpacked piece by piece ---- */

struct source {
    int fd;
    const struct unpacker *unpacker; /* NULL: plain */
    void *state;
    char *in, *out;
    struct str rest; /* of `in` */
    size_t out_at, out_end;
    bool ended;
};

static bool source_more(struct source *from, struct fault *why)
{
    ssize_t got;
    do
        got = read(from->fd, from->in, PIECE_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fault_errno(why, "could not be read");
    from->ended = got == 0;
    from->rest = (struct str){ from->in, (size_t)got };
    return true;
}

/* Fill `out`; nothing in it afterwards: the archive is at its end. */
static bool source_fill(struct source *from, struct fault *why)
{
    from->out_at = from->out_end = 0;
    while (from->out_end == 0) {
        if (from->rest.len == 0 && !from->ended && !source_more(from, why))
            return false;
        if (from->rest.len == 0 && from->ended && !from->unpacker)
            return true;
        size_t len = PIECE_BYTES;
        enum unpack_step step = UNPACK_MORE;
        if (from->unpacker) {
            step = from->unpacker->step(from->state, &from->rest, from->out, &len);
        } else {
            len = from->rest.len;
            memcpy(from->out, from->rest.at, len);
            from->rest = str_from(from->rest, len);
        }
        from->out_end = len;
        if (step == UNPACK_DAMAGED)
            return fault_set(why, BLAME_OPEN, "is damaged");
        if (from->ended && len == 0 && step == UNPACK_TOO_EARLY)
            return fault_set(why, BLAME_OPEN, "ends too early");
        if (from->ended && len == 0 && step == UNPACK_END)
            return true;
    }
    return true;
}

/* Exactly size bytes, to `to` (may be NULL: passed over), or to the file `file` unless -1. */
static bool source_take(struct source *from, int64_t size, char *to, int file, struct fault *why)
{
    while (size > 0) {
        if (from->out_at == from->out_end && !source_fill(from, why))
            return false;
        if (from->out_end == 0)
            return fault_set(why, BLAME_OPEN, "ends too early");
        size_t piece = from->out_end - from->out_at;
        if ((int64_t)piece > size)
            piece = (size_t)size;
        if (to)
            memcpy(to, from->out + from->out_at, piece);
        to = to ? to + piece : NULL;
        if (file >= 0 && !fd_write(file, (struct str){ from->out + from->out_at, piece }, why))
            return false;
        from->out_at += piece;
        size -= (int64_t)piece;
    }
    return true;
}

static bool source_open(struct source *from, int fd, struct fault *why)
{
    static const struct unpacker *const known[] = { &unpacker_gzip, &unpacker_zstd };
    *from = (struct source){ .fd = fd };
    from->in = malloc(PIECE_BYTES);
    from->out = malloc(PIECE_BYTES);
    if (!from->in || !from->out)
        abort();
    if (!source_more(from, why))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_starts(from->rest, known[i]->magic))
            from->unpacker = known[i];
    if (from->unpacker && !(from->state = from->unpacker->open()))
        abort();
    return true;
}

static void source_close(struct source *from)
{
    if (from->unpacker)
        from->unpacker->close(from->state);
    free(from->in);
    free(from->out);
}

/* ---- one entry ---- */

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, target[100],
        magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], fill[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a block");

struct entry {
    char name[NAME_MOST], target[NAME_MOST];
    bool name_given, target_given; /* by a record in front */
    int64_t size, size_given;      /* size_given: by a record in front, -1 none */
    mode_t mode;
    char type;
};

/* Octal, or base 256 for what is too large. -1: neither. */
static int64_t number_of(const char *field, size_t size)
{
    int64_t value = 0;
    if ((unsigned char)field[0] == 0x80) {
        for (size_t i = size > 8 ? size - 8 : 1; i < size; i++)
            value = value > INT64_MAX >> 8 ? -1 : value << 8 | (unsigned char)field[i];
        return value;
    }
    size_t i = 0;
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] && field[i] != ' '; i++) {
        if (field[i] < '0' || field[i] > '7' || value > INT64_MAX >> 3)
            return -1;
        value = value << 3 | (field[i] - '0');
    }
    return value;
}

static bool checksum_holds(const struct header *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    int64_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : bytes[i];
    return number_of(header->checksum, sizeof header->checksum) == sum;
}

static void text_take(char *out, const char *field, size_t size)
{
    size_t len = strnlen(field, size);
    memcpy(out, field, len);
    out[len] = 0;
}

static bool header_read(const struct header *header, struct entry *entry, struct fault *why)
{
    if (!checksum_holds(header))
        return fault_set(why, BLAME_OPEN, "is no tar archive, or a damaged one");
    entry->type = header->type;
    entry->mode = (mode_t)number_of(header->mode, sizeof header->mode) & 0777;
    entry->size = number_of(header->size, sizeof header->size);
    if (entry->size < 0 || entry->size > ARCHIVE_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "has an entry with an impossible size");
    if (!entry->target_given)
        text_take(entry->target, header->target, sizeof header->target);
    if (entry->name_given)
        return true;
    char name[sizeof header->name + 1], prefix[sizeof header->prefix + 1];
    text_take(name, header->name, sizeof header->name);
    text_take(prefix, header->prefix, sizeof header->prefix);
    bool ustar = memcmp(header->magic, "ustar", 6) == 0;
    snprintf(entry->name, sizeof entry->name, "%s%s%s", ustar ? prefix : "",
             ustar && prefix[0] ? "/" : "", name);
    return true;
}

/* "LEN key=value\\n" …: path and linkpath are what matters here. */
static bool pax_read(struct str records, struct entry *entry)
{
    while (records.len) {
        size_t blank, equals;
        int64_t len;
        if (!str_find(records, ' ', &blank) || !str_to_int(str_until(records, blank), &len) ||
            len <= (int64_t)blank + 1 || (size_t)len > records.len)
            return false;
        struct str record = str_from(str_until(records, (size_t)len - 1), blank + 1);
        records = str_from(records, (size_t)len);
        if (!str_find(record, '=', &equals))
            return false;
        struct str key = str_until(record, equals), value = str_from(record, equals + 1);
        bool path = str_is(key, "path"), link = str_is(key, "linkpath");
        if (str_is(key, "size") &&
            (!str_to_int(value, &entry->size_given) || entry->size_given < 0 ||
             entry->size_given > ARCHIVE_BYTES_MOST))
            return false;
        if ((!path && !link) || value.len >= NAME_MOST)
            continue;
        memcpy(path ? entry->name : entry->target, value.at, value.len);
        (path ? entry->name : entry->target)[value.len] = 0;
        entry->name_given |= path;
        entry->target_given |= link;
    }
    return true;
}

/* ---- writing ---- */

struct unpacking {
    struct source from;
    int into;
    int64_t files, bytes;
};

/* "./usr/bin/" -> "usr/bin"; false: it would leave the directory. */
static bool name_tidy(char *name)
{
    char *to = name;
    const char *at = name;
    while (*at) {
        size_t len = strcspn(at, "/");
        if (len == 2 && at[0] == '.' && at[1] == '.')
            return false;
        if (len > 0 && !(len == 1 && at[0] == '.')) {
            if (to != name)
                *to++ = '/';
            memmove(to, at, len);
            to += len;
        }
        at += len + (at[len] == '/');
    }
    *to = 0;
    return true;
}

/* Nothing is reached through a link: not even what the archive itself put there. */
static int open_beneath(int into, const char *path, uint64_t flags, uint64_t mode)
{
    const struct open_how how = { .flags = flags | O_CLOEXEC,
                                  .mode = mode,
                                  .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    return (int)syscall(SYS_openat2, into, path, &how, sizeof how);
}

/* The directory that the name lies in, made when missing; *last is what comes behind it. */
static int parent_open(int into, char *name, const char **last, struct fault *why)
{
    char *slash = strrchr(name, '/');
    *last = slash ? slash + 1 : name;
    if (!slash)
        return open_beneath(into, ".", O_RDONLY | O_DIRECTORY, 0);
    *slash = 0;
    int dir = open_beneath(into, name, O_RDONLY | O_DIRECTORY, 0);
    if (dir < 0 && errno == ENOENT) {
        const char *above;
        char copy[NAME_MOST];
        snprintf(copy, sizeof copy, "%s", name);
        scoped(fd) int parent = parent_open(into, copy, &above, why);
        if (parent >= 0 && mkdirat(parent, above, 0755) == 0)
            dir = open_beneath(into, name, O_RDONLY | O_DIRECTORY, 0);
    }
    *slash = '/';
    return dir;
}

static bool file_write(struct unpacking *work, struct entry *entry, int dir, const char *last,
                       struct fault *why)
{
    scoped(fd) int fd =
        openat(dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_errno(why, "%.150s", entry->name);
    int64_t fill = (BLOCK - entry->size % BLOCK) % BLOCK;
    work->bytes += entry->size;
    if (work->bytes > ARCHIVE_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "unpacks to more than %lld bytes", ARCHIVE_BYTES_MOST);
    return source_take(&work->from, entry->size, NULL, fd, why) &&
           source_take(&work->from, fill, NULL, -1, why) &&
           (fchmod(fd, entry->mode | 0600) == 0 || fault_errno(why, "%.150s", entry->name));
}

/* A second name of a file that the archive has already. */
static bool hard_link(struct unpacking *work, struct entry *entry, int dir, const char *last,
                      struct fault *why)
{
    char path[64];
    if (!name_tidy(entry->target))
        return fault_set(why, BLAME_OPEN, "links to %.100s, which is outside", entry->target);
    scoped(fd) int file = open_beneath(work->into, entry->target, O_RDONLY | O_NOFOLLOW, 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return (file >= 0 && linkat(AT_FDCWD, path, dir, last, AT_SYMLINK_FOLLOW) == 0) ||
           fault_errno(why, "%.150s", entry->name);
}

/* What is no directory there gives way to one; its mode is set on what was opened, never through a
 * link, which may lead anywhere on this machine. */
static bool directory_make(struct entry *entry, int dir, const char *last, struct fault *why)
{
    struct stat info;
    if (fstatat(dir, last, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode))
        unlinkat(dir, last, 0);
    if (mkdirat(dir, last, 0755) != 0 && errno != EEXIST)
        return fault_errno(why, "%.150s", entry->name);
    scoped(fd) int made = openat(dir, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return (made >= 0 && fchmod(made, entry->mode | 0700) == 0) ||
           fault_errno(why, "%.150s", entry->name);
}

static bool entry_write(struct unpacking *work, struct entry *entry, struct fault *why)
{
    const char *last;
    if (!name_tidy(entry->name))
        return fault_set(why, BLAME_OPEN, "has %.150s, which leaves it", entry->name);
    if (!entry->name[0])
        return true;
    if (++work->files > ARCHIVE_FILES_MOST)
        return fault_set(why, BLAME_OPEN, "has more than %d files", ARCHIVE_FILES_MOST);
    scoped(fd) int dir = parent_open(work->into, entry->name, &last, why);
    if (dir < 0)
        return fault_errno(why, "%.150s", entry->name);
    if (entry->type != '5') /* a later entry takes the place of an earlier one */
        unlinkat(dir, last, 0);
    switch (entry->type) {
    case '0':
    case '7':
    case 0:
        return file_write(work, entry, dir, last, why);
    case '1':
        return hard_link(work, entry, dir, last, why);
    case '2':
        return symlinkat(entry->target, dir, last) == 0 || fault_errno(why, "%.150s", entry->name);
    case '5':
        return directory_make(entry, dir, last, why);
    default:
        return true; /* devices, pipes */
    }
}

/* A record that tells more about the next entry. */
static bool record_read(struct unpacking *work, struct entry *entry, char type, struct fault *why)
{
    int64_t padded = (entry->size + BLOCK - 1) / BLOCK * BLOCK;
    if (entry->size > RECORD_MOST)
        return fault_set(why, BLAME_OPEN, "has a record that is too long");
    char *bytes = calloc(1, (size_t)padded + 1);
    if (!bytes)
        abort();
    bool ok = source_take(&work->from, padded, bytes, -1, why);
    if (ok && type == 'x' && !pax_read((struct str){ bytes, (size_t)entry->size }, entry))
        ok = fault_set(why, BLAME_OPEN, "has a damaged record");
    if (ok && (type == 'L' || type == 'K') && strlen(bytes) < NAME_MOST) {
        snprintf(type == 'L' ? entry->name : entry->target, NAME_MOST, "%s", bytes);
        entry->name_given |= type == 'L';
        entry->target_given |= type == 'K';
    }
    free(bytes);
    return ok;
}

static bool is_zero(const struct header *header)
{
    static const struct header zero;
    return memcmp(header, &zero, sizeof zero) == 0;
}

static bool unpack_all(struct unpacking *work, struct entry *entry, struct fault *why)
{
    struct header header;
    for (;;) {
        if (!source_take(&work->from, BLOCK, (char *)&header, -1, why))
            return false;
        if (is_zero(&header))
            return work->files > 0 || fault_set(why, BLAME_OPEN, "is an empty archive");
        if (!header_read(&header, entry, why))
            return false;
        char type = entry->type;
        if (type && strchr("xgLK", type)) {
            if (!record_read(work, entry, type, why))
                return false;
            continue;
        }
        if (entry->size_given >= 0)
            entry->size = entry->size_given;
        if (!entry_write(work, entry, why))
            return false;
        if (type && !strchr("0157", type) &&
            !source_take(&work->from, (entry->size + BLOCK - 1) / BLOCK * BLOCK, NULL, -1, why))
            return false;
        *entry = (struct entry){ .size_given = -1 };
    }
}

bool environment_unpack(int fd, int into, struct fault *why)
{
    struct unpacking work = { .into = into };
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        abort();
    entry->size_given = -1;
    bool ok = source_open(&work.from, fd, why) && unpack_all(&work, entry, why);
    source_close(&work.from);
    free(entry);
    return ok;
}
