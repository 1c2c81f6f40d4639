/* Tables from files and directories. */
#include "core/data/table_load.h"
#include "core/data/jsonl.h"
#include "core/data/origin.h"
#include "core/data/source.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Without .gz or .zst. */
static struct str bare_name(struct str name)
{
    static const char *const packed[] = { ".gz", ".zst" };
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (str_ends(name, str_of(packed[i])))
            return str_until(name, name.len - strlen(packed[i]));
    return name;
}

static bool is_named_json_lines(struct str name)
{
    struct str bare = bare_name(name);
    return str_ends(bare, S(".jsonl")) || str_ends(bare, S(".ndjson"));
}

bool table_is_json_lines(struct str name, struct str bytes)
{
    if (str_starts(bytes, S("\xEF\xBB\xBF")))
        bytes = str_from(bytes, 3);
    size_t at = 0;
    while (at < bytes.len && bytes.at[at] && strchr(" \t\r\n", bytes.at[at]))
        at++;
    return (at < bytes.len && bytes.at[at] == '{') || is_named_json_lines(name);
}

bool table_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
                 struct table *out, struct fault *why)
{
    return table_is_json_lines(how ? how->file : S(""), bytes)
               ? jsonl_parse(arena, bytes, how, out, why)
               : csv_parse(arena, bytes, how, out, why);
}

static bool file_parse(struct arena *arena, int dir, const char *path,
                       const struct csv_options *how, struct table *out, struct fault *why)
{
    struct csv_options named = how ? *how : (struct csv_options){ 0 };
    named.file = str_of(path);
    size_t most = named.bytes_most ? named.bytes_most : CSV_BYTES_MOST;
    scoped(fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC); /* a pipe is waited for */
    if (fd < 0)
        return fault_errno(why, "%s", path);
    scoped(source) struct source source;
    if (!source_open(arena, fd, most, true, &source, why))
        return fault_within(why, "%.100s", path);
    return table_parse(arena, source.bytes, &named, out, why);
}

static bool is_data(struct str name)
{
    return !str_starts(name, S(".")) &&
           (str_ends(bare_name(name), S(".csv")) || is_named_json_lines(name));
}

static int by_text(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static bool list_files(struct arena *arena, int dir, const char *path, struct str *paths,
                       size_t *count, struct fault *why)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *open = fd < 0 ? NULL : fdopendir(fd);
    if (!open)
        return fault_errno(why, "%s", path);
    bool fits = true;
    *count = 0;
    for (struct dirent *one; fits && (one = readdir(open));) {
        if (!is_data(str_of(one->d_name)))
            continue;
        fits = *count < TABLE_FILES_MOST;
        if (fits)
            paths[(*count)++] = str_of(arena_print(arena, "%s/%s", path, one->d_name));
    }
    closedir(open);
    if (!fits)
        return fault_set(why, BLAME_OPEN, "%s: more than %d data files", path, TABLE_FILES_MOST);
    if (!*count)
        return fault_set(
            why, BLAME_OPEN,
            "%s: no *.csv, *.jsonl or *.ndjson file was found, packed (.gz, .zst) or not", path);
    qsort(paths, *count, sizeof *paths, by_text);
    return true;
}

/* So that faults about cells can say where these stand. */
static void origin_set(struct arena *arena, const struct str *paths, const struct table *parts,
                       size_t count, struct table *out)
{
    struct origin *origin = arena_new(arena, struct origin);
    struct column *columns = arena_array(arena, struct column, out->column_count);
    size_t *rows = arena_array(arena, size_t, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = parts[i].rows;
    *origin = (struct origin){
        .count = count, .paths = paths, .rows = rows, .bytes_most = CSV_BYTES_MOST
    };
    for (size_t i = 0; i < out->column_count; i++) {
        columns[i] = out->columns[i];
        columns[i].origin = origin;
    }
    out->columns = columns;
}

static bool directory_load(struct arena *arena, int dir, const char *path,
                           const struct csv_options *how, struct table *out, struct fault *why)
{
    struct str *paths = arena_array(arena, struct str, TABLE_FILES_MOST);
    size_t count = 0;
    if (!list_files(arena, dir, path, paths, &count, why))
        return false;
    struct table *tables = arena_array(arena, struct table, count);
    for (size_t i = 0; i < count; i++)
        if (!file_parse(arena, dir, paths[i].at, how, &tables[i], why))
            return false;
    if (count == 1)
        *out = tables[0];
    else if (!table_stack(arena, tables, paths, count, out, why))
        return false;
    if (dir == AT_FDCWD)
        origin_set(arena, paths, tables, count, out);
    return true;
}

static bool one_load(struct arena *arena, int dir, const char *path, const struct csv_options *how,
                     struct table *out, struct fault *why)
{
    if (!file_parse(arena, dir, path, how, out, why))
        return false;
    struct str *paths = arena_new(arena, struct str);
    struct table part = *out;
    *paths = str_keep(arena, str_of(path));
    if (dir == AT_FDCWD)
        origin_set(arena, paths, &part, 1, out);
    return true;
}

bool table_load(struct arena *arena, int dir, const char *path, const struct csv_options *how,
                struct table *out, struct fault *why)
{
    struct stat st;
    if (fstatat(dir, path, &st, 0) != 0)
        return fault_errno(why, "%s", path);
    return S_ISDIR(st.st_mode) ? directory_load(arena, dir, path, how, out, why)
                               : one_load(arena, dir, path, how, out, why);
}

bool table_write(struct arena *arena, int dir, const char *path, const struct table *table,
                 unsigned threads, struct fault *why)
{
    return is_named_json_lines(str_of(path)) ? jsonl_save(arena, dir, path, table, threads, why)
                                             : csv_save(arena, dir, path, table, threads, why);
}
