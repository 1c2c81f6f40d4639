/* Messages between the launcher and pid 1: a struct and descriptors, whole or not at all. */
#pragma once

#include "sandbox/inside/sys.h"
#include "sandbox/wire.h"

/* At most WIRE_FDS_MOST descriptors. Flags as of sendmsg, and of recvmsg. */
bool words_send(int socket, const void *bytes, size_t size, const int *fds, size_t count,
                int flags);
/*
 * Exactly `size` bytes. `count`: room in fds, then how many came, each
 * close-on-exec and the caller's. False: nothing there, the end, or something else.
 */
bool words_receive(int socket, void *bytes, size_t size, int *fds, size_t *count, int flags);
