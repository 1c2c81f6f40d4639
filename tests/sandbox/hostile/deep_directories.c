/* A chain of directories that no recursive walk survives. expect: artifact
 * keep=/opt/ml/output */
/* cases: 42; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    chdir("/opt/ml/output");
    for (int i = 0; i < 500; i++)
        if (mkdir("d", 0700) || chdir("d"))
            return 1;
    return open("x", O_CREAT | O_WRONLY, 0600) < 0;
}
