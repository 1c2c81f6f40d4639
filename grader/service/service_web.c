/* The web as the warden's child: holdout-web with the courses' directories. */
#include "grader/commands/command.h"
#include "grader/service/service_parts.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int web_child_main(int warden_socket, void *at)
{
    const struct web_child *web = at;
    const char *argv[HOUSE_COURSES_MOST + 4] = { "holdout-web", "--listen", web->service->listen };
    static char *const environment[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL };
    char program[PATH_MAX];
    for (size_t i = 0; i < web->house->course_count; i++)
        argv[3 + i] = web->house->course[i];
    close(warden_socket);
    if (!house_program(web->house, "bin/holdout-web", program))
        return EXIT_BUG;
    execve(program, (char *const *)(uintptr_t)argv, environment);
    fprintf(stderr, "holdout: %s: %s\n", program, strerror(errno));
    return EXIT_BUG;
}
