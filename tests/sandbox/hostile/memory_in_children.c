/* Many processes, each small, together over the limit. expect: memory */
/* cases: 27; walls: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int64_t *done = attack_shared();
    for (int i = 0; i < 16; i++)
        if (fork() == 0) {
            attack_touch(BEYOND_MEMORY / 16);
            __atomic_add_fetch(done, 1, __ATOMIC_SEQ_CST);
            for (;;)
                pause();
        }
    while (__atomic_load_n(done, __ATOMIC_SEQ_CST) < 16)
        usleep(10000);
    attack_beyond_memory();
}
