/*
 * Announcing: what the outbox holds (grader/store/outbox.h) is written out as the course is now and
 * sent to forges and webhooks, by a thread of its own, so that a slow or dead server delays no
 * grading. The sending itself is a process of its own (grader/outbound/send.h).
 */
#pragma once

#include "grader/grader.h"
#include "grader/store/outbox.h"

/* From now on the store's outbox is filled with what this course wants announced. */
bool announce_begin(const struct loaded *loaded, struct store *store, struct fault *why);

/*
 * The row written out: where it goes and the document. False: nobody is to be told, as of a
 * repository whose host is no known forge, of a hidden board, of a commit that has a newer run.
 * about: of its run; NULL for a board.
 */
bool announce_write(struct arena *arena, const struct course *course, const struct outbox_raw *raw,
                    const struct outbox_about *about, struct outbox_written *out);

/* Which forge a status's target is, "HOST" or "HOST:PORT"; false: none that is known. */
struct announce_forge {
    int kind;        /* enum forge_kind */
    struct str host; /* of secrets/grader/HOST */
    struct str api;
};
bool announce_forge_find(struct arena *arena, const struct course *course, struct str target,
                         struct announce_forge *out);

/* Sends rows[count], all of one target, and notes how that went. */
struct announcing {
    struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
};
bool announce_send(const struct announcing *announcing, struct arena *arena,
                   const struct outbox_row *rows, size_t count, struct fault *why);
