/*
 * Answers of servers from any bytes, in each content type, beside predictions of two shapes: what
 * is understood keeps its bounds, and never more is equal than there is.
 */
#include "grader/execute/serve_answer.h"
#include <stdlib.h>

static const struct {
    struct job_serve plan;
    const char *rows, *predictions;
} shapes[] = {
    { { .id = "id", .item = "" }, "id,x\n1,a\n2,b\n", "id,prediction\n1,0.5\n2,cat\n" },
    { { .id = "query", .item = "item" },
      "query,item\n1,a\n1,b\n",
      "query,item,score,rank\n1,a,1,2\n1,b,2,1\n1,b,3,3\n" },
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_answer(struct str bytes, size_t shape, enum job_serve_type type)
{
    scoped_arena arena = arena_open(NULL);
    struct serve_rows rows;
    struct serve_beside beside;
    struct serve_answer answer;
    struct serve_compared compared;
    struct fault why = { .text = "" };
    const size_t all[2] = { 0, 2 };
    check(serve_rows_parse(arena, str_of(shapes[shape].rows), &shapes[shape].plan, &rows, &why) &&
          serve_beside_parse(arena, str_of(shapes[shape].predictions), &shapes[shape].plan, &beside,
                             &why));
    if (!serve_answer_parse(arena, bytes, type, &beside, &answer, &why)) {
        check(why.text[0] != 0);
        return;
    }
    if (!serve_compare(arena, &beside, &rows, all, &answer, &compared, &why))
        return;
    check(compared.equal >= 0 && compared.equal <= compared.rows);
    check((size_t)compared.equal <= answer.row_count);
    check(!compared.first == (compared.equal == compared.rows));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str text = { (const char *)bytes, size };
    for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++)
        for (int type = 0; type < SERVE_TYPES; type++)
            check_answer(text, shape, (enum job_serve_type)type);
    return 0;
}
