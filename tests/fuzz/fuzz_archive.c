/* Any bytes as an archive of an environment: what is unpacked lies inside, or there is a fault. */
#include "core/base/file.h"
#include "grader/course/environment.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char outer[] = "/tmp/fuzz-archive-XXXXXX";
    struct fault why = { 0 };
    struct stat info;
    if (!mkdtemp(outer))
        abort();
    int dir = open(outer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = memfd_create("archive", MFD_CLOEXEC);
    if (dir < 0 || fd < 0 || !dir_make(dir, "into", 0755, &why) ||
        write(fd, data, size) != (ssize_t)size)
        abort();
    lseek(fd, 0, SEEK_SET);
    int into = dir_open(dir, "into", &why);
    if (!environment_unpack(fd, into, &why) && !why.text[0])
        abort();
    if (fstat(dir, &info) != 0 || info.st_nlink != 3) /* nothing but `into` beside it */
        abort();
    close(into);
    close(fd);
    close(dir);
    dir_remove(AT_FDCWD, outer, &why);
    return 0;
}
