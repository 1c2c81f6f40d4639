/*
 * What follows from an answer: sent, tried again, or dead. Pure.
 *
 *   2xx                                  sent; of a forge only with a JSON document
 *   none, 408 409 425 429, 5xx, a forge's 403 with a limit     again, with exponential back-off and
 *                                        jitter, not before the server's own Retry-After or limit
 *   other 3xx (redirects are not followed) and 4xx             dead at once
 *   after DELIVERY_TRIES_MOST tries, about a day               dead
 */
#pragma once

#include "grader/outbound/forge.h"
#include "grader/outbound/send.h"

#define DELIVERY_TRIES_MOST 20
#define DELIVERY_FIRST_MS 15000
#define DELIVERY_MOST_MS 7200000

enum delivery { DELIVERY_SENT, DELIVERY_AGAIN, DELIVERY_DEAD };

struct delivery_try {
    bool status;          /* else a webhook */
    enum forge_kind kind; /* of a status */
    struct str wanted;    /* its state, in the forge's word */
    int64_t attempts;     /* before this one */
    int64_t now_ms;
    uint64_t random; /* the jitter: up to a quarter more */
};
struct delivery_end {
    enum delivery what;
    int64_t next_ms;   /* again: not before */
    int64_t hold_ms;   /* nothing to this server before; 0: no such wish */
    const char *words; /* why not sent; "" */
};
struct delivery_end delivery_judge(struct arena *arena, const struct delivery_try *attempt,
                                   const struct send_answer *answer);
