/* gzip: the only file that includes zlib.h. */
#include "core/base/unpack.h"
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_ONLY (16 + MAX_WBITS) /* inflateInit2's way to say that */

struct gzip {
    z_stream stream;
    bool ended;
};

static void *open_gzip(void)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (gzip && inflateInit2(&gzip->stream, GZIP_ONLY) == Z_OK)
        return gzip;
    free(gzip);
    return NULL;
}

static void close_gzip(void *state)
{
    struct gzip *gzip = state;
    if (gzip)
        inflateEnd(&gzip->stream);
    free(gzip);
}

/* Behind a member: nothing, zeros (a tape's padding) or the next member. */
static enum unpack_step member_next(struct gzip *gzip, struct str *rest)
{
    while (rest->len && *rest->at == 0)
        *rest = str_from(*rest, 1);
    if (rest->len == 0)
        return UNPACK_END;
    gzip->ended = false;
    return inflateReset(&gzip->stream) == Z_OK ? UNPACK_MORE : UNPACK_DAMAGED;
}

static enum unpack_step step_gzip(void *state, struct str *rest, char *at, size_t *len)
{
    struct gzip *gzip = state;
    z_stream *stream = &gzip->stream;
    size_t room = *len;
    *len = 0;
    if (gzip->ended)
        return member_next(gzip, rest);
    size_t in = rest->len < UINT_MAX ? rest->len : UINT_MAX;
    stream->next_in = (Bytef *)(uintptr_t)rest->at;
    stream->avail_in = (uInt)in;
    stream->next_out = (Bytef *)at;
    stream->avail_out = (uInt)room;
    int code = inflate(stream, Z_NO_FLUSH);
    *rest = str_from(*rest, in - stream->avail_in);
    *len = room - stream->avail_out;
    gzip->ended = code == Z_STREAM_END;
    if (code == Z_STREAM_END)
        return UNPACK_MORE;
    if (code != Z_OK && code != Z_BUF_ERROR)
        return UNPACK_DAMAGED;
    return *len < room && rest->len == 0 ? UNPACK_TOO_EARLY : UNPACK_MORE;
}

const struct unpacker unpacker_gzip = {
    .name = "gzip",
    .magic = { "\x1F\x8B", 2 },
    .open = open_gzip,
    .close = close_gzip,
    .step = step_gzip,
};
