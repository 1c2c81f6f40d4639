/* The embedded files: digests for their names, and the style sheet's addresses of the fonts. */
#include "web/assets.h"
#include "core/base/digest.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define EMBEDDED(name) extern const char asset_##name[], asset_##name##_end[];
EMBEDDED(css)
EMBEDDED(js)
EMBEDDED(icon)
EMBEDDED(font)
EMBEDDED(font_ext)
#undef EMBEDDED

static const struct source {
    const char *stem;
    const char *suffix;
    const char *type;
    const char *at;
    const char *end;
} sources[ASSET_COUNT] = {
    [ASSET_CSS] = { "app", "css", "text/css; charset=utf-8", asset_css, asset_css_end },
    [ASSET_JS] = { "app", "js", "text/javascript; charset=utf-8", asset_js, asset_js_end },
    [ASSET_ICON] = { "icon", "svg", "image/svg+xml", asset_icon, asset_icon_end },
    [ASSET_FONT] = { "inter", "woff2", "font/woff2", asset_font, asset_font_end },
    [ASSET_FONT_EXT] = { "inter-ext", "woff2", "font/woff2", asset_font_ext, asset_font_ext_end },
    [ASSET_FAVICON] = { NULL, NULL, "image/svg+xml", asset_icon, asset_icon_end },
};

static struct asset assets[ASSET_COUNT]; /* filled once, then only read */
static struct arena *assets_arena;       /* lives as long as the program */

static void fill(enum asset_id id, struct str bytes)
{
    const struct source *source = &sources[id];
    struct asset *asset = &assets[id];
    char hex[SHA256_HEX];
    sha256_of(bytes, hex);
    asset->bytes = bytes;
    asset->type = source->type;
    asset->hashed = source->stem != NULL;
    if (source->stem)
        snprintf(asset->path, sizeof asset->path, "/static/%s.%.8s.%s", source->stem, hex,
                 source->suffix);
    else
        snprintf(asset->path, sizeof asset->path, "/favicon.ico");
    snprintf(asset->etag, sizeof asset->etag, "\"%.16s\"", hex);
}

static struct str bytes_of(enum asset_id id)
{
    return (struct str){ sources[id].at, (size_t)(sources[id].end - sources[id].at) };
}

/* url(inter) and url(inter-ext) in the style sheet stand for the fonts. */
static struct str with_fonts(struct str css)
{
    struct text out = { .arena = assets_arena };
    while (css.len) {
        const char *url = memmem(css.at, css.len, "url(inter", 9);
        size_t before = url ? (size_t)(url - css.at) : css.len;
        text_add(&out, str_until(css, before));
        css = str_from(css, before);
        if (!url)
            break;
        bool ext = str_starts(css, S("url(inter-ext)"));
        text_print(&out, "url(%s)", assets[ext ? ASSET_FONT_EXT : ASSET_FONT].path);
        css = str_from(css, ext ? 14 : 10);
    }
    return text_str(&out);
}

void assets_open(void)
{
    if (assets_arena)
        return;
    assets_arena = arena_open(NULL);
    for (enum asset_id id = 0; id < ASSET_COUNT; id++)
        if (id != ASSET_CSS)
            fill(id, bytes_of(id));
    fill(ASSET_CSS, with_fonts(bytes_of(ASSET_CSS)));
}

const struct asset *assets_get(enum asset_id id)
{
    assert(id < ASSET_COUNT && assets[id].type);
    return &assets[id];
}

const struct asset *assets_find(struct str path)
{
    for (size_t i = 0; i < ASSET_COUNT; i++)
        if (str_is(path, assets[i].path))
            return &assets[i];
    return NULL;
}
