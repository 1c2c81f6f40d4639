/* What goes to the sending process and what comes back, as JSON. */
#include "core/base/json.h"
#include "grader/outbound/send.h"
#include "grader/source/shown.h"
#include <time.h>

#define HEADERS_MOST 12
#define DAY_S 86400

struct str send_request_print(struct arena *arena, const struct send_request *request)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_text(&out, "server", request->server.text);
    json_add_bool(&out, "allow_private", request->allow_private);
    json_add_text(&out, "ca", request->ca);
    json_add_int(&out, "deadline_ms",
                 request->deadline_ms ? request->deadline_ms : SEND_DEADLINE_MS);
    json_open_list(&out, "calls");
    for (size_t i = 0; i < request->call_count; i++) {
        const struct send_call *call = &request->calls[i];
        json_open_map(&out, NULL);
        json_add_zero(&out, "url", call->url);
        json_open_list(&out, "headers");
        for (size_t k = 0; call->headers[k]; k++)
            json_add_zero(&out, NULL, call->headers[k]);
        json_close_list(&out);
        json_add_text(&out, "body", call->body);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

static bool call_parse(struct arena *arena, const struct json *from, const struct url *server,
                       struct send_call *out, struct fault *why)
{
    const struct json *headers = json_get(from, "headers");
    struct url url;
    size_t count = headers && headers->kind == JSON_LIST ? headers->count : 0;
    const char **lines = arena_array(arena, const char *, HEADERS_MOST + 1);
    if (!url_parse(arena, json_get_text(from, "url", ""), &url, why))
        return false;
    if (url.tls != server->tls || url.port != server->port || !str_equal(url.host, server->host))
        return fault_set(why, BLAME_SYSTEM, "a call was for another server");
    if (count > HEADERS_MOST)
        return fault_set(why, BLAME_SYSTEM, "a call had more than %d headers", HEADERS_MOST);
    for (size_t i = 0; i < count; i++) {
        struct str line = headers->members[i].text;
        size_t at;
        if (!line.len || str_find(line, '\n', &at) || str_find(line, '\r', &at))
            return fault_set(why, BLAME_SYSTEM, "a header was no line");
        lines[i] = line.at;
    }
    *out = (struct send_call){ .url = url.text.at,
                               .headers = lines,
                               .body = json_get_text(from, "body", "") };
    return true;
}

bool send_request_parse(struct arena *arena, struct str bytes, struct send_request *out,
                        struct fault *why)
{
    const struct json *map;
    *out = (struct send_request){ .calls = NULL };
    if (!json_parse(arena, bytes, &map, why) ||
        !url_parse(arena, json_get_text(map, "server", ""), &out->server, why))
        return false;
    const struct json *calls = json_get(map, "calls");
    if (!calls || calls->kind != JSON_LIST || calls->count > SEND_CALLS_MOST)
        return fault_set(why, BLAME_SYSTEM, "the request had no list of calls");
    struct send_call *list = arena_array(arena, struct send_call, calls->count);
    for (size_t i = 0; i < calls->count; i++)
        if (!call_parse(arena, &calls->members[i], &out->server, &list[i], why))
            return false;
    int64_t deadline_ms = json_get_int(map, "deadline_ms", 0);
    out->deadline_ms =
        deadline_ms > 0 && deadline_ms < SEND_DEADLINE_MS ? (int)deadline_ms : SEND_DEADLINE_MS;
    out->allow_private = json_get_bool(map, "allow_private", false);
    out->ca = json_get_text(map, "ca", "");
    out->calls = list;
    out->call_count = calls->count;
    return true;
}

struct str send_answer_print(struct arena *arena, size_t at, const struct send_answer *answer)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "at", (int64_t)at);
    json_add_int(&out, "status", answer->status);
    json_add_bool(&out, "document", answer->document);
    json_add_int(&out, "wait_s", answer->wait_s);
    json_add_text(&out, "said", answer->said);
    json_close_map(&out);
    text_char(&text, '\n');
    return text_str(&text);
}

void send_answers_parse(struct arena *arena, struct str bytes, struct send_answer *answers,
                        size_t count)
{
    struct str line;
    while (str_cut(&bytes, '\n', &line)) {
        const struct json *map;
        struct fault why = { 0 };
        if (!line.len || !json_parse(arena, line, &map, &why))
            continue;
        int64_t at = json_get_int(map, "at", -1), status = json_get_int(map, "status", 0);
        int64_t wait_s = json_get_int(map, "wait_s", 0);
        if (at < 0 || (uint64_t)at >= count)
            continue;
        answers[at] = (struct send_answer){
            .tried = true,
            .status = status >= 100 && status <= 999 ? (int)status : 0,
            .document = json_get_bool(map, "document", false),
            .wait_s = wait_s < 0       ? 0
                      : wait_s < DAY_S ? wait_s
                                       : DAY_S,
            .said = shown_text(arena, json_get_text(map, "said", ""), SEND_SAID_MOST),
        };
    }
}

int64_t send_wait_parse(struct str text, int64_t now_s)
{
    int64_t wait_s = 0;
    char zero[40];
    struct tm at = { 0 };
    if (!str_to_int(text, &wait_s) && text.len && text.len < sizeof zero) {
        memcpy(zero, text.at, text.len);
        zero[text.len] = 0;
        const char *end = strptime(zero, "%a, %d %b %Y %H:%M:%S GMT", &at);
        wait_s = end && !*end ? timegm(&at) - now_s : 0;
    }
    return wait_s < 0 ? 0 : wait_s < DAY_S ? wait_s : DAY_S;
}
