/* Reads secrets out of the environment of the supervisor. expect: ok */
/* cases: 60; walls: environ */
#include "tests/sandbox/hostile/attack.h"

extern char **environ;

int main(void)
{
    int count = 0;
    while (environ[count])
        count++;
    NEVER(getenv("HOLDOUT_SECRET") != NULL);
    NEVER(getenv("USER") != NULL || getenv("LD_PRELOAD") != NULL);
    NEVER(count != 3); /* what the harness gives */
    ATTACK_END;
}
