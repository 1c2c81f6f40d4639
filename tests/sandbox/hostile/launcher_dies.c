/* The launcher is killed in the middle of a run. expect: internal kill */
/* cases: 97; walls: pdeathsig */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    sleep(20);
    return 0;
}
