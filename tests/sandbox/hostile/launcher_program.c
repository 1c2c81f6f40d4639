/* Reads, overwrites, starts the program that started it, as in CVE-2019-5736. expect: ok */
/* cases: 59 61; walls: dumpable,caps,landlock */
#include "tests/sandbox/hostile/attack.h"

static int start(const char *program)
{
    int status = -1;
    char *const argv[] = { "started", NULL };
    pid_t pid = fork();
    if (pid == 0) {
        execv(program, argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -1 : 0;
}

/* A script whose interpreter is the other's program. */
static int start_by_script(void)
{
    static const char text[] = "#!/proc/1/exe\n";
    int fd = open("/tmp/script", O_CREAT | O_WRONLY | O_TRUNC, 0700);
    write(fd, text, sizeof text - 1);
    close(fd);
    return start("/tmp/script");
}

int main(void)
{
    char path[256] = "";
    REFUSED(open("/proc/1/exe", O_RDONLY));
    REFUSED(open("/proc/1/exe", O_WRONLY));
    REFUSED(open("/proc/1/exe", O_PATH));
    REFUSED(open("/proc/1/map_files", O_RDONLY | O_DIRECTORY));
    REFUSED(truncate("/proc/1/exe", 0));
    REFUSED(chmod("/proc/1/exe", 0777));
    REFUSED(readlink("/proc/1/exe", path, sizeof path - 1));
    REFUSED(start("/proc/1/exe"));
    REFUSED(start_by_script());
    NEVER(readlink("/proc/self/exe", path, sizeof path - 1) < 0 ||
          strcmp(path, "/opt/ml/code/attack") != 0);
    ATTACK_END;
}
