/* The files that pages need, embedded in the program. Names carry a digest, so that they may be
 * kept for ever. */
#pragma once

#include "core/base/str.h"

enum asset_id {
    ASSET_CSS,
    ASSET_JS,
    ASSET_ICON,
    ASSET_FONT,
    ASSET_FONT_EXT,
    ASSET_FAVICON,
    ASSET_COUNT
};

struct asset {
    char path[64];
    const char *type;
    char etag[24];
    bool hashed; /* the path changes with the content */
    struct str bytes;
};

void assets_open(void); /* once, before the first thread */
const struct asset *assets_get(enum asset_id id);
const struct asset *assets_find(struct str path); /* NULL when there is none */
