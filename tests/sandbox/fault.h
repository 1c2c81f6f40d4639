/*
 * One call of the launcher or of pid 1 of a box that fails, chosen from outside while they run.
 * Both see this page: a shared descriptor whose number is the value of FAULT in the launcher's
 * environment. Tests alone: $(BUILD)/tests/sandbox/fault is the launcher with tests/sandbox/fault.c
 * linked between it and the C library.
 */
#pragma once

#include <stdint.h>

enum fault_side { SIDE_LAUNCHER, SIDE_BOX, SIDES };

struct fault_page {
    uint32_t armed;
    uint32_t side;          /* whose call fails */
    uint32_t at;            /* which one, from 0 */
    int32_t error;          /* with this errno */
    uint32_t counts[SIDES]; /* calls so far */
    uint32_t fired;
    char name[32]; /* of the call that failed, or would have */
};
