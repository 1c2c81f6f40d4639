/* Names with control characters and line breaks. expect: artifact keep=/opt/ml/output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return open("/opt/ml/output/a\n\033[31m", O_CREAT | O_WRONLY, 0600) < 0;
}
