/* A million empty files. expect: disk */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    char path[64];
    for (int i = 0; i < 1000000; i++) {
        snprintf(path, sizeof path, "/opt/ml/output/%d", i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd < 0)
            return 1;
        close(fd);
    }
    return 0;
}
