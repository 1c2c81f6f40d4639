/* From a request to its handler: the table of routes, decoding of addresses, errors in words. */
#pragma once

#include "web/courses.h"
#include "web/hooks.h"

struct site {
    struct courses courses;
    struct hooks *hooks; /* NULL: webhooks are not taken */
};

/* For http_settings. context: struct site. */
void site_answer(void *context, struct http_request *request, struct http_response *response);
/* For http_settings: only webhooks are posted. */
size_t site_body_most(void *context, struct str path);
void site_refuse(struct arena *arena, const char *words, struct http_response *response);
