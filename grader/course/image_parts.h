/* The inside of reading images, in its parts. */
#pragma once

#include "core/base/json.h"
#include "grader/course/image.h"

/* A JSON file of the layout. */
struct image_text {
    const char *path;
    size_t most;
    struct str bytes; /* out: as they stand there */
};
bool image_json(struct arena *arena, int dir, struct image_text *text, const struct json **out,
                struct fault *why);

/* "sha256:HEX" */
bool image_digest_hex(struct str digest, char hex[SHA256_HEX], struct fault *why);

const char *image_architecture(void); /* of this machine, in Go's words */

/* What the configuration says: the machine, the layers' diff_ids, Env. layers has its paths. */
bool image_config(struct arena *arena, const struct json *config, struct image *out,
                  struct fault *why);

/* ---- image_layout.c ---- */

/* By index.json. */
bool image_layout_read(struct arena *arena, int dir, struct image *out, struct fault *why);
