/* The kept path itself is a link. expect: artifact keep=/opt/ml/output/predictions.csv */
/* cases: 48; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("/etc/hosts", "/opt/ml/output/predictions.csv");
}
