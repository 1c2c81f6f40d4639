/* Writes to what tunes the kernel; it must not even be seen. expect: ok */
/* cases: 67; walls: proc */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static const char *const places[] = { "/proc/sys/kernel/core_pattern",
                                          "/proc/sys/kernel/hostname",
                                          "/proc/sys/vm/overcommit_memory",
                                          "/proc/sys/fs/binfmt_misc/register",
                                          "/proc/sysrq-trigger",
                                          "/proc/irq/default_smp_affinity",
                                          "/proc/acpi",
                                          "/proc/scsi/scsi",
                                          "/proc/fs",
                                          "/proc/bus" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        NEVER(access(places[i], F_OK) == 0 && printf("%s\n", places[i]));
    int map = open("/proc/self/uid_map", O_WRONLY),
        time = open("/proc/self/timens_offsets", O_WRONLY);
    NEVER(map >= 0 && write(map, "0 0 1", 5) > 0);
    NEVER(time >= 0 && write(time, "monotonic 100 0", 15) > 0);
    ATTACK_END;
}
