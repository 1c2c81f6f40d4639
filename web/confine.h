/*
 * Confinement of the process that faces the network, before its first byte: of the whole file
 * system it may open the store files of its courses, for reading, the inboxes of those that take
 * webhooks, for writing, and nothing else; it may neither connect nor listen (Landlock).
 */
#pragma once

#include "core/base/fault.h"
#include <stddef.h>

/* Files of a course that may be read, beneath DIR/state. */
#define CONFINE_FILES                                                                              \
    {                                                                                              \
        "store.db", "store.db-wal", "store.db-shm"                                                 \
    }
#define CONFINE_FILE_COUNT 3
/* Files that may be written as well, where the course takes webhooks. */
#define CONFINE_INBOX                                                                              \
    {                                                                                              \
        "inbox.db", "inbox.db-wal", "inbox.db-shm"                                                 \
    }
#define CONFINE_INBOX_COUNT 3

/*
 * dirs[count]: course directories; appends[count]: is the inbox written (NULL: of none); files that
 * are not there are left out, so that they stay closed.
 * *in_force false: this kernel has no Landlock; nothing was confined. Before the first thread.
 */
bool web_confine(const char *const *dirs, const bool *appends, size_t count, bool *in_force,
                 struct fault *why);
