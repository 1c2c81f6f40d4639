/*
 * What parent and child of a fetch say to each other: the JSON of request and result, written and
 * read in one place. Request:
 * {"url","allow_private","look_only","forget","want","most_bytes","deadline_ms","idle_ms"}. Result:
 * {"state","text","refs":[{"name","commit"}],"changes":[{"kind","name","from","to"}]}, or
 * {"fault","passing"} when the child could not do its work for a reason of ours.
 */
#pragma once

#include "grader/source/fetch.h"

/* The child's view: descriptors and address.text come from the request, the rest stays zero. */
struct str fetch_request_print(struct arena *arena, const struct fetch_request *request);
bool fetch_request_parse(struct arena *arena, struct str bytes, struct fetch_request *out,
                         struct fault *why);

struct str fetch_result_print(struct arena *arena, const struct fetch_result *result);
struct str fetch_fault_print(struct arena *arena, const struct fault *fault);
/* Foreign bytes: every name, id, kind and text is checked, all counts are bounded. */
bool fetch_result_parse(struct arena *arena, struct str bytes, struct fetch_result *out,
                        struct fault *why);

/* A branch or tag whose name may be passed on; the others of a repository are left out. */
bool fetch_ref_check(struct str name);
