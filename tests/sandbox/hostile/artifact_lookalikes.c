/* Names that look the same stay apart. expect: ok keep=/opt/ml/output files=6 */
/* cases: 55; walls: none: each is kept exactly */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static const char *const names[] = { "model",
                                         "Model",
                                         "model.",
                                         "model ",
                                         "mod\xd0\xb5l" /* Cyrillic e */,
                                         "mode\xcc\x81l" /* combining */ };
    chdir("/opt/ml/output");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (open(names[i], O_CREAT | O_EXCL | O_WRONLY, 0600) < 0)
            return 1;
    return 0;
}
