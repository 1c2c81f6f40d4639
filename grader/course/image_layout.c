/* OCI image layouts: index, manifest, configuration, layers, each blob held to its descriptor. */
#include "core/base/file.h"
#include "grader/course/image_parts.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NESTED_MOST 4                      /* indexes in indexes */
#define NAMED_MOST 2000                    /* manifests named in all of them, */
#define MANIFESTS_MOST 64                  /* and of these for this machine */
#define MANIFEST_BYTES ((size_t)512 << 10) /* of one, or of an index */
#define CONFIG_BYTES ((size_t)4 << 20)
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const index_types[] = {
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
};
static const char *const manifest_types[] = {
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
};
static const char *const config_types[] = {
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
};
/* How it is packed is told by its bytes. */
static const char *const layer_types[] = {
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
};

static bool is_of(struct str type, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(type, types[i]))
            return true;
    return false;
}
#define IS_OF(type, types) is_of((type), (types), COUNT(types))

/* ---- blobs ---- */

struct blob {
    char hex[SHA256_HEX];
    char path[96];
    int64_t size;
};

static bool descriptor_read(const struct json *from, struct blob *out, struct fault *why)
{
    out->size = json_get_int(from, "size", -1);
    if (!image_digest_hex(json_get_text(from, "digest", ""), out->hex, why))
        return fault_within(why, "a descriptor");
    snprintf(out->path, sizeof out->path, "blobs/sha256/%s", out->hex);
    return out->size >= 0 ||
           fault_set(why, BLAME_OPEN, "the descriptor of %.19s… has no size", out->hex);
}

static bool blob_holds(const struct blob *blob, const char *hex, uint64_t size, struct fault *why)
{
    if ((int64_t)size != blob->size)
        return fault_set(why, BLAME_OPEN, "%.80s has %lld bytes, its descriptor says %lld",
                         blob->path, (long long)size, (long long)blob->size);
    return strcmp(hex, blob->hex) == 0 ||
           fault_set(why, BLAME_OPEN, "%.80s is damaged: it has another digest", blob->path);
}

static bool blob_json(struct arena *arena, int dir, const struct blob *blob, size_t most,
                      const struct json **out, struct fault *why)
{
    struct image_text text = { .path = blob->path, .most = most };
    char hex[SHA256_HEX];
    if (!image_json(arena, dir, &text, out, why))
        return false;
    sha256_of(text.bytes, hex);
    return blob_holds(blob, hex, text.bytes.len, why);
}

/* A plain layer is hashed when it is read: then its digest is the one of its content. */
static bool layer_blob_check(int dir, const struct blob *blob, const char *diff_id,
                             struct fault *why)
{
    char hex[SHA256_HEX];
    uint64_t size;
    struct stat info;
    scoped(fd) int fd = image_open(dir, blob->path, why);
    if (fd < 0)
        return false;
    if (strcmp(blob->hex, diff_id) == 0 && fstat(fd, &info) == 0)
        return blob_holds(blob, diff_id, (uint64_t)info.st_size, why);
    return sha256_file(fd, hex, &size, why) && blob_holds(blob, hex, size, why);
}

/* ---- the manifest ---- */

static bool layers_take(struct arena *arena, const struct json *list, struct blob *blobs,
                        struct image *out, struct fault *why)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct json *one = &list->members[i];
        struct str type = json_get_text(one, "mediaType", "");
        if (!IS_OF(type, layer_types))
            return fault_set(why, BLAME_OPEN, "has a layer of type \"%.80s\", which is not known",
                             type.at);
        if (!descriptor_read(one, &blobs[i], why))
            return false;
        out->layers[out->layer_count++].path = str_zero(arena, str_of(blobs[i].path));
    }
    return true;
}

static bool manifest_read(struct arena *arena, int dir, const struct json *manifest,
                          struct image *out, struct fault *why)
{
    struct blob about;
    const struct json *config, *list = json_get(manifest, "layers");
    const struct json *descriptor = json_get(manifest, "config");
    struct str type = json_get_text(descriptor, "mediaType", "");
    if (!IS_OF(type, config_types))
        return fault_set(why, BLAME_OPEN, "is no image of programs: its configuration is \"%.80s\"",
                         type.at);
    if (!list || list->kind != JSON_LIST || list->count > IMAGE_LAYERS_MOST)
        return fault_set(why, BLAME_OPEN, "has no list of at most %d layers", IMAGE_LAYERS_MOST);
    struct blob *blobs = arena_array(arena, struct blob, list->count + 1);
    out->layers = arena_array(arena, struct image_layer, list->count + 1);
    if (!layers_take(arena, list, blobs, out, why) || !descriptor_read(descriptor, &about, why) ||
        !blob_json(arena, dir, &about, CONFIG_BYTES, &config, why) ||
        !image_config(arena, config, out, why))
        return false;
    memcpy(out->id, about.hex, sizeof out->id);
    for (size_t i = 0; i < out->layer_count; i++)
        if (!layer_blob_check(dir, &blobs[i], out->layers[i].diff_id, why))
            return false;
    return true;
}

/* ---- the index ---- */

struct choosing {
    struct arena *arena;
    int dir;
    size_t named, opened, count;
    struct candidate {
        const struct json *manifest;
        char hex[SHA256_HEX];
        const char *reference;
        bool plain; /* for every machine of the architecture */
    } found[MANIFESTS_MOST];
    struct text others; /* platforms that are not ours */
};

static const char *reference_of(const struct json *descriptor)
{
    const struct json *notes = json_get(descriptor, "annotations");
    struct str name = json_get_text(notes, "io.containerd.image.name", "");
    return (name.len ? name : json_get_text(notes, "org.opencontainers.image.ref.name", "")).at;
}

static bool is_ours(struct choosing *to, const struct json *platform)
{
    struct str system = json_get_text(platform, "os", "linux");
    struct str machine = json_get_text(platform, "architecture", image_architecture());
    if (str_is(system, "linux") && str_is(machine, image_architecture()))
        return true;
    if (to->others.len < 100 && !str_is(machine, "unknown"))
        text_print(&to->others, "%s%.20s/%.20s", to->others.len ? ", " : "", system.at, machine.at);
    return false;
}

static void candidate_add(struct choosing *to, const struct json *descriptor,
                          const struct blob *blob, const struct json *manifest,
                          const char *reference)
{
    struct str variant = json_get_text(json_get(descriptor, "platform"), "variant", "");
    for (size_t i = 0; i < to->count; i++)
        if (strcmp(to->found[i].hex, blob->hex) == 0)
            return;
    struct candidate *one = &to->found[to->count++];
    *one = (struct candidate){ .manifest = manifest,
                               .reference = reference,
                               .plain = variant.len == 0 || str_is(variant, "v1") ||
                                        str_is(variant, "v8") };
    memcpy(one->hex, blob->hex, sizeof one->hex);
}

static bool index_walk(struct choosing *to, const struct json *index, const char *reference,
                       int depth, struct fault *why);

static bool descriptor_walk(struct choosing *to, const struct json *one, const char *reference,
                            int depth, struct fault *why)
{
    struct blob blob;
    const struct json *inner;
    struct str type = json_get_text(one, "mediaType", "");
    struct str note = json_get_text(json_get(one, "annotations"), "vnd.docker.reference.type", "");
    bool index = IS_OF(type, index_types);
    if (++to->named > NAMED_MOST)
        return fault_set(why, BLAME_OPEN, "names more than %d manifests", NAMED_MOST);
    if ((!index && !IS_OF(type, manifest_types)) || str_is(note, "attestation-manifest") ||
        !is_ours(to, json_get(one, "platform")))
        return true;
    if (reference_of(one)[0])
        reference = reference_of(one);
    if (++to->opened > MANIFESTS_MOST)
        return fault_set(why, BLAME_OPEN, "has more than %d manifests for linux/%s", MANIFESTS_MOST,
                         image_architecture());
    if (!descriptor_read(one, &blob, why) ||
        !blob_json(to->arena, to->dir, &blob, MANIFEST_BYTES, &inner, why))
        return false;
    if (index)
        return index_walk(to, inner, reference, depth + 1, why);
    candidate_add(to, one, &blob, inner, reference);
    return true;
}

static bool index_walk(struct choosing *to, const struct json *index, const char *reference,
                       int depth, struct fault *why)
{
    const struct json *list = json_get(index, "manifests");
    if (depth > NESTED_MOST)
        return fault_set(why, BLAME_OPEN, "has indexes nested more than %d deep", NESTED_MOST);
    if (!list || list->kind != JSON_LIST)
        return fault_set(why, BLAME_OPEN, "has an index without manifests");
    for (size_t i = 0; i < list->count; i++)
        if (!descriptor_walk(to, &list->members[i], reference, depth, why))
            return false;
    return true;
}

/* The only one, or the only one that is for every machine of the architecture. */
static const struct candidate *choose(const struct choosing *from, struct fault *why)
{
    const struct candidate *plain = NULL;
    size_t plain_count = 0;
    for (size_t i = 0; i < from->count; i++)
        if (from->found[i].plain) {
            plain = &from->found[i];
            plain_count++;
        }
    if (plain_count == 1)
        return plain;
    if (from->count == 1)
        return &from->found[0];
    if (from->count == 0)
        fault_set(why, BLAME_OPEN, "holds no image for linux/%s%s%.120s", image_architecture(),
                  from->others.len ? ", only for " : "", from->others.len ? from->others.at : "");
    else
        fault_set(why, BLAME_OPEN,
                  "holds %zu images for this machine (%.60s, %.60s …): save one alone", from->count,
                  from->found[0].reference[0] ? from->found[0].reference : "no name",
                  from->found[1].reference[0] ? from->found[1].reference : "no name");
    return NULL;
}

bool image_layout_read(struct arena *arena, int dir, struct image *out, struct fault *why)
{
    struct image_text text = { .path = "index.json", .most = MANIFEST_BYTES };
    const struct json *index;
    struct choosing *choosing = arena_new(arena, struct choosing);
    choosing->arena = choosing->others.arena = arena;
    choosing->dir = dir;
    if (!image_json(arena, dir, &text, &index, why) || !index_walk(choosing, index, "", 0, why))
        return false;
    const struct candidate *one = choose(choosing, why);
    if (!one)
        return false;
    out->reference = one->reference;
    return manifest_read(arena, dir, one->manifest, out, why);
}
