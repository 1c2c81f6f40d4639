/* Reads what the attacks say about themselves, and which cases they cover. */
#include "tests/sandbox/hostile.h"
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCES "tests/sandbox/hostile"

/* ---- words ---- */

/* The head of a file, up to its first line of code. */
static bool head_read(const char *name, char *text, size_t size)
{
    char path[512];
    snprintf(path, sizeof path, SOURCES "/%s.c", name);
    FILE *in = fopen(path, "re");
    size_t len = in ? fread(text, 1, size - 1, in) : 0;
    if (in)
        fclose(in);
    text[len] = 0;
    char *end = strstr(text, "\n#");
    if (end)
        *end = 0;
    return len > 0;
}

/* The word behind `key`, without its end of sentence. */
static bool word_of(const char *text, const char *key, char *out, size_t size)
{
    const char *at = strstr(text, key);
    if (!at)
        return false;
    at += strlen(key);
    at += strspn(at, " ");
    snprintf(out, size, "%.*s", (int)strcspn(at, " *\n"), at);
    return true;
}

static int64_t number_of(const char *text, const char *key, int64_t usual)
{
    char word[32];
    return word_of(text, key, word, sizeof word) ? strtoll(word, NULL, 10) : usual;
}

/* A flag among the words behind "expect:". */
static bool flag_of(const char *text, const char *flag)
{
    const char *from = strstr(text, "expect:"), *end = from ? strstr(from, "*/") : NULL;
    size_t len = strlen(flag);
    for (const char *at = from; at && (at = strstr(at, flag)) && at < end; at += len)
        if (strchr(" \n", at[-1]) && strchr(" \n", at[len]))
            return true;
    return false;
}

/* ---- one attack ---- */

static void reason_read(const char *from, const char *end, char *out, size_t size)
{
    size_t len = 0;
    bool space = false;
    for (; from < end && len + 2 < size; from++) {
        if (strchr(" *\n", *from)) {
            space = len > 0;
            continue;
        }
        if (space)
            out[len++] = ' ';
        space = false;
        out[len++] = *from;
    }
    out[len] = 0;
}

static bool walls_read(const char *text, struct attack *attack)
{
    const char *from = strstr(text, "walls:"), *end = from ? strstr(from, "*/") : NULL;
    if (!end || !strstr(text, "cases:"))
        return false;
    from += strlen("walls:");
    from += strspn(from, " \n*");
    if (strncmp(from, "none:", 5) == 0) {
        reason_read(from + 5, end, attack->reason, sizeof attack->reason);
        return attack->reason[0] != 0;
    }
    while (from < end && attack->wall_count < PROOFS_MOST) {
        size_t len = strcspn(from, " \n*");
        snprintf(attack->walls[attack->wall_count++], sizeof attack->walls[0], "%.*s", (int)len,
                 from);
        from += len;
        from += strspn(from, " \n*");
        if (*from == '/')
            break;
    }
    return attack->wall_count > 0;
}

static bool attack_load(const char *name, int programs, struct attack *attack)
{
    char text[2048];
    memset(attack, 0, sizeof *attack);
    snprintf(attack->name, sizeof attack->name, "%s", name);
    if (!head_read(name, text, sizeof text) ||
        !word_of(text, "expect:", attack->expect, sizeof attack->expect) ||
        !walls_read(text, attack))
        return false;
    if (!word_of(text, "ordinary:", attack->ordinary, sizeof attack->ordinary))
        memcpy(attack->ordinary, attack->expect, sizeof attack->ordinary);
    word_of(text, "keep=", attack->keep, sizeof attack->keep);
    attack->signal = number_of(text, "signal=", -1);
    attack->exit = number_of(text, "exit=", -1);
    attack->files = number_of(text, "files=", -1);
    attack->wall_ms = number_of(text, "wall_ms=", 30000);
    attack->cpu_ms = number_of(text, "cpu_ms=", 10000);
    attack->raw = flag_of(text, "raw");
    attack->twice = flag_of(text, "twice");
    attack->kill = flag_of(text, "kill");
    attack->open = flag_of(text, "open");
    attack->program = openat(programs, name, O_RDONLY | O_CLOEXEC);
    return attack->program >= 0;
}

/* Directory of the compiled attacks, beside this program. */
static int programs_open(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    path[len > 0 ? len : 0] = 0;
    int dir = open(dirname(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int programs = openat(dir, "hostile", O_PATH | O_DIRECTORY | O_CLOEXEC);
    close(dir);
    return programs;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(((const struct attack *)a)->name, ((const struct attack *)b)->name);
}

size_t attacks_load(struct attack *attacks, const char *only, char *why, size_t why_size)
{
    size_t count = 0;
    int programs = programs_open();
    DIR *list = opendir(SOURCES);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        char *end = strrchr(entry->d_name, '.');
        if (!end || strcmp(end, ".c") != 0 || count == ATTACKS_MOST)
            continue;
        *end = 0;
        if (only && strcmp(only, entry->d_name) != 0)
            continue;
        if (!attack_load(entry->d_name, programs, &attacks[count++])) {
            snprintf(why, why_size, "%.80s: no \"expect:\", \"cases:\", \"walls:\", or not built",
                     entry->d_name);
            count = 0;
            break;
        }
    }
    if (list)
        closedir(list);
    close(programs);
    qsort(attacks, count, sizeof *attacks, name_order);
    return count;
}

/* ---- cases ---- */

static void numbers_mark(const char *at, bool *covered)
{
    for (char *end; *at && !strchr(";|", *at); at = end) {
        long number = strtol(at, &end, 10);
        if (end == at)
            end++;
        else if (number > 0 && number <= CASES)
            covered[number] = true;
    }
}

/* "| 57 58 | `tests/…` and why |": the file must be there. False: it is not. */
static bool row_mark(const char *line, bool *covered)
{
    char path[256];
    const char *from = strstr(line, "`tests/"), *end = from ? strchr(from + 1, '`') : NULL;
    if (end) {
        snprintf(path, sizeof path, "%.*s", (int)(end - from - 1), from + 1);
        if (access(path, F_OK))
            return false;
    }
    numbers_mark(line + 1, covered);
    return true;
}

int first_case_missing(const struct attack *attacks, size_t count, char *why, size_t why_size)
{
    bool covered[CASES + 1] = { false };
    char text[2048];
    for (size_t i = 0; i < count; i++)
        if (head_read(attacks[i].name, text, sizeof text) && strstr(text, "cases:"))
            numbers_mark(strstr(text, "cases:") + strlen("cases:"), covered);
    FILE *in = fopen(SOURCES "/README.md", "re");
    while (in && fgets(text, sizeof text, in))
        if (text[0] == '|' && !row_mark(text, covered)) {
            snprintf(why, why_size, "names a file that is not there: %.200s", text);
            fclose(in);
            return -1;
        }
    if (in)
        fclose(in);
    for (int i = 1; i <= CASES; i++)
        if (!covered[i]) {
            snprintf(why, why_size, "case %d has neither an attack nor a row", i);
            return i;
        }
    return 0;
}
