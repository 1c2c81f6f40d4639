/*
 * A loaded course: what its files said at one moment, with the version that was copied by digest.
 * The grader has one that is current; who works with it holds it, so that a newer one takes its
 * place without anybody waiting: a run keeps to the end the one that it was claimed with.
 */
#pragma once

#include "grader/course/course.h"
#include "grader/course/version.h"
#include "rubrics/rubric.h"

struct loaded {
    struct arena *arena; /* of all that is here; NULL: somebody else's */
    struct course course;
    struct rubric rubric;
    struct version version;
    int holders; /* of loaded.c */
};

/*
 * A version that was taken over by digest, read again: `files` is the list as in version_json.
 * scratch: a directory of ours, in which the course's files are laid out for a moment. The arena of
 * *out is its own.
 */
struct loaded_from {
    const struct artifacts *open, *sealed;
    int scratch;
};
bool loaded_read(const struct loaded_from *from, const struct json *files, struct loaded **out,
                 struct fault *why);
void loaded_free(struct loaded *loaded);

/* Where the current one stands; one a grader. */
struct loaded_place;
struct loaded_place *loaded_place_make(struct loaded *first);
/* When nobody holds any of them. */
void loaded_place_close(struct loaded_place *place);

/* The current one, held until it is given back. Thread-safe. */
const struct loaded *loaded_take(struct loaded_place *place);
void loaded_give(struct loaded_place *place, const struct loaded *loaded);

/* `newer` becomes the current one; the old one is freed when nobody holds it any more. */
void loaded_change(struct loaded_place *place, struct loaded *newer);
