/* Reading the file of a backup: nothing in it is believed before it was looked at. */
#include "core/base/file.h"
#include "core/base/unpack.h"
#include "grader/backup/archive.h"
#include "grader/backup/archive_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct archive_in {
    int fd;
    off_t at;
    bool locked, last, ended;
    struct sealing sealing;
    void *zstd;
    struct str packed; /* not yet unpacked */
    int64_t left;      /* of the member */
    unsigned char raw[ARCHIVE_PIECE + SEALING_EXTRA];
    char piece[ARCHIVE_PIECE];
};

static bool damaged(struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "the backup is damaged, cut off, or its passphrase another");
}

static ssize_t raw_read(struct archive_in *in, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t got = pread(in->fd, in->raw + len, size - len, in->at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -1 : (ssize_t)len;
        len += (size_t)got;
        in->at += got;
    }
    return (ssize_t)len;
}

static bool piece_next(struct archive_in *in, struct fault *why)
{
    size_t want = ARCHIVE_PIECE + (in->locked ? SEALING_EXTRA : 0);
    ssize_t got = in->last ? 0 : raw_read(in, want);
    if (got < 0)
        return fault_errno(why, "backup");
    if (!in->locked) {
        in->packed = (struct str){ (char *)in->raw, (size_t)got };
        in->last = got == 0;
        return got > 0 || damaged(why);
    }
    if (got == 0 || !sealing_pull(&in->sealing, (struct str){ (char *)in->raw, (size_t)got },
                                  in->piece, &in->last))
        return damaged(why);
    in->packed = (struct str){ in->piece, (size_t)got - SEALING_EXTRA };
    return true;
}

/* Exactly `size` unpacked bytes. */
static bool take(struct archive_in *in, char *at, size_t size, struct fault *why)
{
    while (size) {
        size_t len = size;
        enum unpack_step step = unpacker_zstd.step(in->zstd, &in->packed, at, &len);
        if (step == UNPACK_DAMAGED)
            return damaged(why);
        at += len;
        size -= len;
        if (len == 0 && !in->packed.len && !piece_next(in, why))
            return false;
    }
    return true;
}

size_t archive_read(struct archive_in *in, void *at, size_t size, struct fault *why)
{
    size_t want = in->left < (int64_t)size ? (size_t)in->left : size;
    if (!take(in, at, want, why))
        return SIZE_MAX;
    in->left -= (int64_t)want;
    return want;
}

bool archive_path_check(const char *path)
{
    const char *part = path;
    for (const char *at = path;; at++) {
        bool end = *at == '/' || *at == 0;
        if (end && (at == part || part[0] == '.'))
            return false;
        if (*at == 0)
            return at - path < ARCHIVE_PATH_MOST;
        if (end)
            part = at + 1;
        else if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                   (*at >= '0' && *at <= '9') || strchr("._+-", *at)))
            return false;
    }
}

static bool octal(const char *at, size_t len, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < len && at[i]; i++) {
        if (at[i] < '0' || at[i] > '7')
            return false;
        *out = *out * 8 + (at[i] - '0');
    }
    return *out <= ARCHIVE_BYTES_MOST;
}

static bool member_next(struct archive_in *in, char path[ARCHIVE_PATH_MOST],
                        struct archive_member *out, bool *end, struct fault *why)
{
    char block[ARCHIVE_BLOCK];
    if (!take(in, block, sizeof block, why))
        return false;
    *end = block[0] == 0;
    if (*end)
        return true;
    if (block[ARCHIVE_PATH_MOST - 1] != 0 || block[156] != '0' ||
        !octal(block + 124, 11, &out->bytes))
        return damaged(why);
    memcpy(path, block, ARCHIVE_PATH_MOST);
    out->path = path;
    in->left = out->bytes;
    return archive_path_check(path) ||
           fault_set(why, BLAME_OPEN, "the backup holds a file with a name of another kind");
}

static bool member_end(struct archive_in *in, int64_t bytes, struct fault *why)
{
    char rest[ARCHIVE_BLOCK];
    size_t got;
    while ((got = archive_read(in, rest, sizeof rest, why)))
        if (got == SIZE_MAX)
            return false;
    size_t over = (size_t)(bytes % ARCHIVE_BLOCK);
    return over == 0 || take(in, rest, ARCHIVE_BLOCK - over, why);
}

bool archive_is_locked(int fd)
{
    char head[sizeof ARCHIVE_LOCKED - 1];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, ARCHIVE_LOCKED, sizeof head) == 0;
}

static bool begin(struct archive_in *in, struct str passphrase, struct fault *why)
{
    in->locked = archive_is_locked(in->fd);
    in->zstd = unpacker_zstd.open();
    if (!in->zstd)
        return fault_set(why, BLAME_SYSTEM, "out of memory");
    if (!in->locked)
        return true;
    in->at = sizeof ARCHIVE_LOCKED - 1;
    return raw_read(in, SEALING_HEAD) == SEALING_HEAD
               ? sealing_unlock(&in->sealing, passphrase, in->raw, why)
               : damaged(why);
}

bool archive_walk(int fd, const struct archive_taking *taking, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct archive_in *in = arena_new(arena, struct archive_in);
    char path[ARCHIVE_PATH_MOST];
    in->fd = fd;
    bool ok = begin(in, taking->passphrase, why);
    for (bool end = false; ok && !end;) {
        struct archive_member member = { .path = path };
        ok = member_next(in, path, &member, &end, why) &&
             (end ||
              (taking->take(taking->at, &member, in, why) && member_end(in, member.bytes, why)));
    }
    if (in->zstd)
        unpacker_zstd.close(in->zstd);
    return ok;
}
