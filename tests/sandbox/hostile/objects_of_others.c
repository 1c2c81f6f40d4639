/* Finds shared memory of the host by its key. expect: ok */
/* cases: 89; walls: ipcns */
#include "tests/sandbox/hostile/attack.h"
#include <sys/shm.h>

int main(int argc, char **argv)
{
    (void)argc;
    NEVER(shmget((key_t)strtol(argv[5], NULL, 10), 4096, 0) >= 0);
    struct shm_info info;
    NEVER(shmctl(0, SHM_INFO, (void *)&info) < 0 || info.used_ids > 0);
    ATTACK_END;
}
