/*
 * YAML 1.2 read into plain arena nodes that know their line. The door to libfyaml.
 * Refused with file and line: aliases, anchors, tags, several documents, depth over 8, over 64 KiB.
 */
#pragma once

#include "core/base/complaint.h"
#include "core/base/str.h"

enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

struct yaml {
    enum yaml_kind kind;
    bool quoted;     /* scalar in quotes: never a number or a bool */
    int line;        /* from 1, of the value */
    int key_line;    /* from 1, of the key, for a map's member */
    struct str key;  /* of a map's member */
    struct str text; /* scalar, zero-ended; plain empty scalars, ~ and null give "" */
    size_t count;
    const struct yaml *members;
};

#define YAML_BYTES_MOST 65536
#define YAML_DEPTH_MOST 8

/*
 * `file` names the source in complaints. NULL when something was refused (then `to` has at least
 * one line). A key given twice is a line in `to` alone: its first value stays.
 */
const struct yaml *yaml_parse(struct arena *arena, const char *file, struct str bytes,
                              struct complaints *to);
const struct yaml *yaml_get(const struct yaml *map, const char *key); /* NULL when absent */

/* Of this kind? If not, a complaint: `p.yaml:3: target was a list, must be one value`. */
bool yaml_want(const struct yaml *node, enum yaml_kind kind, const char *file, const char *what,
               struct complaints *to);
