/* The command line of holdout-web. */
#pragma once

#include <stddef.h>

#define OPTIONS_DIRS_MOST 64
#define OPTIONS_HOSTS_MOST 16

struct options {
    const char *listen; /* HOST:PORT */
    int listen_fd;      /* -1: none inherited */
    const char *port_file;
    const char *hosts[OPTIONS_HOSTS_MOST + 1];
    size_t host_count;
    const char *dirs[OPTIONS_DIRS_MOST];
    size_t dir_count;
};

/* -1: go on with *out; else the exit code, all has been said. */
int options_parse(int argc, char **argv, struct options *out);
