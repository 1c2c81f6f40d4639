/* What follows from an answer. */
#include "grader/outbound/delivery.h"
#include <stdio.h>

static bool is_passing(int status)
{
    return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

/*
 * GitLab answers 400 to a state that is there already, as after an answer that was lost, and to one
 * that lies behind us, as pending after running: both are what was wanted.
 */
static bool is_there(const struct delivery_try *attempt, const struct send_answer *answer)
{
    static const char words[] = "Cannot transition status via";
    if (attempt->kind != FORGE_GITLAB || answer->status != 400 || answer->said.len == 0 ||
        !strstr(answer->said.at, words))
        return false;
    char from[40];
    snprintf(from, sizeof from, "from :%.*s", STR_ARGS(str_until(attempt->wanted, 30)));
    return str_is(attempt->wanted, "pending") || str_is(attempt->wanted, "running") ||
           strstr(answer->said.at, from);
}

static const char *what_to_do(const struct delivery_try *attempt, int status)
{
    static const struct {
        int status;
        const char *forge, *webhook;
    } rows[] = {
        { 401, "the token was refused", "the receiver refused it" },
        { 403, "the token may not set statuses here", "the receiver refused it" },
        { 404, "there is no such repository or commit, or the token may not see it",
          "there is nothing at this address" },
        { 410, "the repository is gone", "the receiver wants no more" },
        { 422, "the forge did not take it", "the receiver did not take it" },
    };
    if (status >= 300 && status < 400)
        return "it sent us on, which is not followed";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return attempt->status ? rows[i].forge : rows[i].webhook;
    return NULL;
}

static const char *words_of(struct arena *arena, const struct delivery_try *attempt,
                            const struct send_answer *answer)
{
    const char *said = answer->said.len ? answer->said.at : "";
    if (!answer->tried)
        return "not tried, since the server did not answer the one before";
    if (answer->status == 0)
        return arena_print(arena, "no answer: %s", said);
    if (answer->status < 300)
        return arena_print(arena, "status %d without a forge's document", answer->status);
    const char *hint = what_to_do(attempt, answer->status);
    return arena_print(arena, "status %d%s%s%s%s", answer->status, hint ? ": " : "",
                       hint ? hint : "", *said ? ": " : "", said);
}

static int64_t back_off(const struct delivery_try *attempt)
{
    int64_t wait_ms = DELIVERY_MOST_MS;
    if (attempt->attempts < 9)
        wait_ms = (int64_t)DELIVERY_FIRST_MS << attempt->attempts;
    if (wait_ms > DELIVERY_MOST_MS)
        wait_ms = DELIVERY_MOST_MS;
    return wait_ms + (int64_t)(attempt->random % (uint64_t)(wait_ms / 4 + 1));
}

struct delivery_end delivery_judge(struct arena *arena, const struct delivery_try *attempt,
                                   const struct send_answer *answer)
{
    int status = answer->tried ? answer->status : 0;
    bool taken = status >= 200 && status < 300 && (!attempt->status || answer->document);
    bool limited = status == 403 && attempt->status && answer->wait_s > 0;
    int64_t asked_ms = answer->wait_s ? attempt->now_ms + answer->wait_s * 1000 : 0;
    struct delivery_end end = { .what = DELIVERY_SENT, .hold_ms = asked_ms, .words = "" };
    if (taken || is_there(attempt, answer))
        return end;
    end.words = words_of(arena, attempt, answer);
    end.next_ms = attempt->now_ms + back_off(attempt);
    if (asked_ms > end.next_ms)
        end.next_ms = asked_ms;
    bool again = status < 200 || (status < 300 && !taken) || is_passing(status) || limited;
    end.what =
        again && attempt->attempts + 1 < DELIVERY_TRIES_MOST ? DELIVERY_AGAIN : DELIVERY_DEAD;
    if (end.what == DELIVERY_AGAIN && status == 0 && end.next_ms > end.hold_ms)
        end.hold_ms = end.next_ms; /* who does not answer one will not answer the next */
    return end;
}
