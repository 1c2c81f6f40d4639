/* Event streams by topic: what is pending for each, and waking those that sleep. */
#include "web/http_parts.h"
#include <stdlib.h>

void stream_wake(struct stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

static void stream_add(struct stream *stream, struct str bytes)
{
    if (stream->len + bytes.len > sizeof stream->pending)
        stream->ending = true; /* its client does not keep up: it will come back */
    else {
        memcpy(stream->pending + stream->len, bytes.at, bytes.len);
        stream->len += bytes.len;
    }
    stream_wake(stream);
}

static ssize_t stream_read(void *context, uint64_t at, char *out, size_t most)
{
    (void)at;
    struct stream *stream = context;
    ssize_t count = 0;
    pthread_mutex_lock(&stream->server->lock);
    if (stream->ending || stream->server->stopping)
        count = MHD_CONTENT_READER_END_OF_STREAM;
    else if (stream->len == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    } else {
        size_t take = stream->len < most ? stream->len : most;
        memcpy(out, stream->pending, take);
        memmove(stream->pending, stream->pending + take, stream->len - take);
        stream->len -= take;
        count = (ssize_t)take;
    }
    pthread_mutex_unlock(&stream->server->lock);
    return count;
}

static void stream_free(void *context)
{
    struct stream *stream = context;
    pthread_mutex_lock(&stream->server->lock);
    *stream->here = stream->next;
    if (stream->next)
        stream->next->here = stream->here;
    stream->server->stream_count--;
    pthread_mutex_unlock(&stream->server->lock);
    free(stream);
}

struct MHD_Response *stream_open(struct http_server *server, struct MHD_Connection *to, int topic)
{
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        return NULL;
    memset(stream, 0, offsetof(struct stream, pending));
    stream->server = server;
    stream->connection = to;
    stream->topic = topic;
    pthread_mutex_lock(&server->lock);
    stream_add(stream, S("retry: 1000\n\n"));
    stream->next = server->streams;
    stream->here = &server->streams;
    if (stream->next)
        stream->next->here = &stream->next;
    server->streams = stream;
    server->stream_count++;
    pthread_mutex_unlock(&server->lock);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_read, stream,
                                             stream_free);
}

bool streams_full(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool full = server->stopping || server->stream_count >= server->settings.streams_most;
    pthread_mutex_unlock(&server->lock);
    return full;
}

void http_publish(struct http_server *server, int topic, struct str bytes)
{
    pthread_mutex_lock(&server->lock);
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        if (topic < 0 || stream->topic == topic)
            stream_add(stream, bytes);
    pthread_mutex_unlock(&server->lock);
}

int http_listeners(struct http_server *server, int topic)
{
    int count = 0;
    pthread_mutex_lock(&server->lock);
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        count += stream->topic == topic;
    pthread_mutex_unlock(&server->lock);
    return count;
}
