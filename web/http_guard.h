/* What a request must look like before anybody reads it: decisions without the HTTP library.
 * Internal to web/http.c. */
#pragma once

#include "core/base/str.h"

struct http_head {
    int host_count;
    int length_count;
    int encoding_count;
    struct str host;
    struct str length;
    struct str encoding;
    size_t path_bytes;
    size_t body_most; /* that this request may have; 0: none */
};

/* 0 when the head is fine, else the status to refuse it with and why in words. */
int http_guard(const struct http_head *head, const char *const *hosts, const char **words);

/*
 * "127.0.0.1", "127.0.0.1:8080", "localhost", "[::1]:80" … or one of hosts (NULL-ended, may be
 * NULL).
 */
bool http_host_ours(struct str host, const char *const *hosts);

/* Does an If-None-Match list name this ETag? */
bool http_etag_listed(struct str list, const char *etag);
