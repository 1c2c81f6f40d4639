/* Parts of the course as JSON. */
#include "grader/course/course.h"

void course_limits_json(struct json_out *out, const char *key, const struct course_limits *limits)
{
    json_open_map(out, key);
    json_add_int(out, "build_s", limits->build_s);
    json_add_int(out, "train_s", limits->train_s);
    json_add_int(out, "predict_s", limits->predict_s);
    json_add_int(out, "serve_s", limits->serve_s);
    json_add_int(out, "memory_mb", limits->memory_mb);
    json_add_int(out, "pids", limits->pids);
    json_add_int(out, "disk_mb", limits->disk_mb);
    json_add_int(out, "cpus", limits->cpus);
    json_close_map(out);
}
