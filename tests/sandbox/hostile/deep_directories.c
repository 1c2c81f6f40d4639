/* A chain of directories that no recursive walk survives. expect: artifact|disk
 * keep=/opt/ml/output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    chdir("/opt/ml/output");
    for (int i = 0; i < 500; i++)
        if (mkdir("d", 0700) || chdir("d"))
            return 1;
    return 0;
}
