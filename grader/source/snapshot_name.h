/*
 * Names in a tree: which of them may become files. Separate from the walk, since each rule has a
 * history of its own.
 */
#pragma once

#include "core/base/str.h"

/* NULL when the name may stand in a directory, else what is wrong with it, to be put behind the
 * path. */
const char *snapshot_name_check(struct str name);

/* Order in which names equal but for the case of ASCII letters are neighbours: 0 for such. */
int snapshot_name_order(struct str a, struct str b);

/*
 * Where a link at `path` with this target leads within the tree, as a path from the root; false
 * when it is absolute or leaves the tree. Textual: a part that is itself a link is not followed.
 */
bool snapshot_link_target(struct arena *arena, struct str path, struct str target, struct str *out);

/* Is this content a Git LFS pointer? *bytes is the size that it promises, 0 when it promises
 * none. */
bool snapshot_is_lfs_pointer(struct str content, uint64_t *bytes);
