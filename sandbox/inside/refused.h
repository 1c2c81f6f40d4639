/*
 * Which calls of a box its filter refused, of those that sandbox/syscalls.allow marks with "!". The
 * kernel asks here before it refuses one; it is noted, and answered as every other refusal. Only a
 * record: nothing is ever let through, and when nobody answers the call is refused all the same.
 */
#pragma once

#include <stdint.h>

/* So many are noted, then the kernel refuses on its own: hammering costs the launcher nothing. */
#define REFUSED_MOST 16

struct refused {
    int listener;  /* owned; -1: not there, or no longer */
    int first;     /* number of the first call; -1 */
    int64_t count; /* up to REFUSED_MOST; -1: there never was a listener */
};

void refused_nothing(struct refused *refused);
void refused_listen(struct refused *refused, int listener);
/* When the listener polls anything: notes and answers one call, or closes the listener. */
void refused_take(struct refused *refused, short events);
void refused_close(struct refused *refused);
