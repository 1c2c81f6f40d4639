/* holdout env-build: a directory environment out of Debian's packages. */
#include "core/base/file.h"
#include "grader/commands/apt_source.h"
#include "grader/commands/command.h"
#include "grader/commands/tool_run.h"
#include "grader/execute/environment_try.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKAGES_BYTES 4096

struct build {
    const char *dir, *packages, *template, *mirror, *suite;
};

static const struct template
{
    const char *name, *packages;
}
templates[] = {
    { "python", "python3,python3-sklearn,python3-pandas" },
    { "r", "r-base-core,r-recommended,r-cran-data.table" },
    { "c", "gcc,g++,libc6-dev,make,pkg-config" },
};
#define TEMPLATE_COUNT (sizeof templates / sizeof *templates)

/* "python,c" -> their packages; NULL: one of the words is none. */
static const char *templates_find(struct arena *arena, struct str words)
{
    struct text out = { .arena = arena };
    struct str word;
    text_add(&out, S(""));
    while (words.len && str_cut(&words, ',', &word)) {
        size_t i = 0;
        while (i < TEMPLATE_COUNT && !str_is(word, templates[i].name))
            i++;
        if (i == TEMPLATE_COUNT)
            return NULL;
        text_print(&out, "%s%s", out.len ? "," : "", templates[i].packages);
    }
    return out.at;
}

/* debootstrap's and mmdebstrap's lists are of one kind: names with commas between. */
static bool packages_check(const char *packages)
{
    for (const char *c = packages; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || strchr("+.-,", *c)))
            return false;
    return strlen(packages) < PACKAGES_BYTES;
}

static const char *tool_find(struct arena *arena)
{
    static const char *const names[] = { "mmdebstrap", "debootstrap" };
    static const char *const places[] = { "/usr/sbin", "/usr/bin", "/sbin", "/usr/local/sbin" };
    for (size_t n = 0; n < 2; n++)
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            const char *path = arena_print(arena, "%s/%s", places[p], names[n]);
            if (access(path, X_OK) == 0)
                return path;
        }
    return NULL;
}

/* ---- how far it is, on a terminal ---- */

struct progress {
    int fetched, unpacked, configured;
};

/* What debootstrap says of packages; of each one that it fetches twice the rest follows. */
static void progress_line(void *arg, const char *text)
{
    static const char *const words[] = { "I: Retrieving ", "I: Unpacking ", "I: Configuring " };
    struct progress *at = arg;
    int *counts[] = { &at->fetched, &at->unpacked, &at->configured };
    for (size_t i = 0; i < 3; i++)
        if (str_starts(str_of(text), str_of(words[i])) && !strstr(text, "Release") &&
            !strstr(text, " Packages"))
            ++*counts[i];
    int done = at->unpacked + at->configured, all = 2 * at->fetched;
    int width = all && done ? (done < all ? 30 * done / all : 30) : 0;
    if (width > 0)
        fprintf(stderr, "\r\033[K[%.*s%*s] %.45s", width, "##############################",
                30 - width, "", text);
    else
        fprintf(stderr, "\r\033[K%d packages fetched: %.45s", at->fetched, text);
    fflush(stderr);
}

static int tool_follow(const char *const *argv)
{
    struct progress progress = { 0 };
    bool shown = isatty(STDERR_FILENO);
    int code = tool_run(argv, shown ? progress_line : NULL, &progress);
    if (shown)
        fprintf(stderr, "\r\033[K");
    return code;
}

static bool is_empty_or_missing(const char *dir)
{
    return rmdir(dir) == 0 || errno == ENOENT;
}

/* What only apt needs: half of the space. */
static void leftovers_remove(const char *dir)
{
    static const char *const leftovers[] = { "var/cache/apt", "var/lib/apt/lists" };
    struct fault ignored = { 0 };
    scoped(fd) int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; root >= 0 && i < sizeof leftovers / sizeof *leftovers; i++)
        dir_remove(root, leftovers[i], &ignored);
}

static int tell(struct arena *arena, const char *dir)
{
    struct environment_look look;
    struct fault why = { 0 };
    scoped(fd) int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || !environment_try(arena, root, NULL, &look, &why)) {
        fprintf(stderr, "holdout env-build: %s was made, but could not be tried: %s\n", dir,
                why.text);
        return EXIT_DONE;
    }
    if (!look.runs) {
        fprintf(stderr, "holdout env-build: %s was made, but cannot be used: %s\n", dir,
                look.lacks);
        return EXIT_NO;
    }
    printf("%s: %s\n", dir, look.has);
    printf("course.yaml: environments: {default: {root: host}, NAME: {root: %s}}\n", dir);
    return EXIT_DONE;
}

static void failed(const struct build *wanted, const char *tool, int code)
{
    if (code == TOOL_INTERRUPTED)
        fprintf(stderr, "holdout env-build: interrupted; nothing of %s is left\n", wanted->dir);
    else
        fprintf(stderr,
                "holdout env-build: %s ended with code %d; its last lines above say why. Is the "
                "mirror reachable, and are all packages of that name in %s?\n",
                tool, code, wanted->suite);
}

static int build(struct arena *arena, const struct build *wanted, const char *tool)
{
    const char *argv[10];
    size_t count = 0;
    struct fault ignored = { 0 };
    const char *temporary = arena_print(arena, "%s.new", wanted->dir);
    if (!is_empty_or_missing(wanted->dir)) {
        fprintf(stderr, "holdout env-build: %s is there already; remove it first\n", wanted->dir);
        return EXIT_INPUT;
    }
    dir_remove(AT_FDCWD, temporary, &ignored);
    argv[count++] = tool;
    argv[count++] = "--variant=minbase";
    if (wanted->packages[0])
        argv[count++] = arena_print(arena, "--include=%s", wanted->packages);
    argv[count++] = wanted->suite;
    argv[count++] = temporary;
    argv[count++] = wanted->mirror;
    argv[count] = NULL;
    fprintf(stderr, "%s of %s from %s into %s ...\n", tool, wanted->suite, wanted->mirror,
            wanted->dir);
    int code = tool_follow(argv);
    if (code != 0) {
        failed(wanted, tool, code);
        dir_remove(AT_FDCWD, temporary, &ignored);
        return code == TOOL_INTERRUPTED ? EXIT_AGAIN : EXIT_UNAVAILABLE;
    }
    leftovers_remove(temporary);
    if (chmod(temporary, 0755) != 0 || rename(temporary, wanted->dir) != 0) {
        fprintf(stderr, "holdout env-build: %s: %s\n", wanted->dir, strerror(errno));
        return EXIT_AGAIN;
    }
    return tell(arena, wanted->dir);
}

static bool packages_find(struct arena *arena, struct build *wanted)
{
    const char *more = templates_find(arena, str_of(wanted->template));
    if (!more) {
        fprintf(
            stderr,
            "holdout env-build: unknown template \"%.60s\", allowed are python, r and c, commas "
            "between\n",
            wanted->template);
        return false;
    }
    wanted->packages = arena_print(arena, "%s%s%s", more, more[0] && wanted->packages[0] ? "," : "",
                                   wanted->packages);
    return true;
}

static int ready(struct arena *arena, struct build *wanted, const char **tool)
{
    if (!packages_find(arena, wanted))
        return EXIT_USAGE;
    if (!packages_check(wanted->packages)) {
        fprintf(stderr,
                "holdout env-build: --packages was \"%.100s\", wanted are names of Debian packages "
                "with commas between\n",
                wanted->packages);
        return EXIT_USAGE;
    }
    *tool = tool_find(arena);
    if (!*tool) {
        fprintf(stderr, "holdout env-build: neither mmdebstrap nor debootstrap is installed: apt "
                        "install debootstrap\n");
        return EXIT_UNAVAILABLE;
    }
    if (geteuid() != 0) {
        fprintf(stderr, "holdout env-build: %s needs root: sudo holdout env-build ...\n", *tool);
        return EXIT_DENIED;
    }
    struct apt_source source;
    bool found = apt_source_find(arena, &source);
    if (!wanted->mirror)
        wanted->mirror = found ? source.mirror : NULL;
    if (!wanted->suite)
        wanted->suite = found ? source.suite : NULL;
    if (wanted->mirror && wanted->suite)
        return EXIT_DONE;
    fprintf(stderr, "holdout env-build: this machine's apt names no Debian mirror; give --mirror "
                    "URL and --suite NAME\n");
    return EXIT_CONFIG;
}

int env_build_main(int argc, char **argv)
{
    struct build wanted = { .packages = "", .template = "" };
    const struct option_row options[] = {
        { "template", "LIST", "python, r, c: packages that go together", &wanted.template, NULL },
        { "packages", "LIST", "Debian packages, commas between", &wanted.packages, NULL },
        { "mirror", "URL", "of Debian (the one of this machine's apt)", &wanted.mirror, NULL },
        { "suite", "NAME", "of Debian (this machine's)", &wanted.suite, NULL },
    };
    const struct usage usage = {
        .line = "holdout env-build DIR [--template LIST] [--packages LIST] [--mirror URL]\n"
                "                               [--suite NAME]",
        .about = "Makes a directory that a course can name as an environment: a small Debian with\n"
                 "the packages named, by mmdebstrap or debootstrap. Needs root and the network.\n"
                 "DIR appears when all of it is there; when interrupted nothing is left.\n"
                 "  python  python3, scikit-learn, pandas\n"
                 "  r       r-base-core, the recommended packages, data.table\n"
                 "  c       gcc, g++, make, pkg-config",
        .example = "  sudo holdout env-build env/python --template python\n"
                   "  sudo holdout env-build env/both --template python,c --packages "
                   "python3-xgboost",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    scoped_arena arena = arena_open(NULL);
    const char *tool;
    wanted.dir = operands[0];
    code = ready(arena, &wanted, &tool);
    return code == EXIT_DONE ? build(arena, &wanted, tool) : code;
}
