/* The result is a pipe: opening it would wait for ever. expect: artifact keep=/opt/ml/output */
/* cases: 52; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return mkfifo("/opt/ml/output/predictions.csv", 0666);
}
