/* The table of routes: read it top to bottom. Then decoding, dispatch and errors in words. */
#include "web/routes.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "web/assets.h"
#include "web/layout.h"
#include "web/visit.h"
#include <stdio.h>

enum kind { PAGE, API, STREAM, HOOK }; /* only a HOOK is posted to */

static const struct route {
    const char *pattern; /* a star stands for one segment; the first is the course */
    enum kind kind;
    visit_handler *handler;
} routes[] = {
    { "", PAGE, page_home },
    { "courses/*", PAGE, page_course },
    { "courses/*/tasks/*", PAGE, page_board },
    { "courses/*/runs/*", PAGE, page_run },
    { "courses/*/teams/*", PAGE, page_team },
    { "courses/*/teams/*/page/*", PAGE, page_team_more },
    { "courses/*/events", STREAM, NULL },
    { "api/v1/courses", API, api_courses },
    { "api/v1/courses/*", API, api_course },
    { "api/v1/courses/*/tasks/*/leaderboard", API, api_leaderboard },
    { "api/v1/courses/*/runs/*", API, api_run },
    { "api/v1/courses/*/teams/*", API, api_team },
    { "healthz", API, api_health },
    { "webhooks/github/*", HOOK, NULL },
    { "webhooks/gitlab/*", HOOK, NULL },
    { "webhooks/gitea/*", HOOK, NULL },
    { "webhooks/forgejo/*", HOOK, NULL },
    { "livez", API, api_health },
    { "readyz", API, api_ready },
    { "version", API, api_version },
    { "metrics", API, api_metrics },
};

/*
 * Who is asking. Until accounts exist the server is reachable from this host only and everybody is
 * of a team.
 */
static enum viewer viewer_of(const struct http_request *request)
{
    (void)request;
    return VIEWER_TEAM;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False for a broken escape and for NUL. */
static bool decode(struct arena *arena, struct str from, struct str *out)
{
    char *at = arena_take(arena, from.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < from.len; i++) {
        int c = from.at[i];
        if (c == '%') {
            if (i + 2 >= from.len || hex_digit(from.at[i + 1]) < 0 || hex_digit(from.at[i + 2]) < 0)
                return false;
            c = hex_digit(from.at[i + 1]) * 16 + hex_digit(from.at[i + 2]);
            i += 2;
        }
        if (c == 0)
            return false;
        at[len++] = (char)c;
    }
    *out = (struct str){ at, len };
    return true;
}

static bool matches(const char *pattern, struct str path, struct str parts[3])
{
    struct str want = str_of(pattern), wanted, part;
    size_t stars = 0;
    while (str_cut(&want, '/', &wanted)) {
        if (!str_cut(&path, '/', &part))
            return false;
        if (str_is(wanted, "*") && part.len)
            parts[stars++] = part;
        else if (!str_equal(wanted, part))
            return false;
    }
    return !path.at;
}

static const struct route *find_route(struct str path, struct str parts[3])
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (matches(routes[i].pattern, path, parts))
            return &routes[i];
    return NULL;
}

static void write_error(struct arena *arena, int status, bool json, const char *words,
                        struct http_response *response)
{
    struct text text = { .arena = arena };
    response->status = status;
    response->etag = NULL;
    response->cache = "no-store";
    if (json) {
        struct json_out out = { .text = &text };
        json_open_map(&out, NULL);
        json_open_map(&out, "error");
        json_add_int(&out, "status", status);
        json_add_zero(&out, "message", words);
        json_close_map(&out);
        json_close_map(&out);
        text_char(&text, '\n');
    } else {
        layout_error(&text, status, words);
    }
    response->type = json ? "application/json" : "text/html; charset=utf-8";
    response->body = text_str(&text);
}

void site_refuse(struct arena *arena, const char *words, struct http_response *response)
{
    write_error(arena, response->status, false, words, response);
}

bool visit_missing(struct visit *visit, const char *words)
{
    write_error(visit->arena, 404, str_starts(visit->request->path, S("/api/")), words,
                visit->response);
    return true;
}

/* Not for secrets: pages that differ must only be unlikely to share it. 8 bytes a round. */
static const char *etag_of(struct arena *arena, struct str body)
{
    uint64_t a = 0x9e3779b97f4a7c15u ^ body.len, b = 0xc2b2ae3d27d4eb4fu;
    for (size_t i = 0; i < body.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, body.at + i, body.len - i < 8 ? body.len - i : 8);
        a = (a ^ word) * 0xff51afd7ed558ccdu;
        a ^= a >> 32;
        b = (b + word) * 0x9fb21c651e98df25u;
        b ^= b >> 29;
    }
    return arena_print(arena, "\"%016llx%016llx\"", (unsigned long long)a, (unsigned long long)b);
}

static bool run_handler(struct visit *visit, const struct route *route, struct fault *why)
{
    if (visit->view &&
        (!view_course(visit->view, visit->arena, &visit->about, why) ||
         !view_tasks(visit->view, visit->arena, &visit->tasks, why) ||
         !view_pauses(visit->view, visit->arena, visit->viewer, &visit->pauses, why)))
        return false;
    return route->handler(visit, why);
}

static void finish(struct visit *visit, enum kind kind)
{
    struct http_response *response = visit->response;
    if (response->body.at)
        return; /* an error page stands there already */
    if (kind == API && !response->type)
        text_char(&visit->out, '\n');
    response->body = text_str(&visit->out);
    if (!response->type)
        response->type = kind == API ? "application/json" : "text/html; charset=utf-8";
    if (response->status != 200)
        return;
    response->etag = etag_of(visit->arena, response->body);
}

static void serve(struct visit *visit, const struct route *route)
{
    struct fault why = { 0 };
    struct fault absent = { 0 };
    if (visit->course)
        visit->view =
            course_take(visit->course, &absent); /* not there yet: pages know what to say */
    bool ok = run_handler(visit, route, &why);
    if (visit->view)
        course_give(visit->course, visit->view);
    if (ok) {
        finish(visit, route->kind);
        return;
    }
    fprintf(stderr, "event=page_failed blame=%s why=\"%s\"\n", blame_name(why.blame), why.text);
    bool passing = why.blame == BLAME_PASSING;
    write_error(visit->arena, passing ? 503 : 500, route->kind == API,
                passing ? "The store is busy. Please try again in a moment."
                        : "This page could not be made. The fault is ours and has been logged.",
                visit->response);
}

static bool serve_file(const struct http_request *request, struct http_response *response)
{
    const struct asset *asset = assets_find(request->path);
    if (!asset)
        return false;
    response->body = asset->bytes;
    response->type = asset->type;
    response->etag = asset->etag;
    response->cache = asset->hashed ? "public, max-age=31536000, immutable" : "no-cache";
    return true;
}

/* A page's address with slashes at its end: to the page. */
static bool redirect(const struct http_request *request, struct http_response *response)
{
    struct str path = request->path, parts[3] = { 0 };
    while (path.len > 1 && str_ends(path, S("/")))
        path.len--;
    const struct route *route = find_route(str_from(path, 1), parts);
    if (path.len == request->path.len || !route || route->kind != PAGE)
        return false;
    response->status = 308;
    response->location = str_zero(request->arena, path);
    response->body = S("");
    return true;
}

static enum webhook_forge forge_of(const struct route *route)
{
    struct str rest = str_from(str_of(route->pattern), strlen("webhooks/")), name;
    int forge = 0;
    str_cut(&rest, '/', &name);
    while (!str_is(name, webhook_forge_name((enum webhook_forge)forge)))
        forge++;
    return (enum webhook_forge)forge;
}

static void dispatch(struct site *site, struct http_request *request, const struct route *route,
                     struct str parts[3], struct http_response *response)
{
    bool json = route->kind == API || route->kind == HOOK;
    struct visit visit = { .arena = request->arena,
                           .request = request,
                           .response = response,
                           .courses = &site->courses,
                           .viewer = viewer_of(request),
                           .out = { .arena = request->arena } };
    struct clock clock = clock_system();
    visit.now_ms = clock_utc_ms(&clock);
    for (size_t i = 0; i < 3; i++)
        if (parts[i].at && !decode(request->arena, parts[i], &visit.parts[i])) {
            write_error(request->arena, 400, json, "The address holds a broken escape.", response);
            return;
        }
    if (visit.parts[0].at) {
        visit.course = courses_find(&site->courses, visit.parts[0]);
        if (!visit.course) {
            write_error(request->arena, 404, json, "There is no such course here.", response);
            return;
        }
        visit.course_at = (size_t)(visit.course - site->courses.at);
    }
    if (route->kind == HOOK) {
        hooks_take(site->hooks, visit.course_at, forge_of(route), request, response);
        return;
    }
    if (route->kind == STREAM) {
        response->topic = (int)visit.course_at;
        response->type = "text/event-stream";
        response->cache = "no-store";
        return;
    }
    serve(&visit, route);
}

static bool is_reading(enum http_method method)
{
    return method == HTTP_GET || method == HTTP_HEAD;
}

static bool method_fits(const struct site *site, const struct route *route, enum http_method method)
{
    if (route && route->kind == HOOK)
        return method == HTTP_POST && site->hooks;
    return is_reading(method);
}

size_t site_body_most(void *context, struct str path)
{
    const struct site *site = context;
    struct str parts[3] = { 0 };
    const struct route *route =
        str_starts(path, S("/")) ? find_route(str_from(path, 1), parts) : NULL;
    return site->hooks && route && route->kind == HOOK ? WEBHOOK_BYTES_MOST : 0;
}

void site_answer(void *context, struct http_request *request, struct http_response *response)
{
    struct site *site = context;
    struct str path = request->path;
    bool json = str_starts(path, S("/api/"));
    if (!str_starts(path, S("/"))) {
        write_error(request->arena, 400, json, "The address does not begin with a slash.",
                    response);
        return;
    }
    struct str parts[3] = { 0 };
    const struct route *route = find_route(str_from(path, 1), parts);
    bool file = !route && assets_find(path);
    if (!route && !file && is_reading(request->method) && redirect(request, response))
        return;
    if (!route && !file) {
        write_error(request->arena, 404, json, "There is nothing at this address.", response);
        return;
    }
    if (!method_fits(site, route, request->method)) {
        bool hook = route && route->kind == HOOK;
        write_error(request->arena, 405, json || hook,
                    hook ? "Forges post their webhooks here." : "This address can only be read.",
                    response);
        response->allow = hook ? "POST" : "GET, HEAD";
        return;
    }
    if (file)
        serve_file(request, response);
    else
        dispatch(site, request, route, parts, response);
}
