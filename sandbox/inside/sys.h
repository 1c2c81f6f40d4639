/* System calls as the launcher uses them, and how a step that failed is told. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Why a set-up step failed: one line, the first one stays. */
struct trouble {
    char text[200];
};
/* Always false; with errno's meaning behind a colon when it is not 0. */
bool trouble_set(struct trouble *trouble, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* errno is a lack that passes (memory, descriptors, an interruption), not a no to a question. */
bool is_passing(void);

int64_t now_us(void); /* CLOCK_MONOTONIC */
/*
 * Back into an own namespace after a moment in another's. A moment's lack of memory must not end
 * the launcher; when it lasts for a second it does, since going on there were worse.
 */
void namespace_return(int ns, int kind);
void fd_close(int *fd);
#define scoped_fd __attribute__((cleanup(fd_close))) int

/* Beneath dir, no link followed, no other mount entered with cross = false. */
int open_beneath(int dir, const char *path, uint64_t flags, mode_t mode, bool cross);
/* Make every directory of path (relative) beneath dir; with `whole` the last part too. */
bool make_parents(int dir, const char *path, bool whole, mode_t mode);

/* A new tmpfs, detached: its descriptor, or -1. */
int tmpfs_open(int64_t bytes, int64_t inodes, const char *mode, uid_t uid, gid_t gid);
bool tmpfs_resize(int tree, int64_t bytes, int64_t inodes); /* as opened; not below what it holds */
/* The own pid namespace's /proc, its processes and nothing else, detached; -1. */
int proc_open(void);
/* A clone of what dir/path is, detached, with MOUNT_ATTR_* set; -1. */
int tree_clone(int dir, const char *path, uint64_t attributes, bool recursive);
bool tree_restrict(int tree, uint64_t set, uint64_t clear);
/* Put a detached tree at dir/path. */
bool tree_attach(int tree, int dir, const char *path);
/* root becomes the root of this mount namespace; the old one lies beneath it until it is left. */
bool pivot_here(int root);
bool pivot_leave(void);

/* Files are reached and made by this user from now on, in this thread. */
void files_as(uid_t uid, gid_t gid);

bool process_kill(int pidfd);
bool process_signal(int pidfd, int signal);

/* The whole of a small file, zero-ended; false: not there. */
bool read_text(int dir, const char *path, char *text, size_t size);
bool write_text(int dir, const char *path, const char *text);
bool write_number(int dir, const char *path, int64_t number);
/* The number behind `key` and a space at the start of a line of text; -1. */
int64_t find_number(const char *text, const char *key);
