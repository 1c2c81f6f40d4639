/* Wakes up now and then, far below the limit of CPU time. expect: wall wall_ms=300 */
/* cases: 13; walls: wall */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    int64_t rounds = (strtoll(argv[4], NULL, 10) + BEYOND_MS) / 10;
    for (int64_t i = 0; i < rounds; i++)
        usleep(10000);
    attack_beyond("wall time");
}
