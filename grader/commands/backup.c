/* holdout backup and restore. */
#include "grader/backup/backup.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/backup/archive.h"
#include "grader/commands/command.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSPHRASE_MOST 4096
#define PASSPHRASE_LEAST 8

static void progress(void *at, int64_t files, int64_t bytes)
{
    (void)at;
    if (files % 16 == 0)
        fprintf(stderr, "\r%lld files, %lld MB", (long long)files, (long long)(bytes >> 20));
}

static int passphrase_read(const char *command, const char *path, struct arena *arena,
                           struct str *out)
{
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, path, PASSPHRASE_MOST, out, &why)) {
        fprintf(stderr, "holdout %s: %s\n", command, why.text);
        return EXIT_INPUT;
    }
    *out = str_trim(*out);
    if (out->len >= PASSPHRASE_LEAST)
        return EXIT_DONE;
    fprintf(stderr, "holdout %s: %s holds fewer than %d characters\n", command, path,
            PASSPHRASE_LEAST);
    return EXIT_USAGE;
}

/* In a directory under a name with the time. */
static const char *target_of(struct arena *arena, const char *target)
{
    struct stat info;
    struct clock clock = clock_system();
    char time[TIME_TEXT], name[TIME_TEXT];
    size_t len = 0;
    if (stat(target, &info) != 0 || !S_ISDIR(info.st_mode))
        return target;
    clock_print(clock_utc_ms(&clock) / 1000 * 1000, time);
    for (const char *at = time; *at; at++)
        if (*at != ':' && *at != '-')
            name[len++] = *at;
    name[len] = 0;
    return arena_print(arena, "%s/holdout-%s.tar.zst", target, name);
}

static int make(struct backup *backup, const char *target)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    const char *path = target_of(arena, target);
    const char *temporary = arena_print(arena, "%s.new", path);
    backup->said.arena = arena;
    backup->progress = isatty(2) ? progress : NULL;
    unlink(temporary);
    scoped(fd) int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        fprintf(stderr, "holdout backup: %s: %s\n", temporary, strerror(errno));
        return EXIT_DENIED;
    }
    bool ok = backup_make(backup, fd, &why) &&
              (rename(temporary, path) == 0 || fault_errno(&why, "%s", path));
    if (backup->progress)
        fprintf(stderr, "\r\033[K");
    if (backup->said.count)
        command_complain(&backup->said);
    if (!ok) {
        unlink(temporary);
        return command_fail("backup", &why);
    }
    printf("%s: %lld files, %lld bytes%s\n", path, (long long)backup->files,
           (long long)backup->bytes,
           backup->passphrase.len ? ", with the truth, locked" : ", without the truth");
    return EXIT_DONE;
}

int backup_main(int argc, char **argv)
{
    const char *file = NULL;
    bool truth = false;
    const struct option_row options[] = {
        { "with-truth", NULL, "private/ and what is sealed too, the whole file locked", NULL,
          &truth },
        { "passphrase-file", "FILE", "with its content; needed by --with-truth", &file, NULL },
    };
    const struct usage usage = {
        .line = "holdout backup DIR FILE|DIRECTORY [--with-truth --passphrase-file FILE]",
        .about = "Writes a course and all that was graded into one file, also while it is graded.\n"
                 "Never in it: secrets/, the mirrors of repositories, the step cache.",
        .example = "  holdout backup my-course /backups\n"
                   "  holdout backup my-course /backups --with-truth --passphrase-file ~/pass",
        .options = options,
        .option_count = 2,
        .least = 2,
        .most = 2,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    scoped_arena arena = arena_open(NULL);
    if (code >= 0)
        return code;
    if (truth != (file != NULL)) {
        fprintf(stderr, "holdout backup: --with-truth and --passphrase-file need each other\n");
        return EXIT_USAGE;
    }
    struct backup backup = { .course = operands[0] };
    code = file ? passphrase_read("backup", file, arena, &backup.passphrase) : EXIT_DONE;
    if (code != EXIT_DONE)
        return code;
    if (access(arena_print(arena, "%s/course.yaml", operands[0]), F_OK) != 0) {
        fprintf(stderr, "holdout backup: %s is no course\n", operands[0]);
        return EXIT_INPUT;
    }
    return make(&backup, operands[1]);
}

static bool is_empty(int dir)
{
    int own = dup(dir);
    DIR *entries = own >= 0 ? fdopendir(own) : NULL;
    bool empty = entries != NULL;
    for (struct dirent *entry; empty && (entry = readdir(entries));)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (entries)
        closedir(entries);
    return empty;
}

static int put_back(struct restore *restore, const char *dir)
{
    struct fault why = { 0 };
    if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
        fprintf(stderr, "holdout restore: %s: %s\n", dir, strerror(errno));
        return EXIT_DENIED;
    }
    scoped(fd) int to = dir_open(AT_FDCWD, dir, &why);
    if (to < 0 || !is_empty(to)) {
        fprintf(stderr, "holdout restore: %s is not an empty directory\n", dir);
        return EXIT_USAGE;
    }
    restore->to = to;
    if (!backup_restore(restore, &why)) {
        fprintf(stderr, "holdout restore: %s\n", why.text);
        return why.blame == BLAME_OPEN ? EXIT_DATA : EXIT_UNAVAILABLE;
    }
    printf("%s: %lld files, %lld bytes, all as the manifest says\n", dir, (long long)restore->files,
           (long long)restore->bytes);
    if (!restore->truth)
        printf("Not in it: private/ and what was sealed (predictions, exact values, hidden\n"
               "seeds). Put the private/ of the course there; scores and boards stay, rank\n"
               "ranges and rescores need the predictions and begin with the next runs.\n");
    printf("Not in it: secrets/. Next: holdout check %s && holdout serve %s\n", dir, dir);
    return EXIT_DONE;
}

int restore_main(int argc, char **argv)
{
    const char *file = NULL;
    const struct option_row options[] = {
        { "passphrase-file", "FILE", "what the backup was locked with", &file, NULL },
    };
    const struct usage usage = {
        .line = "holdout restore FILE DIR [--passphrase-file FILE]",
        .about = "Puts a backup into an empty or new directory, once every digest in it has been\n"
                 "verified, and says what is not in it.",
        .example = "  holdout restore /backups/holdout-20261130T031500Z.tar.zst my-course",
        .options = options,
        .option_count = 1,
        .least = 2,
        .most = 2,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    scoped_arena arena = arena_open(NULL);
    struct restore restore = { .from = -1 };
    if (code >= 0)
        return code;
    scoped(fd) int from = open(operands[0], O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        fprintf(stderr, "holdout restore: %s: %s\n", operands[0], strerror(errno));
        return EXIT_INPUT;
    }
    if (archive_is_locked(from) && !file) {
        fprintf(stderr, "holdout restore: %s is locked: give --passphrase-file\n", operands[0]);
        return EXIT_USAGE;
    }
    code = file ? passphrase_read("restore", file, arena, &restore.passphrase) : EXIT_DONE;
    restore.from = from;
    return code == EXIT_DONE ? put_back(&restore, operands[1]) : code;
}
