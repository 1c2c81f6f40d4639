/* Starts threads until nothing goes any more. expect: processes ordinary: exit|processes */
/* cases: 4; walls: pids */
#include "tests/sandbox/hostile/attack.h"
#include <pthread.h>

static void *wait_for_ever(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

int main(void)
{
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < LIMIT_PROCESSES; i++)
        if (pthread_create(&thread, &small, wait_for_ever, NULL))
            _exit(1);
    attack_beyond("processes");
}
