/* Is anybody but the box's user: by numbers, by capabilities, by setuid programs. expect: ok */
/* cases: 64 70; walls: caps seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <grp.h>

static int field(const char *name, char *out, size_t size)
{
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    if (len <= 0)
        return -1;
    text[len] = 0;
    char *at = strstr(text, name);
    if (!at)
        return -1;
    at += strlen(name);
    at += strspn(at, " \t");
    snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
    return 0;
}

int main(void)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        { "CapInh:", "0000000000000000" },
        { "CapPrm:", "0000000000000000" },
        { "CapEff:", "0000000000000000" },
        { "CapBnd:", "0000000000000000" },
        { "CapAmb:", "0000000000000000" },
        { "NoNewPrivs:", "1" },
        { "Seccomp:", "2" },
    };
    char text[256], map[256] = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        NEVER(field(rows[i].name, text, sizeof text) || strcmp(text, rows[i].value) != 0);
    NEVER(getuid() != 1000 || geteuid() != 1000 || getgid() != 1000 || getgroups(0, NULL) > 1);
    REFUSED(setuid(0));
    REFUSED(setresuid(65534, 65534, 65534));
    REFUSED(setgid(0));
    REFUSED(setgroups(0, NULL));
    int fd = open("/proc/self/uid_map", O_RDONLY);
    read(fd, map, sizeof map - 1);
    unsigned inside = 0, outside = 0, count = 0;
    NEVER(sscanf(map, "%u %u %u", &inside, &outside, &count) != 3 || count != 1 || outside == 0);
    if (fork() == 0) { /* a setuid program must gain nothing */
        execl("/usr/bin/su", "su", "-c", "id", NULL);
        _exit(1);
    }
    int status = 0;
    wait(&status);
    NEVER(status == 0);
    NEVER(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
    ATTACK_END;
}
