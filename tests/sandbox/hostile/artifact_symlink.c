/* The result is a link to a file of the launcher. expect: artifact keep=/opt/ml/output */
/* cases: 48; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("/etc/hosts", "/opt/ml/output/predictions.csv");
}
