/* Writes where the next run, the toolchain or the host would read it. expect: ok */
/* cases: 65; walls: readonly,landlock */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static const char *const places[] = {
        "/x",
        "/usr/x",
        "/usr/bin/x",
        "/usr/bin/python3",
        "/usr/lib/x",
        "/usr/local/x",
        "/etc/x",
        "/etc/passwd",
        "/etc/ld.so.cache",
        "/etc/ld.so.preload",
        "/etc/alternatives/x",
        "/dev/x",
        "/opt/x",
        "/opt/ml/x",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        NEVER(open(places[i], O_CREAT | O_RDWR, 0666) >= 0 && printf("%s\n", places[i]));
    REFUSED(rename("/opt/ml", "/opt/mine"));
    REFUSED(unlink("/bin"));
    REFUSED(truncate("/etc/passwd", 0));
    int map = open("/proc/self/uid_map", O_WRONLY);
    NEVER(map >= 0 && write(map, "0 0 1", 5) > 0);
    ATTACK_END;
}
