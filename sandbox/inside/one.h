/* One job from its socket to its report. */
#pragma once

#include "sandbox/inside/ground.h"
#include "sandbox/inside/group.h"

/* Takes the socket over. Nothing of the box is left when it returns. */
void one_run(const struct ground *ground, struct groups *groups, int socket);
