/* What a server says comes back as lines of JSON: any bytes leave bounded, showable answers. */
#include "core/base/arena.h"
#include "grader/outbound/send.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = arena_open(NULL);
    struct send_answer answers[4] = { 0 };
    struct str text = { (const char *)bytes, size };
    struct url url;
    struct fault why = { 0 };
    send_answers_parse(arena, text, answers, 4);
    for (size_t i = 0; i < 4; i++) {
        bool status =
            answers[i].status == 0 || (answers[i].status >= 100 && answers[i].status <= 999);
        if (!status || answers[i].wait_s < 0 || answers[i].wait_s > 86400 ||
            answers[i].said.len > SEND_SAID_MOST)
            abort();
    }
    int64_t wait_s = send_wait_parse(text, 1770113700);
    if (wait_s < 0 || wait_s > 86400)
        abort();
    if (url_parse(arena, text, &url, &why) && (!url.host.len || !url.port))
        abort();
    arena_drop(arena);
    return 0;
}
