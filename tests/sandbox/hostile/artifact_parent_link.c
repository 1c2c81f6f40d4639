/* A directory on the way to the result is a link. expect: artifact
 * keep=/opt/ml/output/data/status */
/* cases: 49; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("/proc/self", "/opt/ml/output/data");
}
