/* Tar archives: the bytes, unpacked piece by piece, and the entries in them. */
#include "grader/course/tar.h"
#include "core/base/file.h"
#include "core/base/unpack.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES (256 << 10)
#define BLOCK 512
#define RECORD_MOST (1 << 20)     /* of a pax or GNU record */
#define TIMES_MOST 200            /* what packed bytes may become, */
#define ALWAYS_ALLOWED (64 << 20) /* if it is more than this */
#define MTIME_MOST (1LL << 33)
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Read ahead of an entry: what it says counts for the next one. */
struct ahead {
    char name[TAR_NAME_MOST], target[TAR_NAME_MOST];
    bool name_given, target_given;
    int64_t size, mtime_s; /* -1: not given */
};

struct tar {
    int fd;
    const struct unpacker *unpacker; /* NULL: plain */
    void *state;
    char *in, *out;
    struct str rest; /* of `in` */
    size_t out_at, out_end;
    bool ended, over;     /* nothing more comes in, out */
    int64_t packed, made; /* bytes so far */
    bool hashed;
    struct sha256 hash;
    int64_t content, fill; /* not yet taken of the entry, and of its last block */
    struct ahead ahead;
};

/* ---- bytes ---- */

static bool more_in(struct tar *tar, struct fault *why)
{
    ssize_t got;
    do
        got = read(tar->fd, tar->in, PIECE_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fault_errno(why, "could not be read");
    tar->ended = got == 0;
    tar->packed += got;
    tar->rest = (struct str){ tar->in, (size_t)got };
    return true;
}

static enum unpack_step step(struct tar *tar, size_t *len)
{
    *len = PIECE_BYTES;
    if (tar->unpacker)
        return tar->unpacker->step(tar->state, &tar->rest, tar->out, len);
    *len = tar->rest.len;
    memcpy(tar->out, tar->rest.at, *len);
    tar->rest = str_from(tar->rest, *len);
    return tar->ended ? UNPACK_END : UNPACK_MORE;
}

static bool bounds_hold(const struct tar *tar, struct fault *why)
{
    if (tar->unpacker && tar->made > ALWAYS_ALLOWED && tar->made / TIMES_MOST > tar->packed)
        return fault_set(why, BLAME_OPEN, "unpacks to more than %d times its size", TIMES_MOST);
    return tar->made <= TAR_BYTES_MOST ||
           fault_set(why, BLAME_OPEN, "unpacks to more than %lld bytes", TAR_BYTES_MOST);
}

/* Fill `out`; nothing in it afterwards: the archive is at its end. */
static bool more_out(struct tar *tar, struct fault *why)
{
    tar->out_at = tar->out_end = 0;
    while (tar->out_end == 0 && !tar->over) {
        size_t len;
        if (tar->rest.len == 0 && !tar->ended && !more_in(tar, why))
            return false;
        enum unpack_step done = step(tar, &len);
        tar->out_end = len;
        tar->made += (int64_t)len;
        if (done == UNPACK_DAMAGED)
            return fault_set(why, BLAME_OPEN, "is damaged");
        if (tar->ended && len == 0 && done == UNPACK_TOO_EARLY)
            return fault_set(why, BLAME_OPEN, "ends too early");
        tar->over = tar->ended && len == 0 && done == UNPACK_END;
    }
    if (tar->hashed)
        sha256_add(&tar->hash, tar->out, tar->out_end);
    return bounds_hold(tar, why);
}

/* Exactly size bytes, to `to` (may be NULL: passed over), or to the file unless -1. */
static bool take(struct tar *tar, int64_t size, char *to, int file, struct fault *why)
{
    while (size > 0) {
        if (tar->out_at == tar->out_end && !more_out(tar, why))
            return false;
        if (tar->out_end == 0)
            return fault_set(why, BLAME_OPEN, "ends too early");
        size_t piece = tar->out_end - tar->out_at;
        if ((int64_t)piece > size)
            piece = (size_t)size;
        if (to)
            memcpy(to, tar->out + tar->out_at, piece);
        to = to ? to + piece : NULL;
        if (file >= 0 && !fd_write(file, (struct str){ tar->out + tar->out_at, piece }, why))
            return false;
        tar->out_at += piece;
        size -= (int64_t)piece;
    }
    return true;
}

static bool packing_find(struct tar *tar, struct fault *why)
{
    static const struct unpacker *const known[] = { &unpacker_gzip, &unpacker_zstd };
    static const char *const others[][2] = {
        { "\xfd\x37zXZ", "xz" },
        { "BZh", "bzip2" },
        { "\x04\x22\x4d\x18", "lz4" },
        { "PK\x03\x04", "zip" },
    };
    if (!more_in(tar, why))
        return false;
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_starts(tar->rest, known[i]->magic))
            tar->unpacker = known[i];
    for (size_t i = 0; i < COUNT(others); i++)
        if (str_starts(tar->rest, str_of(others[i][0])))
            return fault_set(why, BLAME_OPEN, "is packed with %s: pack it with gzip or zstd",
                             others[i][1]);
    if (tar->unpacker && !(tar->state = tar->unpacker->open()))
        abort();
    return true;
}

static void ahead_clear(struct tar *tar)
{
    tar->ahead.name_given = tar->ahead.target_given = false;
    tar->ahead.size = tar->ahead.mtime_s = -1;
}

struct tar *tar_open(int fd, struct fault *why)
{
    struct tar *tar = calloc(1, sizeof *tar);
    if (!tar || !(tar->in = malloc(PIECE_BYTES)) || !(tar->out = malloc(PIECE_BYTES)))
        abort();
    tar->fd = fd;
    ahead_clear(tar);
    if (packing_find(tar, why))
        return tar;
    tar_close(tar);
    return NULL;
}

void tar_close(struct tar *tar)
{
    if (!tar)
        return;
    if (tar->state)
        tar->unpacker->close(tar->state);
    free(tar->in);
    free(tar->out);
    free(tar);
}

void tar_hash(struct tar *tar)
{
    tar->hashed = true;
    sha256_start(&tar->hash);
}

bool tar_digest(struct tar *tar, char hex[SHA256_HEX], struct fault *why)
{
    do
        if (!more_out(tar, why))
            return false;
    while (tar->out_end);
    sha256_end(&tar->hash, hex);
    return true;
}

/* ---- entries ---- */

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, target[100],
        magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], fill[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a block");

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

static bool is_zero(const struct header *header)
{
    static const struct header zero;
    return memcmp(header, &zero, sizeof zero) == 0;
}

static void text_take(char *out, const char *field, size_t size)
{
    size_t len = strnlen(field, size);
    memcpy(out, field, len);
    out[len] = 0;
}

static bool size_fits(int64_t size, struct fault *why)
{
    return (size >= 0 && size <= TAR_BYTES_MOST) ||
           fault_set(why, BLAME_OPEN, "has an entry with an impossible size");
}

static bool header_read(const struct header *header, struct tar_entry *entry, struct fault *why)
{
    if (!checksum_holds(header))
        return fault_set(why, BLAME_OPEN, "is no tar archive, or a damaged one");
    entry->type = header->type;
    entry->mode = (mode_t)number_of(header->mode, sizeof header->mode) & 0777;
    entry->size = number_of(header->size, sizeof header->size);
    entry->mtime_s = number_of(header->mtime, sizeof header->mtime);
    text_take(entry->target, header->target, sizeof header->target);
    char name[sizeof header->name + 1], prefix[sizeof header->prefix + 1];
    text_take(name, header->name, sizeof header->name);
    text_take(prefix, header->prefix, sizeof header->prefix);
    bool ustar = memcmp(header->magic, "ustar", 6) == 0;
    snprintf(entry->name, sizeof entry->name, "%s%s%s", ustar ? prefix : "",
             ustar && prefix[0] ? "/" : "", name);
    return size_fits(entry->size, why);
}

/* What stood in front of the entry comes before what stands in it. */
static bool ahead_use(struct tar *tar, struct tar_entry *entry, struct fault *why)
{
    const struct ahead *ahead = &tar->ahead;
    if (ahead->name_given)
        memcpy(entry->name, ahead->name, sizeof entry->name);
    if (ahead->target_given)
        memcpy(entry->target, ahead->target, sizeof entry->target);
    if (ahead->size >= 0)
        entry->size = ahead->size;
    if (ahead->mtime_s >= 0)
        entry->mtime_s = ahead->mtime_s;
    if (entry->mtime_s < 0 || entry->mtime_s > MTIME_MOST)
        entry->mtime_s = 0;
    if (entry->type && strchr("125", entry->type))
        entry->size = 0;
    ahead_clear(tar);
    return size_fits(entry->size, why);
}

/* ---- records that tell more about the next entry ---- */

static bool name_keep(struct ahead *ahead, bool target, struct str value, struct fault *why)
{
    if (value.len >= TAR_NAME_MOST)
        return fault_set(why, BLAME_OPEN, "has a path of more than %d bytes", TAR_NAME_MOST - 1);
    char *to = target ? ahead->target : ahead->name;
    memset(to, 0, TAR_NAME_MOST);
    memcpy(to, value.at, value.len);
    ahead->target_given |= target;
    ahead->name_given |= !target;
    return memchr(value.at, 0, value.len) == NULL ||
           fault_set(why, BLAME_OPEN, "has a path with a zero in it");
}

static bool pair_keep(struct ahead *ahead, struct str key, struct str value, struct fault *why)
{
    size_t point;
    if (str_is(key, "path") || str_is(key, "linkpath"))
        return name_keep(ahead, str_is(key, "linkpath"), value, why);
    if (str_starts(key, S("GNU.sparse")))
        return fault_set(why, BLAME_OPEN, "has a sparse file: pack it without --sparse");
    if (str_is(key, "size"))
        return (str_to_int(value, &ahead->size) && size_fits(ahead->size, why)) ||
               fault_set(why, BLAME_OPEN, "has an entry with an impossible size");
    if (str_is(key, "mtime") &&
        !str_to_int(str_find(value, '.', &point) ? str_until(value, point) : value,
                    &ahead->mtime_s))
        return fault_set(why, BLAME_OPEN, "has an entry with an impossible time");
    return true;
}

/* "LEN key=value\n" … */
static bool pax_read(struct str records, struct ahead *ahead, struct fault *why)
{
    while (records.len) {
        size_t blank, equals;
        int64_t len;
        if (!str_find(records, ' ', &blank) || !str_to_int(str_until(records, blank), &len) ||
            len <= (int64_t)blank + 1 || (size_t)len > records.len)
            return fault_set(why, BLAME_OPEN, "has a damaged record");
        struct str record = str_from(str_until(records, (size_t)len - 1), blank + 1);
        records = str_from(records, (size_t)len);
        if (!str_find(record, '=', &equals))
            return fault_set(why, BLAME_OPEN, "has a damaged record");
        if (!pair_keep(ahead, str_until(record, equals), str_from(record, equals + 1), why))
            return false;
    }
    return true;
}

static bool record_read(struct tar *tar, const struct tar_entry *entry, struct fault *why)
{
    int64_t padded = (entry->size + BLOCK - 1) / BLOCK * BLOCK;
    if (entry->size > RECORD_MOST)
        return fault_set(why, BLAME_OPEN, "has a record that is too long");
    char *bytes = calloc(1, (size_t)padded + 1);
    if (!bytes)
        abort();
    struct str text = { bytes, (size_t)entry->size };
    bool ok = take(tar, padded, bytes, -1, why);
    if (ok && entry->type == 'x')
        ok = pax_read(text, &tar->ahead, why);
    if (ok && (entry->type == 'L' || entry->type == 'K'))
        ok = name_keep(&tar->ahead, entry->type == 'K', str_until(text, strlen(bytes)), why);
    free(bytes);
    return ok;
}

/* 1: a header; 0: no byte more; -1: a fault. */
static int block_read(struct tar *tar, struct header *out, struct fault *why)
{
    if (tar->out_at == tar->out_end && !more_out(tar, why))
        return -1;
    if (tar->out_end == 0)
        return 0;
    return take(tar, BLOCK, (char *)out, -1, why) ? 1 : -1;
}

enum tar_step tar_next(struct tar *tar, struct tar_entry *out, struct fault *why)
{
    struct header header;
    if (!take(tar, tar->content + tar->fill, NULL, -1, why))
        return TAR_FAULT;
    tar->content = tar->fill = 0;
    for (;;) {
        int got = block_read(tar, &header, why);
        if (got <= 0)
            return got < 0 ? TAR_FAULT : TAR_CUT;
        if (is_zero(&header))
            return TAR_END;
        if (!header_read(&header, out, why))
            return TAR_FAULT;
        if (!out->type || !strchr("xgLK", out->type))
            break;
        if (!record_read(tar, out, why))
            return TAR_FAULT;
    }
    if (!ahead_use(tar, out, why))
        return TAR_FAULT;
    if (out->type == 'S')
        return fault_set(why, BLAME_OPEN, "has a sparse file: pack it without --sparse"), TAR_FAULT;
    tar->content = out->size;
    tar->fill = (BLOCK - out->size % BLOCK) % BLOCK;
    return TAR_ENTRY;
}

bool tar_content(struct tar *tar, int file, struct fault *why)
{
    int64_t size = tar->content;
    tar->content = 0;
    return take(tar, size, NULL, file, why);
}
