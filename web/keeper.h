/*
 * The keeper holds the listening socket and reads nothing from the network. The worker, its child,
 * does: it may open only the store files that were there when it began. When these appear or are
 * replaced, and when a worker dies, the keeper starts a new worker on the same socket.
 */
#pragma once

#include "web/options.h"

/* Exit code. work: the worker's whole life, in the child; returns its exit code. */
int keeper_run(const struct options *options, int listen_fd,
               int (*work)(const struct options *options, int listen_fd));
