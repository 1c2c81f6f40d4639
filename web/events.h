/* Watches the stores of courses that somebody is looking at, and tells the open pages when one has
 * changed. */
#pragma once

#include "web/http.h"
#include "web/routes.h"

struct events;
/* A thread of its own; topic of a course is its index in site->courses. */
struct events *events_start(struct site *site, struct http_server *server);
void events_stop(struct events *events);
