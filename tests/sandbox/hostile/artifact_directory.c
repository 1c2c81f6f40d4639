/* A directory stands where the file should be, with a file in it. expect: ok
 * keep=/opt/ml/output/predictions.csv files=1 */
/* cases: 52; walls: none: a directory with a file in it is what may be kept */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    mkdir("/opt/ml/output/predictions.csv", 0700);
    return open("/opt/ml/output/predictions.csv/x", O_CREAT | O_WRONLY, 0600) < 0;
}
