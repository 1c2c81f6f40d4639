/* Learns the host's names: host name, control groups, mounts, other processes. expect: ok */
/* cases: 70 89; walls: utsns cgroupns proc */
#include "tests/sandbox/hostile/attack.h"
#include <dirent.h>
#include <sys/utsname.h>

int main(void)
{
    struct utsname name;
    char text[65536] = "";
    uname(&name);
    NEVER(strcmp(name.nodename, "box") != 0);
    REFUSED(sethostname("mine", 4));
    read(open("/proc/self/cgroup", O_RDONLY), text, sizeof text - 1);
    NEVER(strstr(text, "holdout") != NULL);
    memset(text, 0, sizeof text);
    read(open("/proc/self/mountinfo", O_RDONLY), text, sizeof text - 1);
    NEVER(strstr(text, "holdout-box") != NULL || strstr(text, "/root") != NULL);
    DIR *list = opendir("/proc");
    for (struct dirent *entry; list && (entry = readdir(list));) {
        long pid = strtol(entry->d_name, NULL, 10);
        NEVER(pid > 0 && pid != getpid());
    }
    ATTACK_END;
}
