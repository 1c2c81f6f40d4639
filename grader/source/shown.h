/*
 * Foreign text made fit to be shown: at most `most` bytes, control characters and, unless all is
 * UTF-8, bytes above ASCII become "?". Zero-ended.
 */
#pragma once

#include "core/base/str.h"

struct str shown_text(struct arena *arena, struct str text, size_t most);
