/* Exits while a thread still burns CPU. expect: ok */
/* cases: 21; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"
#include <pthread.h>

static void *burn(void *nothing)
{
    for (;;)
        ;
    return nothing;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, burn, NULL);
    usleep(20000);
    exit(0);
}
