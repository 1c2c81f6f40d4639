/* holdout serve: grade what teams push, show the boards. */
#include "grader/commands/command.h"
#include "grader/service/service.h"
#include <stdio.h>

/*
 * The host of ADDRESS:PORT; the service shows everything to whoever reaches it, so it stays on this
 * machine.
 */
static bool is_loopback(struct str listen)
{
    size_t colon = listen.len;
    while (colon > 0 && listen.at[colon - 1] != ':')
        colon--;
    struct str host = str_until(listen, colon ? colon - 1 : 0);
    return str_is(host, "localhost") || str_is(host, "[::1]") || str_starts(host, S("127."));
}

static bool has_port(struct str listen)
{
    size_t colon = listen.len;
    int64_t port;
    while (colon > 0 && listen.at[colon - 1] != ':')
        colon--;
    return colon > 1 && str_to_int(str_from(listen, colon), &port) && port >= 0 && port <= 65535;
}

int serve_main(int argc, char **argv)
{
    const char *listen = "127.0.0.1:8080", *slots_text = NULL, *drain_text = NULL;
    bool no_web = false;
    const struct option_row options[] = {
        { "listen", "ADDRESS:PORT", "where pages are served (127.0.0.1:8080)", &listen, NULL },
        { "slots", "N", "runs at once in each course (cores / cpus)", &slots_text, NULL },
        { "drain", "S", "seconds that runs under way may take to end when told to end (0)",
          &drain_text, NULL },
        { "no-web", NULL, "grade only; holdout-web serves the pages", NULL, &no_web },
    };
    const struct usage usage = {
        .line = "holdout serve DIR... [--listen ADDRESS:PORT] [--slots N] [--drain S] [--no-web]",
        .about = "Grades what the teams push, until it is told to end (Ctrl-C), and serves\n"
                 "pages and API. Started as root it gives each part a user of its own.",
        .example = "  holdout serve my-course --listen 127.0.0.1:8080",
        .options = options,
        .option_count = 4,
        .least = 1,
        .most = 64,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    int64_t slots = 0;
    if (slots_text && (!str_to_int(str_of(slots_text), &slots) || slots < 1 || slots > 64)) {
        fprintf(stderr, "holdout serve: --slots was %s, allowed are 1 to 64\n", slots_text);
        return EXIT_USAGE;
    }
    int64_t drain_s = 0;
    if (drain_text &&
        (!str_to_int(str_of(drain_text), &drain_s) || drain_s < 0 || drain_s > 86400)) {
        fprintf(stderr, "holdout serve: --drain was %s, allowed are 0 to 86400 seconds\n",
                drain_text);
        return EXIT_USAGE;
    }
    if (!no_web && !has_port(str_of(listen))) {
        fprintf(stderr,
                "holdout serve: --listen was %s, it takes ADDRESS:PORT, as in 127.0.0.1:8080\n",
                listen);
        return EXIT_USAGE;
    }
    if (!no_web && !is_loopback(str_of(listen))) {
        fprintf(
            stderr,
            "holdout serve: --listen %s is not on this machine's loopback; until there are "
            "accounts "
            "the pages show everything to whoever reaches them. Use 127.0.0.1:PORT, and a tunnel "
            "(ssh -L) to look from elsewhere\n",
            listen);
        return EXIT_DENIED;
    }
    struct service service = { .dirs = (const char *const *)operands,
                               .dir_count = (size_t)count,
                               .listen = no_web ? NULL : listen,
                               .slots = (int)slots,
                               .drain_ms = drain_s * 1000 };
    return service_run(&service);
}
