/* The kept path itself is a link. expect: artifact keep=/opt/ml/output/predictions.csv */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return symlink("/usr/bin/true", "/opt/ml/output/predictions.csv");
}
