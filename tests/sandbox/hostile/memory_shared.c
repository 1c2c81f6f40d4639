/* Shared anonymous memory and System V segments. expect: memory */
/* cases: 28; walls: memory */
#include "tests/sandbox/hostile/attack.h"
#include <sys/shm.h>

int main(void)
{
    for (size_t bytes = 0; bytes < BEYOND_MEMORY; bytes += 8 * MIB) {
        char *block =
            mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int id = shmget(IPC_PRIVATE, 4 * MIB, 0600 | IPC_CREAT);
        char *segment = shmat(id, NULL, 0);
        if (block == MAP_FAILED || id < 0 || segment == (void *)-1)
            return 1;
        memset(block, 1, 4 * MIB);
        memset(segment, 1, 4 * MIB);
    }
    attack_beyond_memory();
}
