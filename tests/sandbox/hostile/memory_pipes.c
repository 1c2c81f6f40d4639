/* Memory in pipes and sockets that nobody reads. expect: memory ordinary: ok|exit open */
/* cases: 28; walls: memory */
#include "tests/sandbox/hostile/attack.h"
#include <stdbool.h>

int main(void)
{
    int64_t bytes = 0;
    int pair[2];
    for (int i = 0; i < 240 && bytes < BEYOND_MEMORY; i++) {
        bool socket = i % 2;
        if (socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, pair) : pipe(pair))
            break;
        for (int size = MIB; !socket && size >= 65536 && fcntl(pair[1], F_SETPIPE_SZ, size) < 0;)
            size /= 2;
        for (int k = 1; k >= (socket ? 0 : 1); k--) {
            static char block[65536];
            fcntl(pair[k], F_SETFL, O_NONBLOCK);
            for (ssize_t put = 1; put > 0 && bytes<BEYOND_MEMORY; bytes += put> 0 ? put : 0)
                put = write(pair[k], block, sizeof block);
        }
    }
    if (bytes < BEYOND_MEMORY)
        return 0;
    attack_beyond_memory();
}
