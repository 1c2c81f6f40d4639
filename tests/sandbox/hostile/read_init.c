/* Reads what pid 1 was told: its memory, environment, directories, descriptors. expect: ok */
/* cases: 59 60; walls: dumpable,caps,landlock */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static const char *const places[] = { "environ", "mem", "maps", "auxv", "root", "cwd" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/1/%s", places[i]);
        NEVER(open(path, O_RDONLY) >= 0 && printf("%s\n", path));
    }
    ATTACK_END;
}
