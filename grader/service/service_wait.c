/*
 * Waiting: for a signal, or for the end of one run that somebody asked for; and telling how it
 * goes.
 */
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "grader/inbox.h"
#include "grader/service/service_parts.h"
#include "grader/store/store.h"
#include "grader/view.h"
#include "grader/service/waiting.h"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static const char *state_word(struct str state)
{
    static const char *const words[][2] = {
        { "queued", "waiting for a free place" },
        { "fetching", "reading the repository" },
        { "building", "building" },
        { "training", "training" },
        { "predicting", "predicting" },
        { "serving", "serving" },
        { "evaluating", "evaluating" },
        { "judging", "judging" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(state, words[i][0]))
            return words[i][1];
    return "";
}

/* Tell a change of state once. */
static void tell(struct waiting *waiting, struct str state)
{
    const char *word = state_word(state);
    if (!word[0] || strcmp(waiting->told, word) == 0)
        return;
    snprintf(waiting->told, sizeof waiting->told, "%s", word);
    fprintf(stderr, "%s ...\n", word);
}

static int ended(const struct run_end *end)
{
    printf("%s %s %s\n%s\n", end->run.at, end->state.at, end->verdict.at, end->message.at);
    return str_is(end->state, "done") ? EXIT_DONE : EXIT_NO;
}

/* -1: not yet. */
static int answer_look(struct waiting *waiting, struct arena *arena, struct fault *why)
{
    struct event answer;
    bool found;
    if (!inbox_answer(waiting->inbox, arena, waiting->request, &answer, &found, why))
        return command_fail("grade", why);
    if (!found)
        return -1;
    const struct json *body;
    if (!json_parse(arena, answer.body, &body, why))
        return command_fail("grade", why);
    if (str_is(answer.kind, "refusal")) {
        fprintf(stderr, "holdout grade: %s\n", json_get_text(body, "text", "refused").at);
        return EXIT_NO;
    }
    struct str joins = json_get_text(body, "joins", "");
    if (joins.len) {
        snprintf(waiting->joined, sizeof waiting->joined, "%.*s", STR_ARGS(joins));
        fprintf(stderr, "commit %.7s is being graded already: waiting for run %.*s\n",
                json_get_text(body, "commit", "").at, STR_ARGS(joins));
    }
    waiting->seq = answer.seq;
    return -1;
}

int waiting_look(struct waiting *waiting)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    if (!waiting->seq) {
        int code = answer_look(waiting, arena, &why);
        if (code >= 0 || !waiting->seq)
            return code;
    }
    struct run_end end;
    if (!(waiting->joined[0] ? store_run_ended(waiting->store, arena, waiting->joined, &end, &why)
                             : store_ended(waiting->store, arena, waiting->seq, &end, &why)))
        return command_fail("grade", &why);
    if (end.state.len)
        return ended(&end);
    struct view_page page;
    bool found = false;
    if (end.run.len && view_run(waiting->view, arena, VIEWER_STAFF, end.run, &page, &found, &why) &&
        found)
        tell(waiting, page.run.state);
    return -1;
}

bool waiting_open(struct waiting *waiting, const char *state_dir, int64_t request,
                  struct fault *why)
{
    struct clock clock = clock_system();
    *waiting = (struct waiting){ .request = request };
    waiting->inbox = inbox_open(state_dir, false, why);
    waiting->store = waiting->inbox ? store_open(state_dir, false, &clock, why) : NULL;
    waiting->view = waiting->store ? view_open(state_dir, why) : NULL;
    return waiting->view != NULL;
}

void waiting_close(struct waiting *waiting)
{
    inbox_close(waiting->inbox);
    store_close(waiting->store);
    view_close(waiting->view);
}

int service_wait(const struct grader *grader, int asked)
{
    struct pollfd signal = { .fd = asked, .events = POLLIN };
    if (!grader->until_seq) {
        while (poll(&signal, 1, -1) <= 0)
            continue;
        return EXIT_DONE;
    }
    struct waiting waiting;
    struct fault why = { 0 };
    if (!waiting_open(&waiting, grader->state_path, grader->until_seq, &why))
        return command_fail("grade", &why);
    int code;
    while ((code = grader->until(&waiting)) < 0)
        if (poll(&signal, 1, 50) > 0) {
            code = EXIT_AGAIN;
            break;
        }
    waiting_close(&waiting);
    return code;
}
