/* Looking at all repositories of a host, the parent's side. */
#include "grader/source/look.h"
#include "core/base/json.h"
#include "grader/source/fetch_process.h"
#include "grader/source/fetch_words.h"
#include "grader/source/shown.h"
#include <stdio.h>

#define TEXT_BYTES_MOST 300
#define LINE_BYTES_MOST 4096

void look_digest(const struct git_refs *refs, char hex[SHA256_HEX])
{
    struct sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < refs->count; i++) {
        sha256_add(&hash, refs->at[i].name.at, refs->at[i].name.len);
        sha256_add(&hash, " ", 1);
        sha256_add(&hash, refs->at[i].id, GIT_ID_TEXT - 1);
        sha256_add(&hash, "\n", 1);
    }
    sha256_end(&hash, hex);
}

static struct str request_print(struct arena *arena, const struct look_request *request)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "look");
    for (size_t i = 0; i < request->count; i++)
        json_add_text(&out, NULL, request->items[i].address.text);
    json_close_list(&out);
    json_add_text(&out, "local", request->local_path);
    json_add_bool(&out, "allow_private", request->allow_private);
    json_add_int(&out, "idle_ms", request->idle_ms);
    json_add_int(&out, "deadline_ms", request->deadline_ms);
    json_close_map(&out);
    return text_str(&text);
}

/* One line of the child; what makes no sense is no line. */
static void line_take(const struct look_request *request, struct arena *arena, struct str line)
{
    const struct json *json;
    struct fault why = { 0 };
    if (!json_parse(arena, line, &json, &why))
        return;
    int64_t at = json_get_int(json, "at", -1), retry_s = json_get_int(json, "retry_s", 0);
    struct str state = json_get_text(json, "state", ""), seen = json_get_text(json, "seen", "");
    if (at < 0 || at >= (int64_t)request->count || (seen.len && !sha256_is_hex(seen)))
        return;
    struct look_item *item = &request->items[at];
    for (int k = FETCH_OK; k <= FETCH_DENIED; k++)
        if (str_is(state, fetch_state_name((enum fetch_state)k))) {
            item->state = (enum fetch_state)k;
            item->looked = true;
        }
    item->text = shown_text(arena, json_get_text(json, "text", ""), TEXT_BYTES_MOST);
    snprintf(item->seen, sizeof item->seen, "%.*s", STR_ARGS(seen));
    item->retry_s = retry_s < 0 ? 0 : retry_s > LOOK_RETRY_S_MOST ? LOOK_RETRY_S_MOST : retry_s;
}

static bool lines_take(const struct look_request *request, struct arena *arena,
                       struct fetch_process *process)
{
    char piece[16384];
    struct text said = { .arena = arena };
    ssize_t got;
    while ((got = fetch_process_read(process, piece, sizeof piece)) > 0 &&
           said.len + (size_t)got <= request->count * LINE_BYTES_MOST)
        text_add(&said, (struct str){ piece, (size_t)got });
    struct str rest = text_str(&said), line;
    size_t whole = rest.len;
    while (whole > 0 && rest.at[whole - 1] != '\n')
        whole--;
    rest = str_until(rest, whole);
    while (str_cut(&rest, '\n', &line))
        if (line.len)
            line_take(request, arena, line);
    return whole > 0;
}

bool look_run(const struct look_request *request, struct arena *arena, struct fault *why)
{
    struct look_request full = *request;
    struct fetch_process process;
    if (full.idle_ms == 0)
        full.idle_ms = LOOK_IDLE_MS;
    if (full.deadline_ms == 0)
        full.deadline_ms = FETCH_DEADLINE_MS;
    for (size_t i = 0; i < full.count; i++) {
        full.items[i].looked = false;
        full.items[i].seen[0] = 0;
        full.items[i].retry_s = 0;
    }
    struct fetch_process_plan plan = { .request = request_print(arena, &full),
                                       .mirror = -1,
                                       .repository = full.local,
                                       .secrets = full.secrets,
                                       .deadline_ms = full.deadline_ms,
                                       .spawn = full.spawn };
    if (!fetch_process_start(&process, &plan, why))
        return false;
    bool said = lines_take(&full, arena, &process);
    /* how it ended is not ours to know when somebody else started it */
    return fetch_process_end(&process, why) || said || process.late;
}
