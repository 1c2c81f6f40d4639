/* The inside of unpacking environments, in its parts. */
#pragma once

#include "grader/course/environment.h"
#include "grader/course/image.h"
#include "grader/course/tar.h"

/* ---- environment_unpack.c: entries of an archive, written beneath one directory ---- */

struct unpacking {
    int into;
    bool layered; /* names may go through links: these are followed as if `into` were the root */
    int64_t files, bytes;
};

/*
 * "./usr//bin/" -> "usr/bin"; "" is the directory itself. False: it would leave, or is longer or
 * deeper than allowed.
 */
bool unpacking_name(char *name, struct fault *why);
/*
 * The directory that the name lies in; *last is what comes behind it. make: where it is missing.
 * -1 and errno; ENAMETOOLONG also for too deep.
 */
int unpacking_parent(const struct unpacking *work, char *name, bool make, const char **last);
/* Any entry: written, or passed over (devices, pipes). */
bool unpacking_write(struct unpacking *work, struct tar *tar, struct tar_entry *entry,
                     struct fault *why);

/* ---- environment_layer.c: one layer of an image over those before it ---- */

bool layer_unpack(struct unpacking *work, int layout, const struct image_layer *layer,
                  struct fault *why);

/* ---- environment_image.c: an image, and what is kept of it beside its files ---- */

/* All layers of the image in the directory `layout`, into an empty directory. */
bool environment_image_unpack(struct arena *arena, int layout, int into,
                              struct environment_image *out, struct fault *why);
/* state/NAME, JSON. */
bool environment_image_save(int state, const char *name, const struct environment_image *image,
                            struct fault *why);
bool environment_image_load(struct arena *arena, int state, const char *name,
                            struct environment_image *out, struct fault *why);
