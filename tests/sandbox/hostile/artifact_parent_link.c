/* A directory on the way to the result is a link. expect: artifact
 * keep=/opt/ml/output/data/hosts */
/* cases: 49; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("/etc", "/opt/ml/output/data");
}
