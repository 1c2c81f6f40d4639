/*
 * What parent and child of a snapshot say to each other: JSON request, JSON manifest. Request:
 * {"snapshot":COMMIT,"entries","file_bytes","bytes_total","deadline_ms"}. Manifest:
 * {"tree","files":[{"path","mode","bytes","blob"}],"problem_count","problems":[…]} or
 * {"fault","blame"}. On the pipe: the manifest's length in decimal and a line end, the manifest,
 * then the contents in the files' order.
 */
#pragma once

#include "grader/source/snapshot.h"

#define SNAPSHOT_MANIFEST_BYTES_MOST (32u << 20)

struct str snapshot_request_print(struct arena *arena, const char *commit,
                                  const struct snapshot_limits *limits, int deadline_ms);
/* False: not a request for a snapshot. */
bool snapshot_request_parse(struct arena *arena, struct str bytes, const char **commit,
                            struct snapshot_limits *limits, int *deadline_ms);

/* `fault` stands when the snapshot could not be taken and has no problems. */
struct str snapshot_manifest_print(struct arena *arena, const struct snapshot *snapshot,
                                   const struct fault *fault);
/* Foreign bytes: all paths, modes, sizes and counts are checked against the limits (without
 * zeros). */
bool snapshot_manifest_parse(struct arena *arena, struct str bytes,
                             const struct snapshot_limits *limits, struct snapshot *out,
                             struct fault *why);

/* Every name of the path is fit for a file, and the whole is not too long. */
bool snapshot_path_check(struct str path);
