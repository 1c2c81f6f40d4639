/* The result is a link to a file of the host. expect: artifact keep=/opt/ml/output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("/etc/passwd", "/opt/ml/output/predictions.csv");
}
