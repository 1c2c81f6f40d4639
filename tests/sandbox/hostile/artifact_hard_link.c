/* The result has a second name. expect: artifact keep=/opt/ml/output/predictions.csv */
/* cases: 51; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/opt/ml/output/other", O_CREAT | O_WRONLY, 0600);
    write(fd, "x", 1);
    if (link("/opt/ml/output/other", "/opt/ml/output/predictions.csv"))
        return 1;
    REFUSED(link("/usr/bin/true", "/opt/ml/output/true"));
    REFUSED(link("/etc/passwd", "/opt/ml/output/passwd"));
    ATTACK_END;
}
