/*
 * Files and directories beneath opened directories. Handles close themselves: `scoped(fd) int dir =
 * ...;`. Paths are relative to a directory descriptor; AT_FDCWD is the working directory.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"
#include <stdint.h>
#include <sys/types.h>

void fd_scoped(int *fd); /* closes unless negative */
#define scoped(kind) __attribute__((cleanup(kind##_scoped)))

/* Whole file into the arena, zero-ended behind its length; more than `most` bytes is a fault. */
bool file_load(struct arena *arena, int dir, const char *path, size_t most, struct str *out,
               struct fault *why);
bool fd_load(struct arena *arena, int fd, size_t most, struct str *out, struct fault *why);

/* Write by temporary name, fsync, rename, fsync of the directory: there whole or not at all. */
bool file_save(int dir, const char *path, struct str bytes, mode_t mode, struct fault *why);
bool fd_write(int fd, struct str bytes, struct fault *why); /* all of it */
/* The same where `write` writes the bytes itself; it must return. */
bool file_save_by(int dir, const char *path, mode_t mode,
                  bool (*write)(int fd, void *work, struct fault *why), void *work,
                  struct fault *why);

/* mkdir -p beneath dir, mode for new ones; an existing directory is fine. */
bool dir_make(int dir, const char *path, mode_t mode, struct fault *why);
/* O_PATH-less directory descriptor, O_CLOEXEC, no final link followed; -1 and a fault. */
int dir_open(int dir, const char *path, struct fault *why);
/* Remove a tree without following links; a missing one is fine. */
bool dir_remove(int dir, const char *path, struct fault *why);
/* Copy fd's bytes from its start to a new file (mode, fsync when durable); out: byte count. */
bool file_copy(int from, int dir, const char *path, mode_t mode, struct fault *why);
bool file_exists(int dir, const char *path);
