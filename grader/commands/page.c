/* Loading a run's page for a command. */
#include "grader/commands/page.h"
#include <stdio.h>

int command_page(const char *command, const char *dir, const char *run, struct arena *arena,
                 struct view_page *page)
{
    struct fault why = { 0 };
    bool found = false;
    struct view *view = view_open(arena_print(arena, "%s/state", dir), &why);
    if (!view)
        return command_no_state(command, dir, "store.db", &why);
    bool ok = view_run(view, arena, VIEWER_STAFF, str_of(run), page, &found, &why);
    view_close(view);
    if (!ok)
        return command_fail(command, &why);
    if (found)
        return EXIT_DONE;
    fprintf(stderr, "holdout %s: there is no run %s; holdout status %s lists them\n", command, run,
            dir);
    return EXIT_INPUT;
}
