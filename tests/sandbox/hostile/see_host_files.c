/* Looks for the host's files at every place that could show them. expect: ok */
/* cases: 59 68 69 70 85 90; walls: proc root */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static const char *const places[] = {
        "/etc/shadow",
        "/root",
        "/home",
        "/var",
        "/run",
        "/sys",
        "/boot",
        "/srv",
        "/mnt",
        "/work",
        "/usr/share/doc",
        "/usr/share/datasets",
        "/usr/local/bin",
        "/usr/src",
        "/dev/vda",
        "/dev/kvm",
        "/dev/mem",
        "/dev/fuse",
        "/dev/tty",
        "/dev/pts",
        "/proc/1/root",
        "/proc/1/cwd",
        "/proc/1/environ",
        "/proc/1/maps",
        "/proc/1/mem",
        "/proc/self/cwd/../../../root",
        "/../root",
        "/../proc/meminfo",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/kallsyms",
        "/proc/kcore",
        "/proc/keys",
        "/proc/loadavg",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/config.gz",
        "/proc/timer_list",
        "/var/run/docker.sock",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        REFUSED(open(places[i], O_PATH) < 0 ? -1 : (printf("%s\n", places[i]), 0));
    ATTACK_END;
}
