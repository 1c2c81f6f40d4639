/*
 * Tar archives (ustar, GNU and pax), as they are or packed with gzip or Zstandard, told by their
 * bytes; read once, front to back. The bytes are foreign: checksums, numbers, lengths and records
 * are looked at, and what becomes more than 64 MiB and 200 times its packed size is refused.
 */
#pragma once

#include "core/base/digest.h"
#include <sys/types.h>

#define TAR_NAME_MOST 4096
#define TAR_BYTES_MOST (64LL << 30) /* of an entry, and of all that a packed archive becomes */

struct tar;

struct tar_entry {
    char name[TAR_NAME_MOST], target[TAR_NAME_MOST]; /* as they stand there */
    char type;    /* '0' a file (also '7' and 0), '1' hard link, '2' link, '5' directory, others */
    mode_t mode;  /* at most 0777 */
    int64_t size; /* of its content; hard links, links and directories have none */
    int64_t mtime_s; /* 0 and more */
};

/* From the descriptor's offset on; the descriptor stays the caller's. BLAME_OPEN. */
struct tar *tar_open(int fd, struct fault *why);
void tar_close(struct tar *tar); /* NULL is fine */

enum tar_step {
    TAR_FAULT,
    TAR_ENTRY,
    TAR_END, /* its mark was read */
    TAR_CUT, /* the bytes ended where an entry could begin: no mark */
};
/* The next entry; what was not taken of the one before is passed over. */
enum tar_step tar_next(struct tar *tar, struct tar_entry *out, struct fault *why);

/* The content of the entry that tar_next gave, written to the file; once. */
bool tar_content(struct tar *tar, int file, struct fault *why);

/*
 * The SHA-256 of all unpacked bytes, read to their end, for an archive of which tar_hash was asked
 * before the first tar_next.
 */
void tar_hash(struct tar *tar);
bool tar_digest(struct tar *tar, char hex[SHA256_HEX], struct fault *why);
