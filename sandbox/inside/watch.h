/* Supervises one box from its clone to the death of everything inside. */
#pragma once

#include "sandbox/inside/init.h"
#include "sandbox/inside/meter.h"
#include "sandbox/inside/port.h"
#include "sandbox/inside/refused.h"

/* One output of the command, copied on up to the limit. */
struct stream {
    int from, to; /* to: -1 drops */
    int64_t bytes;
    bool regular; /* to is a file: never blocks for long */
};

struct watch {
    const struct job *job;
    const struct life *life;
    int pidfd, words, cancel;
    struct stream streams[2];
    struct meter meter;
    struct port port;
    int command;      /* pidfd; -1 until it is known */
    unsigned signals; /* for it, until then: a bit each of watch.c's table */
    struct refused refused;
    int64_t deadline_us;
    int64_t started_us;     /* 0: not yet */
    struct init_word ended; /* kind 0: it never said */
    bool landlock, proc;
    /* why it was killed */
    bool wall, cpu, memory, output, cancelled, caller_left;
    struct trouble trouble;
    void (*meanwhile)(void *workshop); /* called once when the command runs for a while; or NULL */
    void *workshop;
};

/* Returns when everything inside is dead, but maybe pid 1 in its end, and outputs are drained. */
void watch_run(struct watch *watch);
