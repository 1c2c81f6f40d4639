/* Could a program that it executes have more rights than itself? expect: ok */
/* cases: 64; walls: nnp,seccomp,landlock */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    NEVER(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
    ATTACK_END;
}
