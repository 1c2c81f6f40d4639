/* What writing and reading the file of a backup share. */
#pragma once

#define ARCHIVE_LOCKED "holdout backup, locked\n"
#define ARCHIVE_MANIFEST "manifest.json"
#define ARCHIVE_BLOCK 512
#define ARCHIVE_PIECE 65536
#define ARCHIVE_BYTES_MOST ((int64_t)8 << 30)
