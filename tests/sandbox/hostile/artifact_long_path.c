/* Paths longer than any buffer. expect: artifact keep=/opt/ml/output */
/* cases: 55; walls: none: the bound is that of the message */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    char name[256] = "";
    memset(name, 'x', 255);
    chdir("/opt/ml/output");
    for (int i = 0; i < 16; i++)
        if (mkdir(name, 0700) || chdir(name))
            return 1;
    return open(name, O_CREAT | O_WRONLY, 0600) < 0;
}
