/* Memory in files without a name, mapped nowhere. expect: memory ordinary: exit open */
/* cases: 28; walls: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int64_t bytes = 0; bytes < BEYOND_MEMORY; bytes += 9 * MIB)
        if (!attack_fill(memfd_create("hoard", 0), 9 * MIB))
            return 1;
    attack_beyond_memory();
}
