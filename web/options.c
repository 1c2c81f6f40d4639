/* The command line of holdout-web: a table of options, help with an example. */
#include "web/options.h"
#include "core/base/complaint.h"
#include "core/base/str.h"
#include <stdio.h>

static bool set_listen(struct options *to, const char *value)
{
    to->listen = value;
    return true;
}

static bool set_listen_fd(struct options *to, const char *value)
{
    int64_t fd;
    if (!str_to_int(str_of(value), &fd) || fd < 0 || fd > 65535)
        return false;
    to->listen_fd = (int)fd;
    return true;
}

static bool set_port_file(struct options *to, const char *value)
{
    to->port_file = value;
    return true;
}

static bool add_host(struct options *to, const char *value)
{
    if (to->host_count == OPTIONS_HOSTS_MOST)
        return false;
    to->hosts[to->host_count++] = value;
    return true;
}

static const struct option_row {
    const char *name;
    const char *value; /* what it takes, NULL nothing */
    bool (*set)(struct options *to, const char *value);
    const char *help;
} table[] = {
    { "--listen", "HOST:PORT", set_listen,
      "where to listen: a loopback address; port 0 takes a free one (127.0.0.1:8080)" },
    { "--listen-fd", "N", set_listen_fd, "an inherited descriptor that listens already" },
    { "--port-file", "FILE", set_port_file, "write the port there once connections are accepted" },
    { "--host", "NAME", add_host, "a further name by which browsers reach this server" },
    { "--help", NULL, NULL, "this text" },
    { "--version", NULL, NULL, "the version" },
};
#define TABLE_COUNT (sizeof table / sizeof *table)

static void help(void)
{
    printf("holdout-web DIR… [options]\n"
           "Serves the pages and the API of courses. Each DIR is a course directory; its\n"
           "DIR/state/store.db is read, never written, and may come into being later.\n"
           "Ends on SIGTERM or SIGINT.\n\n");
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", table[i].name, table[i].value ? table[i].value : "");
        printf("  %-22s %s\n", left, table[i].help);
    }
    printf("\nExample: holdout-web courses/ml-arch-2026 --listen 127.0.0.1:8080\n");
}

static const struct option_row *find(struct str name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (str_is(name, table[i].name))
            return &table[i];
    return NULL;
}

static int unknown(struct str name)
{
    const char *words[TABLE_COUNT];
    for (size_t i = 0; i < TABLE_COUNT; i++)
        words[i] = table[i].name;
    const char *near = words_nearest(name, words, TABLE_COUNT);
    fprintf(stderr, "holdout-web: unknown option %.*s%s%s; see --help\n", STR_ARGS(name),
            near ? ", did you mean " : "", near ? near : "");
    return 64;
}

static int take_option(int argc, char **argv, int *at, struct options *out)
{
    struct str name = str_of(argv[*at]);
    size_t equals;
    const char *value = NULL;
    if (str_find(name, '=', &equals)) {
        value = argv[*at] + equals + 1;
        name = str_until(name, equals);
    }
    const struct option_row *row = find(name);
    if (!row)
        return unknown(name);
    if (!row->set) {
        if (strcmp(row->name, "--help") == 0)
            help();
        else
            printf("holdout-web %s\n", HOLDOUT_VERSION);
        return 0;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value || !row->set(out, value)) {
        fprintf(stderr, "holdout-web: %s takes %s, found %s\n", row->name, row->value,
                value ? value : "nothing");
        return 64;
    }
    return -1;
}

int options_parse(int argc, char **argv, struct options *out)
{
    *out = (struct options){ .listen = "127.0.0.1:8080", .listen_fd = -1 };
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            int code = take_option(argc, argv, &i, out);
            if (code >= 0)
                return code;
        } else if (out->dir_count == OPTIONS_DIRS_MOST) {
            fprintf(stderr, "holdout-web: at most %d courses\n", OPTIONS_DIRS_MOST);
            return 64;
        } else {
            out->dirs[out->dir_count++] = argv[i];
        }
    }
    if (out->dir_count)
        return -1;
    fprintf(stderr, "holdout-web: name at least one course directory; see --help\n");
    return 64;
}
