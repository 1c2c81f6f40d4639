/* Zstandard: the only file that includes zstd.h. */
#include "core/base/pack.h"
#include "core/base/unpack.h"
#include <stdlib.h>
#include <zstd.h>

struct zstd {
    ZSTD_DStream *stream;
    bool ended;
};

static void *open_zstd(void)
{
    struct zstd *zstd = calloc(1, sizeof *zstd);
    if (zstd && (zstd->stream = ZSTD_createDStream()) &&
        !ZSTD_isError(ZSTD_initDStream(zstd->stream)))
        return zstd;
    if (zstd)
        ZSTD_freeDStream(zstd->stream);
    free(zstd);
    return NULL;
}

static void close_zstd(void *state)
{
    struct zstd *zstd = state;
    if (zstd)
        ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

static enum unpack_step step_zstd(void *state, struct str *rest, char *at, size_t *len)
{
    struct zstd *zstd = state;
    ZSTD_inBuffer in = { rest->at, rest->len, 0 };
    ZSTD_outBuffer out = { at, *len, 0 };
    *len = 0;
    if (zstd->ended && rest->len == 0)
        return UNPACK_END;
    size_t left = ZSTD_decompressStream(zstd->stream, &out, &in);
    if (ZSTD_isError(left))
        return UNPACK_DAMAGED;
    *rest = str_from(*rest, in.pos);
    *len = out.pos;
    zstd->ended = left == 0;
    return !zstd->ended && out.pos < out.size && rest->len == 0 ? UNPACK_TOO_EARLY : UNPACK_MORE;
}

const struct unpacker unpacker_zstd = {
    .name = "zstd",
    .magic = { "\x28\xB5\x2F\xFD", 4 },
    .open = open_zstd,
    .close = close_zstd,
    .step = step_zstd,
};

struct packer {
    ZSTD_CStream *stream;
};

struct packer *packer_open(int level)
{
    struct packer *packer = calloc(1, sizeof *packer);
    if (packer && (packer->stream = ZSTD_createCStream()) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(packer->stream, ZSTD_c_compressionLevel, level)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(packer->stream, ZSTD_c_checksumFlag, 1)))
        return packer;
    packer_close(packer);
    return NULL;
}

void packer_close(struct packer *packer)
{
    if (packer)
        ZSTD_freeCStream(packer->stream);
    free(packer);
}

bool packer_step(struct packer *packer, struct str *rest, bool end, struct packed_room *room,
                 bool *done, struct fault *why)
{
    ZSTD_inBuffer in = { rest->at, rest->len, 0 };
    ZSTD_outBuffer out = { room->at, room->size, 0 };
    size_t left =
        ZSTD_compressStream2(packer->stream, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left))
        return fault_set(why, BLAME_SYSTEM, "zstd: %s", ZSTD_getErrorName(left));
    *rest = str_from(*rest, in.pos);
    room->len = out.pos;
    *done = rest->len == 0 && (!end || left == 0);
    return true;
}
