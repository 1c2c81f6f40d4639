/*
 * Any bytes as a container image: what is unpacked lies inside, or there is a fault. The first byte
 * says what they are: an archive of a layout; layers that the layout around them vouches for; or
 * the JSON of an OCI layout, in which #0 to #9 stand for the digests of the parts. Parts: two bytes
 * of length in front of each.
 */
#include "core/base/file.h"
#include "grader/course/environment_parts.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS_MOST 10

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct parts {
    struct str at[PARTS_MOST];
    char hex[PARTS_MOST][SHA256_HEX];
    size_t count;
};

static void parts_cut(struct str bytes, struct parts *out)
{
    out->count = 0;
    while (bytes.len >= 2 && out->count < PARTS_MOST) {
        size_t len = (size_t)(unsigned char)bytes.at[0] | (size_t)(unsigned char)bytes.at[1] << 8;
        bytes = str_from(bytes, 2);
        struct str part = str_until(bytes, len);
        sha256_of(part, out->hex[out->count]);
        out->at[out->count++] = part;
        bytes = str_from(bytes, part.len);
    }
}

static void save(int dir, const char *path, struct str bytes)
{
    struct fault why = { 0 };
    if (!file_save(dir, path, bytes, 0644, &why))
        abort();
}

static void archive_lay(int layout, struct str bytes)
{
    struct fault why = { 0 };
    int fd = memfd_create("archive", MFD_CLOEXEC);
    if (fd < 0 || !fd_write(fd, bytes, &why) || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    if (!environment_unpack(fd, layout, &why) && !why.text[0])
        abort();
    close(fd);
}

static void layers_lay(struct arena *arena, int layout, struct str bytes)
{
    struct parts parts;
    struct text ids = { .arena = arena }, names = { .arena = arena };
    parts_cut(bytes, &parts);
    for (size_t i = 0; i < parts.count; i++) {
        save(layout, arena_print(arena, "l%zu", i), parts.at[i]);
        text_print(&ids, "%s\"sha256:%s\"", i ? "," : "", parts.hex[i]);
        text_print(&names, "%s\"l%zu\"", i ? "," : "", i);
    }
    save(layout, "c",
         str_of(arena_print(arena, "{\"architecture\":\"%s\",\"rootfs\":{\"diff_ids\":[%s]}}",
                            sizeof(void *) == 8 ? "amd64" : "", ids.at ? ids.at : "")));
    save(layout, "manifest.json",
         str_of(
             arena_print(arena, "[{\"Config\":\"c\",\"Layers\":[%s]}]", names.at ? names.at : "")));
}

static struct str named(struct arena *arena, struct str text, const struct parts *parts)
{
    struct text out = { .arena = arena };
    for (size_t i = 0; i < text.len; i++) {
        size_t which = i + 1 < text.len ? (size_t)(unsigned char)text.at[i + 1] - '0' : PARTS_MOST;
        if (text.at[i] == '#' && which < parts->count) {
            text_print(&out, "sha256:%s", parts->hex[which]);
            i++;
        } else {
            text_char(&out, text.at[i]);
        }
    }
    return text_str(&out);
}

/* Each part may name those before it; the last one is the index. */
static void layout_lay(struct arena *arena, int layout, struct str bytes)
{
    struct parts parts;
    struct fault why = { 0 };
    parts_cut(bytes, &parts);
    dir_make(layout, "blobs/sha256", 0755, &why);
    save(layout, "oci-layout", S("{}"));
    for (size_t i = 0; i < parts.count; i++) {
        struct str text = named(arena, parts.at[i], &parts);
        sha256_of(text, parts.hex[i]);
        save(layout, arena_print(arena, "blobs/sha256/%s", parts.hex[i]), text);
        save(layout, "index.json", text);
    }
}

static void run(struct arena *arena, int outer, unsigned char kind, struct str bytes)
{
    struct fault why = { 0 };
    struct environment_image image;
    if (!dir_make(outer, "layout", 0755, &why) || !dir_make(outer, "into", 0755, &why))
        abort();
    scoped(fd) int layout = dir_open(outer, "layout", &why);
    scoped(fd) int into = dir_open(outer, "into", &why);
    if (kind % 3 == 0)
        archive_lay(layout, bytes);
    else if (kind % 3 == 1)
        layers_lay(arena, layout, bytes);
    else
        layout_lay(arena, layout, bytes);
    if (image_is(layout) && !environment_image_unpack(arena, layout, into, &image, &why) &&
        !why.text[0])
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char place[] = "/tmp/fuzz-image-XXXXXX";
    struct fault why = { 0 };
    struct stat info;
    if (size == 0)
        return 0;
    if (!mkdtemp(place))
        abort();
    scoped_arena arena = arena_open(NULL);
    int outer = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (outer < 0)
        abort();
    save(outer, "canary", S("canary"));
    run(arena, outer, data[0], (struct str){ (const char *)data + 1, size - 1 });
    /* nothing but the two beside it, which nobody removed or wrote to */
    if (fstat(outer, &info) != 0 || info.st_nlink != 4 ||
        fstatat(outer, "canary", &info, AT_SYMLINK_NOFOLLOW) != 0 || info.st_size != 6 ||
        info.st_nlink != 1)
        abort();
    close(outer);
    if (!dir_remove(AT_FDCWD, place, &why))
        abort();
    return 0;
}
