/*
 * holdout's own files in every box: these and nothing else of the directory that it was built in.
 */
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const tools[] = { "bin/holdout-ml",    "lib/libholdout.a",
                                     "lib/libholdout.so", "lib/libholdout.so.0",
                                     "include/holdout.h", "lib/pkgconfig/holdout.pc" };
#define TOOLS (sizeof tools / sizeof *tools)
_Static_assert(TOOLS <= GRADE_TOOLS_MOST, "room for all tools");

/* PREFIX of PREFIX/bin/holdout. */
static int open_prefix(struct fault *why)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0) {
        fault_errno(why, "/proc/self/exe");
        return -1;
    }
    path[len] = 0;
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (!slash) {
            fault_set(why, BLAME_SYSTEM, "the program did not lie in a bin directory");
            return -1;
        }
        *slash = 0;
    }
    return dir_open(AT_FDCWD, path[0] ? path : "/", why);
}

bool grade_tools_open(struct grade *grade, struct fault *why)
{
    scoped(fd) int prefix = open_prefix(why);
    if (prefix < 0)
        return false;
    for (size_t i = 0; i < TOOLS; i++) {
        int fd = openat(prefix, tools[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            return fault_errno(why, "%s", tools[i]);
        grade->tools[i].fd = fd;
        grade->tools[i].at = arena_print(grade->arena, "/opt/holdout/%s", tools[i]);
        grade->tool_count = i + 1;
    }
    return true;
}

/* Those of holdout-ml, and what these need themselves; the C library is the environment's own. */
static const char *const libraries[] = { "libopenblas.so", "libgfortran.so", "libquadmath.so",
                                         "libjansson.so",  "libfyaml.so",    "libsodium.so",
                                         "libz.so",        "libzstd.so" };

struct opening {
    struct grade *grade;
    struct fault *why;
};

static bool is_library(const char *name)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strncmp(name, libraries[i], strlen(libraries[i])) == 0)
            return true;
    return false;
}

/* 1: enough, for a fault. */
static int library_open(struct dl_phdr_info *info, size_t size, void *at)
{
    struct opening *opening = at;
    struct grade *grade = opening->grade;
    const char *name = strrchr(info->dlpi_name, '/');
    (void)size;
    if (!name || !is_library(name + 1) || grade->tool_count == GRADE_TOOLS_MOST)
        return 0;
    int fd = open(info->dlpi_name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return !fault_errno(opening->why, "%s", info->dlpi_name);
    grade->tools[grade->tool_count].fd = fd;
    grade->tools[grade->tool_count++].at =
        arena_print(grade->arena, "/opt/holdout/lib/%s", name + 1);
    return 0;
}

bool grade_libraries_open(struct grade *grade, struct fault *why)
{
    struct opening opening = { grade, why };
    return dl_iterate_phdr(library_open, &opening) == 0;
}
