/* Links that lead to themselves, and nowhere. expect: artifact keep=/opt/ml/output */
/* cases: 48; walls: none: such a link cannot be followed */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("loop", "/opt/ml/output/loop") || symlink("/not/there", "/opt/ml/output/a");
}
