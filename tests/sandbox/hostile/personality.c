/* Switches off the randomness of addresses, or makes all memory executable. expect: ok */
/* cases: 79; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/personality.h>

int main(void)
{
    REFUSED(personality(ADDR_NO_RANDOMIZE));
    REFUSED(personality(READ_IMPLIES_EXEC));
    REFUSED(personality(PER_LINUX32));
    NEVER(personality(0xffffffff) != 0);
    ATTACK_END;
}
