/* Where this machine's apt has its packages from. */
#pragma once

#include "core/base/str.h"

struct apt_source {
    const char *mirror, *suite; /* "http://…/debian", "bookworm" */
};

/*
 * The first source with component main of the release in /etc/os-release, out of
 * /etc/apt/sources.list and /etc/apt/sources.list.d/. False: none.
 */
bool apt_source_find(struct arena *arena, struct apt_source *out);

/* The same for the text of one file; deb822: it is a *.sources. */
bool apt_source_parse(struct arena *arena, struct str text, bool deb822, struct str release,
                      struct apt_source *out);
