/* Container images in a directory: from the index, or docker's manifest, to the layers. */
#include "grader/course/image.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/image_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JSON_MOST ((size_t)4 << 20)
#define ENV_BYTES_MOST 32768

bool image_is(int dir)
{
    if (file_exists(dir, "usr") || file_exists(dir, "bin"))
        return false;
    return (file_exists(dir, "oci-layout") && file_exists(dir, "index.json")) ||
           file_exists(dir, "manifest.json");
}

/* ---- files of the layout ---- */

int image_open(int dir, const char *path, struct fault *why)
{
    struct stat info;
    const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                                  .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd < 0 && errno == ENOENT)
        fault_set(why, BLAME_OPEN, "%.150s is not there: was the image saved whole?", path);
    else if (fd < 0 && errno == EXDEV)
        fault_set(why, BLAME_OPEN, "%.150s leads out of the image", path);
    else if (fd < 0)
        fault_errno(why, "%.150s", path);
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return fd;
    if (fd >= 0) {
        fault_set(why, BLAME_OPEN, "%.150s is no file", path);
        close(fd);
    }
    return -1;
}

bool image_json(struct arena *arena, int dir, struct image_text *text, const struct json **out,
                struct fault *why)
{
    scoped(fd) int fd = image_open(dir, text->path, why);
    return fd >= 0 && ((fd_load(arena, fd, text->most, &text->bytes, why) &&
                        json_parse(arena, text->bytes, out, why)) ||
                       fault_within(why, "%.100s", text->path));
}

bool image_digest_hex(struct str digest, char hex[SHA256_HEX], struct fault *why)
{
    struct str rest = str_from(digest, strlen("sha256:"));
    if (!str_starts(digest, S("sha256:")) || !sha256_is_hex(rest))
        return fault_set(why, BLAME_OPEN, "\"%.90s\" is no SHA-256 digest", digest.at);
    memcpy(hex, rest.at, SHA256_HEX - 1);
    hex[SHA256_HEX - 1] = 0;
    return true;
}

bool image_key(int dir, char hex[SHA256_HEX], struct fault *why)
{
    const char *name = file_exists(dir, "oci-layout") ? "index.json" : "manifest.json";
    scoped(fd) int fd = image_open(dir, name, why);
    return fd >= 0 && sha256_file(fd, hex, NULL, why);
}

/* ---- configuration ---- */

const char *image_architecture(void)
{
#if defined __x86_64__
    return "amd64";
#elif defined __aarch64__
    return "arm64";
#else
    return "of another kind";
#endif
}

static bool env_is_fine(struct str pair)
{
    size_t equals;
    if (!str_find(pair, '=', &equals) || equals == 0 || pair.len > ENV_BYTES_MOST)
        return false;
    for (size_t i = 0; i < pair.len; i++) {
        char c = pair.at[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                    (i > 0 && c >= '0' && c <= '9');
        if (i < equals ? !word : c == 0)
            return false;
    }
    return str_is_utf8(pair);
}

static bool env_take(struct arena *arena, const struct json *list, struct image *out,
                     struct fault *why)
{
    size_t count = list && list->kind == JSON_LIST ? list->count : 0;
    if (count > IMAGE_ENV_MOST)
        return fault_set(why, BLAME_OPEN, "its Env has more than %d variables", IMAGE_ENV_MOST);
    out->env = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str pair = list->members[i].text;
        if (list->members[i].kind != JSON_TEXT || !env_is_fine(pair))
            return fault_set(why, BLAME_OPEN, "its Env has \"%.60s\", which is no NAME=value",
                             pair.at ? pair.at : "");
        out->env[out->env_count++] = str_zero(arena, pair);
    }
    return true;
}

static bool diff_ids_take(const struct json *config, struct image *out, struct fault *why)
{
    const struct json *ids = json_get(json_get(config, "rootfs"), "diff_ids");
    if (!ids || ids->kind != JSON_LIST || ids->count != out->layer_count)
        return fault_set(why, BLAME_OPEN, "has %zu layers, but its configuration tells of %zu",
                         out->layer_count, ids && ids->kind == JSON_LIST ? ids->count : 0);
    for (size_t i = 0; i < ids->count; i++)
        if (!image_digest_hex(ids->members[i].text, out->layers[i].diff_id, why))
            return fault_within(why, "diff_ids");
    return true;
}

bool image_config(struct arena *arena, const struct json *config, struct image *out,
                  struct fault *why)
{
    struct str system = json_get_text(config, "os", "linux");
    struct str machine = json_get_text(config, "architecture", "");
    if (!str_is(system, "linux") || !str_is(machine, image_architecture()))
        return fault_set(why, BLAME_OPEN,
                         "is for %.30s/%.30s, this machine is linux/%s: save that one, as with "
                         "docker pull --platform linux/%s NAME; docker save NAME",
                         system.at, machine.at, image_architecture(), image_architecture());
    return diff_ids_take(config, out, why) &&
           env_take(arena, json_get(json_get(config, "config"), "Env"), out, why);
}

/* ---- what docker save wrote before it wrote layouts, and podman still does ---- */

/* "blobs/sha256/HEX" or "HEX.json" names its own digest: it is held to it. */
static bool name_holds(const struct image_text *text, char hex[SHA256_HEX], struct fault *why)
{
    const char *slash = strrchr(text->path, '/');
    struct str name = str_until(str_of(slash ? slash + 1 : text->path), SHA256_HEX - 1);
    sha256_of(text->bytes, hex);
    return !sha256_is_hex(name) || memcmp(name.at, hex, name.len) == 0 ||
           fault_set(why, BLAME_OPEN, "%.100s is damaged: it has another digest", text->path);
}

static bool docker_one(struct arena *arena, int dir, const struct json *one, struct image *out,
                       struct fault *why)
{
    struct image_text text = { .path = json_get_text(one, "Config", "").at, .most = JSON_MOST };
    const struct json *config, *layers = json_get(one, "Layers"), *tags = json_get(one, "RepoTags");
    if (!text.path[0] || !layers || layers->kind != JSON_LIST || layers->count > IMAGE_LAYERS_MOST)
        return fault_set(why, BLAME_OPEN, "manifest.json names no Config, or not 1 to %d Layers",
                         IMAGE_LAYERS_MOST);
    out->reference =
        tags && tags->kind == JSON_LIST && tags->count && tags->members[0].kind == JSON_TEXT
            ? tags->members[0].text.at
            : "";
    out->layers = arena_array(arena, struct image_layer, layers->count + 1);
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->members[i].kind != JSON_TEXT)
            return fault_set(why, BLAME_OPEN, "manifest.json has a layer without a name");
        out->layers[out->layer_count++].path = layers->members[i].text.at;
    }
    return image_json(arena, dir, &text, &config, why) && name_holds(&text, out->id, why) &&
           image_config(arena, config, out, why);
}

static bool docker_read(struct arena *arena, int dir, struct image *out, struct fault *why)
{
    struct image_text text = { .path = "manifest.json", .most = JSON_MOST };
    const struct json *list;
    if (!image_json(arena, dir, &text, &list, why))
        return false;
    if (list->kind != JSON_LIST || list->count == 0)
        return fault_set(why, BLAME_OPEN, "manifest.json is no list of images");
    if (list->count > 1)
        return fault_set(why, BLAME_OPEN, "holds %zu images: save one alone, docker save NAME",
                         list->count);
    return docker_one(arena, dir, &list->members[0], out, why);
}

bool image_read(struct arena *arena, int dir, struct image *out, struct fault *why)
{
    *out = (struct image){ .reference = "" };
    return file_exists(dir, "oci-layout") ? image_layout_read(arena, dir, out, why)
                                          : docker_read(arena, dir, out, why);
}
