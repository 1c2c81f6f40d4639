/* Writing the file of a backup. */
#include "core/base/file.h"
#include "core/base/pack.h"
#include "grader/backup/archive.h"
#include "grader/backup/archive_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVEL 3
#define READ_BYTES (256 * 1024)

struct archive_out {
    int fd;
    bool locked;
    struct sealing sealing;
    struct packer *packer;
    struct text manifest;
    struct json_out json;
    size_t held; /* bytes of `piece` */
    char piece[ARCHIVE_PIECE];
    unsigned char sealed[ARCHIVE_PIECE + SEALING_EXTRA];
    char buffer[READ_BYTES];
};

static bool piece_write(struct archive_out *out, bool last, struct fault *why)
{
    struct str piece = { out->piece, out->held };
    out->held = 0;
    if (!out->locked)
        return fd_write(out->fd, piece, why);
    sealing_push(&out->sealing, piece, last, out->sealed);
    return fd_write(out->fd, (struct str){ (char *)out->sealed, piece.len + SEALING_EXTRA }, why);
}

static bool bytes_add(struct archive_out *out, struct str bytes, bool end, struct fault *why)
{
    for (bool done = false; !done;) {
        struct packed_room room = { out->piece + out->held, ARCHIVE_PIECE - out->held, 0 };
        if (!packer_step(out->packer, &bytes, end, &room, &done, why))
            return false;
        out->held += room.len;
        if (out->held == ARCHIVE_PIECE && !(end && done) && !piece_write(out, false, why))
            return false;
    }
    return !end || piece_write(out, true, why);
}

struct archive_out *archive_create(struct arena *arena, int fd, struct str passphrase,
                                   struct fault *why)
{
    struct archive_out *out = arena_new(arena, struct archive_out);
    unsigned char head[SEALING_HEAD];
    out->fd = fd;
    out->locked = passphrase.len > 0;
    out->manifest.arena = arena;
    out->json.text = &out->manifest;
    if (out->locked && (!sealing_lock(&out->sealing, passphrase, head, why) ||
                        !fd_write(fd, str_of(ARCHIVE_LOCKED), why) ||
                        !fd_write(fd, (struct str){ (char *)head, sizeof head }, why)))
        return NULL;
    out->packer = packer_open(LEVEL);
    if (!out->packer) {
        fault_set(why, BLAME_SYSTEM, "out of memory");
        return NULL;
    }
    return out;
}

static bool header_add(struct archive_out *out, const char *path, int64_t bytes, struct fault *why)
{
    char block[ARCHIVE_BLOCK] = { 0 };
    unsigned sum = 0;
    if (bytes > ARCHIVE_BYTES_MOST || strlen(path) >= ARCHIVE_PATH_MOST)
        return fault_set(why, BLAME_SYSTEM, "%.80s is too large for a backup", path);
    memcpy(block, path, strlen(path));
    memcpy(block + 100, "0000600", 8);
    memcpy(block + 108, "0000000", 8);
    memcpy(block + 116, "0000000", 8);
    snprintf(block + 124, 12, "%011llo", (unsigned long long)bytes);
    memcpy(block + 136, "00000000000", 12);
    memset(block + 148, ' ', 8);
    block[156] = '0';
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof block; i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    return bytes_add(out, (struct str){ block, sizeof block }, false, why);
}

static bool filling_add(struct archive_out *out, int64_t bytes, struct fault *why)
{
    static const char zeros[ARCHIVE_BLOCK];
    size_t over = (size_t)(bytes % ARCHIVE_BLOCK);
    return over == 0 || bytes_add(out, (struct str){ zeros, ARCHIVE_BLOCK - over }, false, why);
}

static bool content_add(struct archive_out *out, const char *path, int fd, int64_t bytes,
                        struct sha256 *hash, struct fault *why)
{
    for (int64_t at = 0; at < bytes;) {
        size_t want = bytes - at < READ_BYTES ? (size_t)(bytes - at) : READ_BYTES;
        ssize_t got = pread(fd, out->buffer, want, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fault_set(why, BLAME_PASSING, "%s became shorter while it was read", path);
        sha256_add(hash, out->buffer, (size_t)got);
        if (!bytes_add(out, (struct str){ out->buffer, (size_t)got }, false, why))
            return false;
        at += got;
    }
    return filling_add(out, bytes, why);
}

bool archive_put(struct archive_out *out, const char *path, int fd, struct fault *why)
{
    struct stat info;
    struct sha256 hash;
    char hex[SHA256_HEX];
    sha256_start(&hash);
    if (fstat(fd, &info) != 0)
        return fault_errno(why, "%s", path);
    if (!header_add(out, path, info.st_size, why) ||
        !content_add(out, path, fd, info.st_size, &hash, why))
        return false;
    sha256_end(&hash, hex);
    json_open_map(&out->json, NULL);
    json_add_zero(&out->json, "path", path);
    json_add_int(&out->json, "bytes", info.st_size);
    json_add_zero(&out->json, "sha256", hex);
    json_close_map(&out->json);
    return true;
}

bool archive_finish(struct archive_out *out, struct str about, struct fault *why)
{
    static const char end[2 * ARCHIVE_BLOCK];
    struct text text = { .arena = out->manifest.arena };
    text_print(&text, "{\"about\":%.*s,\"files\":[%s]}\n", STR_ARGS(about),
               out->manifest.len ? out->manifest.at : "");
    struct str bytes = text_str(&text);
    return header_add(out, ARCHIVE_MANIFEST, (int64_t)bytes.len, why) &&
           bytes_add(out, bytes, false, why) && filling_add(out, (int64_t)bytes.len, why) &&
           bytes_add(out, (struct str){ end, sizeof end }, true, why);
}

void archive_abandon(struct archive_out *out)
{
    if (out)
        packer_close(out->packer);
}
