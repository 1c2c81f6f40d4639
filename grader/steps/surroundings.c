/* The build's own id, and the digest of the host's packages, kept while their list stays so. */
#include "grader/steps/surroundings.h"
#include "core/base/file.h"
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <sys/stat.h>

#define PACKAGES "/var/lib/dpkg/status"
#define KEPT "cache/packages"
#define KEPT_BYTES_MOST 256
#define ID_BYTES_MOST 10

/* The note of one program header; true: found. */
static bool note_take(const char *at, size_t bytes, char *out)
{
    while (bytes >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)at;
        size_t name = (note->n_namesz + 3u) & ~3u, content = (note->n_descsz + 3u) & ~3u;
        size_t whole = sizeof *note + name + content;
        if (whole > bytes)
            return false;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4) {
            const unsigned char *id = (const unsigned char *)at + sizeof *note + name;
            for (size_t i = 0; i < note->n_descsz && i < ID_BYTES_MOST; i++)
                snprintf(out + 2 * i, 3, "%02x", id[i]);
            return true;
        }
        at += whole;
        bytes -= whole;
    }
    return false;
}

/* The program itself comes first. */
static int first_object(struct dl_phdr_info *info, size_t size, void *out)
{
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE &&
            note_take((const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                      info->dlpi_phdr[i].p_memsz, out))
            break;
    return 1;
}

void surroundings_build(char out[BUILD_TEXT])
{
    char id[2 * ID_BYTES_MOST + 1] = "";
    dl_iterate_phdr(first_object, id);
    snprintf(out, BUILD_TEXT, "%.30s%s%s", HOLDOUT_VERSION, id[0] ? " " : "", id);
}

/* Which content it was: another one has another of these. */
static void stamp_print(const struct stat *st, const char *build, char *out, size_t room)
{
    snprintf(out, room, "%llu %lld %lld.%09ld %s ", (unsigned long long)st->st_ino,
             (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, build);
}

static bool kept_find(struct arena *arena, int state, struct str stamp, char sha256[SHA256_HEX])
{
    struct str kept;
    struct fault ignored = { 0 };
    if (!file_exists(state, KEPT) ||
        !file_load(arena, state, KEPT, KEPT_BYTES_MOST, &kept, &ignored) ||
        !str_starts(kept, stamp) || !sha256_is_hex(str_from(kept, stamp.len)))
        return false;
    memcpy(sha256, str_from(kept, stamp.len).at, SHA256_HEX);
    return true;
}

bool surroundings_host(int state, char sha256[SHA256_HEX], struct fault *why)
{
    char build[BUILD_TEXT], stamp[160], packages[SHA256_HEX];
    struct stat st;
    scoped_arena arena = arena_open(NULL);
    sha256[0] = 0;
    scoped(fd) int fd = open(PACKAGES, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return true;
    surroundings_build(build);
    stamp_print(&st, build, stamp, sizeof stamp);
    if (kept_find(arena, state, str_of(stamp), sha256))
        return true;
    if (!sha256_file(fd, packages, NULL, why))
        return false;
    sha256_of(str_of(arena_print(arena, "host\n%s\n%s\n", build, packages)), sha256);
    struct fault ignored = { 0 }; /* then it is hashed again */
    file_save(state, KEPT, str_of(arena_print(arena, "%s%s", stamp, sha256)), 0600, &ignored);
    return true;
}
