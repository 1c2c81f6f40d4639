/* holdout rebuild: the store made anew from the inbox, the receipts and the artifacts. */
#include "grader/repeat/rebuild.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "grader/service/service.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static void json_print(const struct rebuild_report *report)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "events", report->events);
    json_add_int(&out, "runs", report->runs);
    json_add_int(&out, "ended", report->ended);
    json_add_int(&out, "queued_again", report->again);
    json_add_zero(&out, "kept", report->kept);
    json_open_list(&out, "found");
    for (size_t i = 0; i < report->said.kept; i++)
        json_add_text(&out, NULL, report->said.lines[i]);
    json_close_list(&out);
    json_close_map(&out);
    printf("%s\n", text.at);
}

static int report_print(const struct rebuild_report *report, bool as_json)
{
    if (as_json)
        json_print(report);
    if (report->said.count)
        command_complain(&report->said);
    if (!as_json) {
        printf("%lld event%s, %lld run%s, %lld of them ended as their receipts say\n",
               (long long)report->events, PLURAL(report->events), (long long)report->runs,
               PLURAL(report->runs), (long long)report->ended);
        if (report->again)
            printf("%lld run%s graded again: the receipts do not hold\n", (long long)report->again,
                   report->again == 1 ? " is" : "s are");
        if (report->kept[0])
            printf("the store before is state/%s\n", report->kept);
    }
    return report->again || report->rescores ? EXIT_NO : EXIT_DONE;
}

int command_lock(const char *command, const char *dir, int *lock)
{
    struct fault why = { 0 };
    bool held;
    scoped(fd) int course = dir_open(AT_FDCWD, dir, &why);
    *lock = -1;
    if (course < 0 || !file_exists(course, "state")) {
        fprintf(stderr, "holdout %s: %s has no graded state yet\n", command, dir);
        return EXIT_INPUT;
    }
    *lock = service_lock(course, &held, &why);
    if (*lock >= 0)
        return EXIT_DONE;
    if (held)
        fprintf(stderr, "holdout %s: %s is being graded; stop its holdout serve first\n", command,
                dir);
    else
        fprintf(stderr, "holdout %s: %s: %s\n", command, dir, why.text);
    return held ? EXIT_UNAVAILABLE : EXIT_DENIED;
}

static int rebuild(const struct rebuild *how, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct rebuild_report report = { .kept = "", .said = { .arena = arena } };
    struct fault why = { 0 };
    scoped(fd) int lock = -1;
    int code = command_lock("rebuild", how->course, &lock);
    if (code != EXIT_DONE)
        return code;
    mode_t before = umask(0007);
    bool ok = store_rebuild(how, &report, &why);
    umask(before);
    if (ok)
        return report_print(&report, as_json);
    if (report.said.count)
        command_complain(&report.said);
    return command_fail("rebuild", &why);
}

int rebuild_main(int argc, char **argv)
{
    bool as_json = false;
    struct rebuild how = { .without = false };
    const struct option_row options[] = {
        { "without-store", NULL, "do not look at the store.db that is there", NULL, &how.without },
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout rebuild DIR [--without-store] [--json]",
        .about = "Makes state/store.db anew from the inbox, the receipts, the artifacts and the\n"
                 "sealed values. The service has to be stopped. The file before stays beside as\n"
                 "store.db.before-TIME. Runs that had not ended are queued; so are those whose\n"
                 "receipt is damaged or missing: these are named, and the exit code is 1.",
        .example = "  holdout rebuild my-course && holdout serve my-course",
        .options = options,
        .option_count = 2,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    how.course = operands[0];
    return rebuild(&how, as_json);
}
