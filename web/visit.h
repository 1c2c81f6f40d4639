/*
 * One request on its way through a page: what it asks for, the view it may read, the text it
 * writes. A handler writes visit->out and returns true, or says what is missing (visit_missing), or
 * returns false with a fault.
 */
#pragma once

#include "web/courses.h"
#include "web/http.h"

struct visit {
    struct arena *arena;
    const struct http_request *request;
    struct http_response *response;
    struct courses *courses;
    struct course *course; /* NULL outside a course */
    size_t course_at;
    struct view *view; /* NULL outside a course and while its store is not there */
    enum viewer viewer;
    int64_t now_ms;
    struct str parts[3]; /* what the stars of the route's pattern stood for, decoded */
    struct view_course about;
    struct view_tasks tasks;
    struct view_pauses pauses;
    struct text out;
};

typedef bool visit_handler(struct visit *visit, struct fault *why);

/* 404 with words of ours; returns true. The handler must have written nothing. */
bool visit_missing(struct visit *visit, const char *words);

visit_handler page_home, page_course, page_board, page_run, page_team, page_team_more;
visit_handler api_courses, api_course, api_leaderboard, api_team, api_run;
visit_handler api_health, api_ready, api_version, api_metrics; /* web/operations.c */
