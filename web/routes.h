/* From a request to its handler: the table of routes, decoding of addresses, errors in words. */
#pragma once

#include "web/courses.h"
#include "web/http.h"

struct site {
    struct courses courses;
};

/* For http_settings. context: struct site. */
void site_answer(void *context, struct http_request *request, struct http_response *response);
void site_refuse(struct arena *arena, const char *words, struct http_response *response);
