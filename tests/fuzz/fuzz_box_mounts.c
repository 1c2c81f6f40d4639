/*
 * Which pieces of a root directory a box gets, for any list of paths that its job wants to put
 * there: none covers such a path, none lies in another, and nothing else is missing.
 */
#include "sandbox/inside/ground_root.c"

#define LISTS 4
#define PATHS_MOST 12

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* In place of sandbox/inside/ground.c, whose clones need a launcher. */
int ground_clone(const struct ground *ground, int fd, bool writable, struct trouble *why)
{
    struct stat about;
    (void)ground;
    (void)why;
    check(!writable && fstat(fd, &about) == 0);
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int ground_devices(struct trouble *why)
{
    (void)why;
    return open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void parts_close(struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fd_close(&parts[i].tree);
}

static const char *const folders[] = { "a", "a/b", "a/b/ab", "a/ab", "ab",
                                       "b", "tmp", "dev",    "b/tmp" };
/* Last in the tree: each is in some piece, or where the job or the box has its own. */
static const char *const leaves[] = { "a/b/ab/x", "a/ab/a", "a/x", "ab/b", "b/a", "b/tmp/a", "x" };
#define COUNT(table) (sizeof(table) / sizeof *(table))

static int root_make(void)
{
    char path[] = "/tmp/holdout-fuzz-XXXXXX";
    check(mkdtemp(path) != NULL);
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(root >= 0);
    for (size_t i = 0; i < COUNT(folders); i++)
        check(mkdirat(root, folders[i], 0755) == 0);
    for (size_t i = 0; i < COUNT(leaves); i++) {
        int fd = openat(root, leaves[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        check(fd >= 0 && close(fd) == 0);
    }
    check(symlinkat("a/b", root, "link") == 0);
    return root;
}

/* Is `path` the directory or file `at`, or beneath it? */
static bool lies_in(const char *path, const char *at)
{
    size_t len = strlen(at);
    return strncmp(path, at, len) == 0 && (path[len] == '/' || path[len] == 0);
}

struct wish {
    char texts[PATHS_MOST][96];
    char *lists[LISTS][PATHS_MOST + 1];
    const char *paths[PATHS_MOST]; /* without the first slash */
    size_t count;
};

/* One byte for each part of a path, the high bits say when it ends and on which list it comes. */
static void wish_read(struct wish *wish, const uint8_t *bytes, size_t size)
{
    static const char *const words[] = { "a", "b", "ab", "x", "tmp", "dev", "link", "abc" };
    static const char *const prefixes[LISTS] = { "", "", "r", "0644" };
    size_t counts[LISTS] = { 0 }, at = 0;
    while (at < size && wish->count < PATHS_MOST) {
        size_t list = bytes[at] >> 3 & 3;
        char *text = wish->texts[wish->count];
        int len = snprintf(text, 8, "%s", prefixes[list]);
        wish->paths[wish->count++] = text + len + 1;
        for (int parts = 0; at < size && parts < 18; parts++) {
            len += snprintf(text + len, sizeof *wish->texts - (size_t)len, "/%s",
                            words[bytes[at] & 7]);
            if (bytes[at++] & 0xe0)
                break;
        }
        wish->lists[list][counts[list]++] = text;
    }
}

static bool is_own(const char *path)
{
    char top[96];
    snprintf(top, sizeof top, "%.*s", (int)strcspn(path, "/"), path);
    return own(top);
}

static void check_parts(const struct wish *wish, const struct part *parts, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        const struct part *part = &parts[i];
        check(part->link[0] ? part->tree < 0 : part->tree >= 0);
        check(!is_own(part->path));
        for (size_t k = 0; k + 1 < count; k++)
            check(k == i || !lies_in(parts[k].path, part->path));
        for (size_t k = 0; k < wish->count; k++)
            check(strcmp(part->path, wish->paths[k]) != 0 && !lies_in(wish->paths[k], part->path));
    }
    check(strcmp(parts[count - 1].path, "dev") == 0);
    for (size_t i = 0; i < COUNT(leaves); i++) {
        bool there = is_own(leaves[i]);
        for (size_t k = 0; !there && k < count; k++)
            there = lies_in(leaves[i], parts[k].path);
        for (size_t k = 0; !there && k < wish->count; k++) /* replaced, or in the way */
            there = lies_in(leaves[i], wish->paths[k]) || lies_in(wish->paths[k], leaves[i]);
        check(there);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int root = -1;
    static struct part parts[PARTS_MOST];
    struct ground ground = { .uid = geteuid(), .gid = getegid() };
    struct wish wish = { .count = 0 };
    struct trouble why = { "" };
    if (root < 0)
        root = root_make();
    wish_read(&wish, bytes, size);
    char **const paths[LISTS] = { wish.lists[0], wish.lists[1], wish.lists[2], wish.lists[3] };
    int count = ground_root_parts(&ground, root, paths, LISTS, parts, &why);
    check(count > 0 && count <= PARTS_MOST && !why.text[0]);
    check_parts(&wish, parts, (size_t)count);
    parts_close(parts, (size_t)count);
    return 0;
}
