/*
 * The launcher: a small static program of its own, started early, one for each slot. Descriptor 3
 * is its socket; arguments: user, group, name of its control groups ("" for one from its pid), "1"
 * to make boxes ahead, and masks. It ends when all holders of the socket's other end are gone.
 */
#include "sandbox/inside/serve.h"
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    const struct serve_options options = {
        .ground = { .uid = (uid_t)strtoul(argv[1], NULL, 10),
                    .gid = (gid_t)strtoul(argv[2], NULL, 10),
                    .masks = argv + 5 },
        .name = argv[3],
        .ahead = argv[4][0] == '1',
        .limits = BOX_LIMITS_INIT,
    };
    return serve(&options);
}
