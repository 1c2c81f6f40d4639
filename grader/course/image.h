/*
 * Container images as they lie in a directory: an OCI image layout (oci-layout, index.json,
 * blobs/sha256/…) or what `docker save` writes (manifest.json), read far enough to know the layers.
 * All of it is foreign: what is named by a digest has it, or there is a fault; paths lead to
 * regular files beneath the directory alone.
 */
#pragma once

#include "core/base/digest.h"

#define IMAGE_LAYERS_MOST 256
#define IMAGE_ENV_MOST 64

struct image_layer {
    const char *path;         /* beneath the layout */
    char diff_id[SHA256_HEX]; /* of the unpacked archive */
};

struct image {
    char id[SHA256_HEX];   /* of its configuration: what `docker images --no-trunc` shows */
    const char *reference; /* "python:3.11"; "" none stands there */
    struct image_layer *layers;
    size_t layer_count;
    const char **env; /* "NAME=value" */
    size_t env_count;
};

/* Does the directory hold a layout, and not a root (neither usr nor bin)? */
bool image_is(int dir);

/*
 * The digest of the file that names all others: another image has another one. No fault when it
 * lies there as a file.
 */
bool image_key(int dir, char hex[SHA256_HEX], struct fault *why);

/*
 * The one image for this machine's Linux. The blobs of packed layers are hashed: as long as that
 * takes. BLAME_OPEN: what is wrong, and what to do.
 */
bool image_read(struct arena *arena, int dir, struct image *out, struct fault *why);

/* A regular file of the layout, for reading; -1 and a fault. */
int image_open(int dir, const char *path, struct fault *why);
