/* Learns the host's names: host name, control groups, other processes. expect: ok */
#include "tests/sandbox/hostile/attack.h"
#include <dirent.h>
#include <sys/utsname.h>

int main(void)
{
    struct utsname name;
    char text[8192] = "";
    uname(&name);
    NEVER(strcmp(name.nodename, "box") != 0);
    REFUSED(sethostname("mine", 4));
    int fd = open("/proc/self/cgroup", O_RDONLY);
    read(fd, text, sizeof text - 1);
    NEVER(strstr(text, "holdout") != NULL);
    DIR *list = opendir("/proc");
    for (struct dirent *entry; list && (entry = readdir(list));) {
        long pid = strtol(entry->d_name, NULL, 10);
        NEVER(pid > 0 && pid != getpid());
    }
    ATTACK_END;
}
