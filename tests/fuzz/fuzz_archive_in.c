/* Any bytes as the file of a backup: what is put back lies inside, after all of it was verified. */
#include "core/base/file.h"
#include "grader/backup/archive.h"
#include "grader/backup/backup.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_MOST 65536 /* of one block of Zstandard */

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void put(int fd, const void *bytes, size_t len)
{
    if (write(fd, bytes, len) != (ssize_t)len)
        abort();
}

/* Zstandard that stores: so that changed bytes reach the reader of the tar. */
static void put_stored(int fd, const unsigned char *data, size_t size)
{
    static const unsigned char head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38 };
    put(fd, head, sizeof head);
    for (bool last = false; !last;) {
        size_t len = size < RAW_MOST ? size : RAW_MOST;
        last = len == size;
        unsigned word = (unsigned)(len << 3) | last;
        unsigned char block[3] = { word & 255, (word >> 8) & 255, (word >> 16) & 255 };
        put(fd, block, sizeof block);
        put(fd, data, len);
        data += len;
        size -= len;
    }
}

static bool is_empty(const char *outer)
{
    char path[64];
    snprintf(path, sizeof path, "%s/into", outer);
    struct dirent **names;
    int count = scandir(path, &names, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(names[i]);
    if (count >= 0)
        free(names);
    return count == 2; /* . and .. */
}

/* Reads a third of each member: the walk has to find the next one all the same. */
static bool take(void *at, const struct archive_member *member, struct archive_in *in,
                 struct fault *why)
{
    (void)at;
    char some[7];
    struct str path = str_of(member->path);
    if (!archive_path_check(member->path) || path.at[0] == '/' || member->bytes < 0)
        abort();
    for (struct str rest = path, part; str_cut(&rest, '/', &part);)
        if (str_is(part, ".."))
            abort();
    for (int64_t left = member->bytes / 3; left > 0;) {
        size_t got = archive_read(in, some, sizeof some, why);
        if (got == SIZE_MAX)
            return false;
        left -= (int64_t)got;
    }
    return true;
}

static void walk(int fd)
{
    struct fault why = { 0 };
    struct archive_taking taking = { .take = take };
    if (!archive_walk(fd, &taking, &why) && !why.text[0])
        abort();
}

/* The first byte says whether the rest is a tar or is packed already. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char outer[] = "/tmp/fuzz-archive-in-XXXXXX";
    struct fault why = { 0 };
    struct stat info;
    if (size == 0)
        return 0;
    int fd = memfd_create("backup", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    if (data[0] & 1)
        put_stored(fd, data + 1, size - 1);
    else
        put(fd, data + 1, size - 1);
    if (archive_is_locked(fd)) { /* its pieces are vouched for, and its key takes long */
        close(fd);
        return 0;
    }
    walk(fd);
    if (!mkdtemp(outer))
        abort();
    int dir = open(outer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || !dir_make(dir, "into", 0755, &why))
        abort();
    int into = dir_open(dir, "into", &why);
    struct restore restore = { .from = fd, .to = into };
    bool put_back = backup_restore(&restore, &why);
    if (!put_back && !why.text[0])
        abort();
    if (restore.files == 0 && !is_empty(outer)) /* nothing was vouched for */
        abort();
    if (fstat(dir, &info) != 0 || info.st_nlink != 3) /* nothing but `into` beside it */
        abort();
    close(into);
    close(fd);
    close(dir);
    dir_remove(AT_FDCWD, outer, &why);
    return 0;
}
