/* holdout-web: pages and API of courses; webhooks of forges. */
#include "core/base/file.h"
#include "core/base/notify.h"
#include "web/assets.h"
#include "web/confine.h"
#include "web/events.h"
#include "web/keeper.h"
#include "web/listen.h"
#include "web/options.h"
#include "web/routes.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every limit of the server. */
static const struct http_settings limits = {
    .threads = 2,
    .connections_most = 1000,
    .streams_most = 500,
    .head_deadline_s = 10,
    .answer_deadline_s = 30,
    .heartbeat_s = 15,
    .bodies_most = 32u << 20,
};

static int wait_for_end(void)
{
    sigset_t wanted;
    int signal;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    return sigwait(&wanted, &signal) == 0 ? 0 : 70;
}

/* The worker: confined before its first byte. */
static int work(const struct options *options, int listen_fd)
{
    struct fault why = { 0 };
    bool in_force;
    const struct hooks_course *secrets = hooks_load(options->dirs, options->dir_count);
    bool appends[OPTIONS_DIRS_MOST];
    for (size_t i = 0; i < options->dir_count; i++)
        appends[i] = secrets[i].any;
    if (!web_confine(options->dirs, appends, options->dir_count, &in_force, &why)) {
        fprintf(stderr, "event=confine_failed why=\"%s\"\n", why.text);
        return 70;
    }
    if (!in_force)
        fprintf(stderr, "event=not_confined why=\"this kernel has no Landlock\"\n");
    assets_open();
    struct site site;
    courses_open(&site.courses, options->dirs, options->dir_count);
    site.hooks = hooks_start(&site.courses, secrets);
    struct http_settings settings = limits;
    settings.listen_fd = listen_fd;
    settings.hosts = options->hosts;
    settings.answer = site_answer;
    settings.body_most = site_body_most;
    settings.refuse = site_refuse;
    settings.context = &site;
    struct http_server *server = http_start(&settings, &why);
    if (!server) {
        fprintf(stderr, "event=start_failed why=\"%s\"\n", why.text);
        return 70;
    }
    struct events *events = events_start(&site, server);
    int code = wait_for_end();
    events_stop(events);
    hooks_stop(site.hooks);
    http_stop(server);
    courses_close(&site.courses);
    return code;
}

static int check_dirs(const struct options *options)
{
    for (size_t i = 0; i < options->dir_count; i++) {
        struct stat about;
        if (stat(options->dirs[i], &about) == 0 && S_ISDIR(about.st_mode))
            continue;
        fprintf(stderr, "holdout-web: %s is not a directory; name a course directory\n",
                options->dirs[i]);
        return 66;
    }
    return -1;
}

static bool tell_port(const struct options *options, uint16_t port, struct fault *why)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", (unsigned)port);
    if (options->port_file &&
        !file_save(AT_FDCWD, options->port_file, (struct str){ text, (size_t)len }, 0644, why))
        return false;
    printf("holdout-web: http://%s:%u\n",
           str_starts(str_of(options->listen), S("[")) ? "[::1]" : "127.0.0.1", (unsigned)port);
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    struct options options;
    int code = options_parse(argc, argv, &options);
    if (code < 0)
        code = check_dirs(&options);
    if (code >= 0)
        return code;
    signal(SIGPIPE, SIG_IGN);
    struct fault why = { 0 };
    uint16_t port = 0;
    int fd = options.listen_fd;
    if (fd < 0)
        fd = listen_open(options.listen, &port, &code, &why);
    else if (!listen_check(fd, &port, &code, &why))
        fd = -1;
    if (fd < 0) {
        fprintf(stderr, "holdout-web: %s\n", why.text);
        return code;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (!tell_port(&options, port, &why)) {
        fprintf(stderr, "holdout-web: %s\n", why.text);
        return 77;
    }
    service_notify("READY=1\nSTATUS=serving pages");
    code = keeper_run(&options, fd, work);
    service_notify("STOPPING=1");
    return code;
}
