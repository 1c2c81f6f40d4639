/* Which machine a job ran on: part of the run's receipt. */
#include "core/base/file.h"
#include "core/math/blas.h"
#include "grader/execute/grade_parts.h"
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CPUINFO_BYTES (1 << 20)

/* "model name : …" of the first processor. */
static struct str cpu_name(struct arena *arena)
{
    struct str text, line;
    struct fault why;
    if (!file_load(arena, AT_FDCWD, "/proc/cpuinfo", CPUINFO_BYTES, &text, &why))
        return S("");
    while (str_cut(&text, '\n', &line)) {
        size_t colon;
        if (str_starts(line, S("model name")) && str_find(line, ':', &colon))
            return str_until(str_trim(str_from(line, colon + 1)), 120);
    }
    return S("");
}

const char *grade_host_print(struct arena *arena)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    struct utsname system = { .sysname = "" };
    char digest[SHA256_HEX];
    uname(&system);
    sha256_of(str_of(system.nodename), digest);
    json_open_map(&out, NULL);
    json_add_zero(&out, "host", digest);
    json_add_text(&out, "kernel", str_until(str_of(system.release), 120));
    json_add_text(&out, "cpu", cpu_name(arena));
    json_add_text(&out, "blas", str_until(str_of(blas_core_name()), 60));
    json_close_map(&out);
    return text_str(&text).at;
}
