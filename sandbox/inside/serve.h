/* The launcher: from its socket to one job after the other. */
#pragma once

#include "sandbox/box.h"
#include "sandbox/inside/ground.h"

#define SERVE_SOCKET 3 /* where its socket is */

struct serve_options {
    struct ground_options ground;
    const char *name;         /* of its control groups; "" for one from its pid */
    bool ahead;               /* make boxes ahead */
    bool once;                /* it serves one job and ends */
    bool disk;                /* the first job will have places of its own */
    struct box_limits limits; /* that the first job will have, most likely */
};
/*
 * Serves until all holders of the socket's other end are gone, or one job is done. The process is
 * the launcher's alone. Its exit code.
 */
int serve(const struct serve_options *options);
