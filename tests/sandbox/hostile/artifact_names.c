/* Names with control characters and line breaks. expect: artifact keep=/opt/ml/output */
/* cases: 55; walls: none: the caller refuses such names as well */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return open("/opt/ml/output/a\n\033[31m", O_CREAT | O_WRONLY, 0600) < 0;
}
