/* Leaves marks wherever the next run could find them, and looks for those of the last. expect: ok
 * twice */
/* cases: 65 89; walls: ipcns */
#include "tests/sandbox/hostile/attack.h"
#include <sys/sem.h>
#include <sys/shm.h>

int main(void)
{
    static const char *const places[] = { "/tmp/mark",
                                          "/dev/shm/mark",
                                          "/opt/ml/output/mark",
                                          "/tmp/.config/mark",
                                          "/tmp/usercustomize.py",
                                          "/usr/lib/python3/dist-packages/sitecustomize.py" };
    mkdir("/tmp/.config", 0700);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        NEVER(access(places[i], F_OK) == 0);
        close(open(places[i], O_CREAT | O_WRONLY, 0600));
    }
    NEVER(shmget(0x686f6c64, 4096, 0600) >= 0);
    shmget(0x686f6c64, 4096, 0600 | IPC_CREAT);
    NEVER(semget(0x686f6c64, 1, 0600) >= 0);
    semget(0x686f6c64, 1, 0600 | IPC_CREAT);
    REFUSED(syscall(SYS_keyctl, 1, "mark"));
    ATTACK_END;
}
