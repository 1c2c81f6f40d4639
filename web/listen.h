/* The listening socket. Until accounts exist only loopback addresses are served. */
#pragma once

#include "core/base/fault.h"
#include <stdint.h>

/*
 * -1 and an exit code: 64 no address, 69 taken, 77 not loopback. `address` is HOST:PORT or
 * [HOST]:PORT. *port is the one that was given, also for port 0.
 */
int listen_open(const char *address, uint16_t *port, int *code, struct fault *why);
/* The same checks for an inherited descriptor; a Unix socket has port 0. */
bool listen_check(int fd, uint16_t *port, int *code, struct fault *why);
