/* progress: one JSON line an event, appended by grade-one, read by offset. */
#include "core/base/file.h"
#include "grader/execute/form.h"
#include "grader/execute/job_report.h"
#include "grader/execute/rundir.h"
#include <errno.h>
#include <unistd.h>

static const char *const words[] = { "started", "ended" };

struct str progress_print(struct arena *arena, const struct progress *progress)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "event", words[progress->kind]);
    json_add_int(&out, "step", (int64_t)progress->step_at);
    json_add_int(&out, "at_ms", progress->at_ms);
    if (progress->kind == PROGRESS_ENDED) {
        json_add_zero(&out, "verdict", progress->verdict);
        job_report_print(&out, &progress->report);
    }
    json_close_map(&out);
    text_char(&text, '\n');
    return text_str(&text);
}

struct line_form {
    const char *event, *verdict;
    int64_t step, at_ms;
    const struct json *report;
};

static bool read_line(struct arena *arena, struct str line, const struct job *job,
                      struct progress *out, struct fault *why)
{
    const struct form_field fields[] = {
        { "event", FORM_KEY, offsetof(struct line_form, event), 1, 16, false },
        { "step", FORM_INT, offsetof(struct line_form, step), 0, (int64_t)job->step_count - 1,
          false },
        { "at_ms", FORM_INT, offsetof(struct line_form, at_ms), 0, INT64_MAX, false },
        { "verdict", FORM_KEY, offsetof(struct line_form, verdict), 1, 16, true },
        { "report", FORM_MAP, offsetof(struct line_form, report), 0, 20, true },
    };
    struct line_form form = { 0 };
    const struct json *root;
    if (!json_parse(arena, line, &root, why) ||
        !form_read(root, fields, sizeof fields / sizeof *fields, &form, why))
        return false;
    bool ended = strcmp(form.event, words[PROGRESS_ENDED]) == 0;
    if (!ended && strcmp(form.event, words[PROGRESS_STARTED]) != 0)
        return fault_set(why, BLAME_OPEN, "unknown event \"%s\"", form.event);
    if (ended != (form.verdict != NULL) || ended != (form.report != NULL) ||
        (ended && !job_verdict_check(str_of(form.verdict))))
        return fault_set(why, BLAME_OPEN, "an ended step without verdict or report");
    *out = (struct progress){
        .kind = ended ? PROGRESS_ENDED : PROGRESS_STARTED,
        .step_at = (size_t)form.step,
        .at_ms = form.at_ms,
        .verdict = form.verdict ? form.verdict : "",
    };
    return !ended || job_report_read(form.report, &out->report, why);
}

bool progress_next(struct arena *arena, int rundir, const struct job *job, int64_t *offset,
                   struct progress *out, bool *found, struct fault *why)
{
    char line[JOB_PROGRESS_MOST];
    *found = false;
    scoped(fd) int fd = rundir_open(rundir, "progress", NULL, why);
    if (fd < 0)
        return errno == ENOENT;
    ssize_t got = pread(fd, line, sizeof line, *offset);
    if (got < 0)
        return fault_errno(why, "progress");
    char *end = memchr(line, '\n', (size_t)got);
    if (!end) {
        if ((size_t)got < sizeof line)
            return true;
        *offset += got;
        return fault_set(why, BLAME_OPEN, "progress: a line was over %zu bytes", sizeof line);
    }
    struct str text = { line, (size_t)(end - line) };
    *offset += end - line + 1;
    if (!read_line(arena, str_keep(arena, text), job, out, why))
        return fault_within(why, "progress");
    *found = true;
    return true;
}
