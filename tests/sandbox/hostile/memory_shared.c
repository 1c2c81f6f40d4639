/* Shared anonymous memory and System V segments. expect: memory */
#include "tests/sandbox/hostile/attack.h"
#include <sys/shm.h>

int main(void)
{
    for (int i = 0; i < 20; i++) {
        char *block =
            mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int id = shmget(IPC_PRIVATE, 8 << 20, 0600 | IPC_CREAT);
        char *segment = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
        if (block != MAP_FAILED)
            memset(block, 1, 8 << 20);
        if (segment != (void *)-1)
            memset(segment, 1, 8 << 20);
        usleep(30000);
    }
    return 0;
}
