/*
 * Base64 as RFC 4648 has it, with padding.
 */
#pragma once

#include "core/base/str.h"

struct str base64_print(struct arena *arena, struct str bytes);
/* Strictly: no white space, padding as it has to be. False also for the empty text. */
bool base64_parse(struct arena *arena, struct str text, struct str *bytes);
