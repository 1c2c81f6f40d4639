/* Making boards behind the runs. */
#include "grader/service/boards.h"
#include "grader/board.h"
#include <stdlib.h>

#define TASKS_MOST 256
#define TASK_TEXT 128
#define IDLE_MS 1000
#define PAUSE_TIMES 10 /* of the time that a board took: the processors are for the runs */
#define PAUSE_MOST_MS 1000

struct boards {
    pthread_mutex_t lock;
    size_t count;
    char due[TASKS_MOST][TASK_TEXT];
};

struct boards *boards_open(void)
{
    struct boards *boards = calloc(1, sizeof *boards);
    if (!boards)
        abort();
    pthread_mutex_init(&boards->lock, NULL);
    return boards;
}

void boards_close(struct boards *boards)
{
    if (!boards)
        return;
    pthread_mutex_destroy(&boards->lock);
    free(boards);
}

static bool is_due(const struct boards *boards, struct str task)
{
    for (size_t i = 0; i < boards->count; i++)
        if (str_is(task, boards->due[i]))
            return true;
    return false;
}

void boards_ask(const struct grader *grader, struct str task)
{
    struct boards *boards = grader->boards;
    pthread_mutex_lock(&boards->lock);
    if (!is_due(boards, task) && boards->count < TASKS_MOST && task.len < TASK_TEXT) {
        char *place = boards->due[boards->count++];
        memcpy(place, task.at, task.len);
        place[task.len] = 0;
    }
    pthread_mutex_unlock(&boards->lock);
    grader_news((struct grader *)grader);
}

/* Taken before it is made: who ends meanwhile asks again. */
static bool due_take(struct boards *boards, char task[TASK_TEXT])
{
    pthread_mutex_lock(&boards->lock);
    bool found = boards->count > 0;
    if (found) {
        memcpy(task, boards->due[0], TASK_TEXT);
        boards->count--;
        memmove(boards->due[0], boards->due[1], boards->count * TASK_TEXT);
    }
    pthread_mutex_unlock(&boards->lock);
    return found;
}

/* One board; false: none was due. */
static bool board_next(struct grader *grader, struct store *store)
{
    char id[TASK_TEXT];
    struct fault why = { 0 };
    if (!due_take(grader->boards, id))
        return false;
    const struct loaded *loaded = loaded_take(grader->loaded);
    const struct course_task *task = course_task_find(&loaded->course, str_of(id));
    if (task && !board_make(grader, loaded, store, task, &why)) {
        grader_log(grader, "warning", "event=board task=%s fault=\"%s\"", id, why.text);
        if (why.blame == BLAME_PASSING)
            boards_ask(grader, str_of(id));
    }
    loaded_give(grader->loaded, loaded);
    return true;
}

static int pause_ms(int64_t took_us)
{
    int64_t ms = took_us * PAUSE_TIMES / 1000;
    return (int)(ms < PAUSE_MOST_MS ? ms : PAUSE_MOST_MS);
}

void *boards_thread(void *at)
{
    struct grader *grader = at;
    struct store *store;
    uint64_t seen = 0;
    if (!grader_open(grader, &store, NULL))
        return NULL;
    do {
        int64_t from_us = clock_mono_us();
        if (board_next(grader, store) && grader_wait(grader, pause_ms(clock_mono_us() - from_us)))
            break;
    } while (!grader_idle(grader, &seen, IDLE_MS));
    store_close(store);
    return NULL;
}

void boards_end(struct grader *grader)
{
    struct fault why = { 0 };
    struct store *store = store_open(grader->state_path, false, &grader->clock, &why);
    /* as many as were asked for: what fails now is made at the next start */
    for (size_t i = grader->boards->count; store && i > 0; i--)
        board_next(grader, store);
    if (!store)
        grader_log(grader, "warning", "event=board fault=\"%s\"", why.text);
    store_close(store);
}
