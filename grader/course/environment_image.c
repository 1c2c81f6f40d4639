/* Images as environments: unpacked layer by layer, and what is kept of them beside their files. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/environment_parts.h"
#include <string.h>

#define KEPT_BYTES_MOST ((size_t)4 << 20)

/* The files alone do not say what a step meets: its variables count, too. */
static bool digest_make(int root, const struct image *image, char hex[SHA256_HEX],
                        struct fault *why)
{
    char files[SHA256_HEX];
    struct sha256 hash;
    if (!environment_contents(root, files, why))
        return false;
    sha256_start(&hash);
    sha256_add(&hash, files, sizeof files);
    for (size_t i = 0; i < image->env_count; i++)
        sha256_add(&hash, image->env[i], strlen(image->env[i]) + 1);
    sha256_end(&hash, hex);
    return true;
}

bool environment_image_unpack(struct arena *arena, int layout, int into,
                              struct environment_image *out, struct fault *why)
{
    struct image image;
    struct unpacking work = { .into = into, .layered = true };
    if (!image_read(arena, layout, &image, why))
        return false;
    for (size_t i = 0; i < image.layer_count; i++)
        if (!layer_unpack(&work, layout, &image.layers[i], why))
            return fault_within(why, "layer %zu of %zu", i + 1, image.layer_count);
    if (work.files == 0)
        return fault_set(why, BLAME_OPEN, "is an image without files");
    *out = (struct environment_image){ .id = str_zero(arena, str_of(image.id)),
                                       .reference = image.reference,
                                       .env = image.env,
                                       .env_count = image.env_count };
    return digest_make(into, &image, out->digest, why);
}

bool environment_image_save(int state, const char *name, const struct environment_image *image,
                            struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "digest", image->digest);
    json_add_zero(&out, "id", image->id);
    json_add_zero(&out, "reference", image->reference);
    json_open_list(&out, "env");
    for (size_t i = 0; i < image->env_count; i++)
        json_add_zero(&out, NULL, image->env[i]);
    json_close_list(&out);
    json_close_map(&out);
    return file_save(state, name, text_str(&text), 0600, why);
}

bool environment_image_load(struct arena *arena, int state, const char *name,
                            struct environment_image *out, struct fault *why)
{
    struct str bytes;
    const struct json *kept;
    if (!file_load(arena, state, name, KEPT_BYTES_MOST, &bytes, why) ||
        !json_parse(arena, bytes, &kept, why))
        return false;
    struct str digest = json_get_text(kept, "digest", "");
    const struct json *list = json_get(kept, "env");
    if (!sha256_is_hex(digest) || !list || list->count > IMAGE_ENV_MOST)
        return fault_set(why, BLAME_SYSTEM, "%.100s was damaged; remove it", name);
    const char **env = arena_array(arena, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        env[i] = list->members[i].text.at;
    *out = (struct environment_image){ .id = json_get_text(kept, "id", "").at,
                                       .reference = json_get_text(kept, "reference", "").at,
                                       .env = env,
                                       .env_count = list->count };
    memcpy(out->digest, digest.at, SHA256_HEX);
    return true;
}
