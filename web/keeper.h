/*
 * The keeper holds the listening socket and reads nothing from the network. The worker, its child,
 * does: it may open only the stores and inboxes that were there when it began, and knows the
 * secrets as they were then. When these appear or change, and when a worker dies, the keeper starts
 * a new worker on the same socket.
 */
#pragma once

#include "web/options.h"

/* Exit code. work: the worker's whole life, in the child; returns its exit code. */
int keeper_run(const struct options *options, int listen_fd,
               int (*work)(const struct options *options, int listen_fd));
