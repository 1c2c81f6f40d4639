/* Finds shared memory of the host by its key. expect: ok */
/* cases: 89; walls: ipcns */
#include "tests/sandbox/hostile/attack.h"
#include <sys/shm.h>

int main(void)
{
    NEVER(shmget(0x686f7374, 4096, 0) >= 0);
    struct shm_info info;
    NEVER(shmctl(0, SHM_INFO, (void *)&info) < 0 || info.used_ids > 0);
    ATTACK_END;
}
