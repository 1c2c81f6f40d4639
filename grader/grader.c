/* Waiting, stopping, logging. */
#include "grader/grader.h"
#include <poll.h>
#include <stdio.h>
#include <time.h>

bool grader_wait(const struct grader *grader, int ms)
{
    struct pollfd stop = { .fd = grader->stop_fd, .events = POLLIN };
    return poll(&stop, 1, ms) > 0;
}

bool grader_stopping(const struct grader *grader)
{
    return grader_wait(grader, 0);
}

void grader_news(struct grader *grader)
{
    pthread_mutex_lock(&grader->news.lock);
    grader->news.count++;
    pthread_cond_broadcast(&grader->news.changed);
    pthread_mutex_unlock(&grader->news.lock);
}

bool grader_idle(struct grader *grader, uint64_t *seen, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&grader->news.lock);
    while (grader->news.count == *seen &&
           pthread_cond_timedwait(&grader->news.changed, &grader->news.lock, &until) == 0)
        continue;
    *seen = grader->news.count;
    pthread_mutex_unlock(&grader->news.lock);
    return grader_stopping(grader);
}

bool grader_open(const struct grader *grader, struct store **store, struct inbox **inbox)
{
    struct fault why = { 0 };
    do {
        *store = store_open(grader->state_path, false, &grader->clock, &why);
        if (*store && !inbox)
            return true;
        if (*store && (*inbox = inbox_open(grader->state_path, false, &why)))
            return true;
        store_close(*store);
        grader_log(grader, "error", "event=open fault=\"%s\"", why.text);
    } while (!grader_wait(grader, 1000));
    return false;
}

void grader_log(const struct grader *grader, const char *level, const char *format, ...)
{
    char time[TIME_TEXT], line[1200];
    clock_print(clock_utc_ms(&grader->clock), time);
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    fprintf(stderr, "time=%s level=%s course=%s %s\n", time, level, grader->course_id, line);
}
