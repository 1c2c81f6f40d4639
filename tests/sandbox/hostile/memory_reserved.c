/* Maps a terabyte and touches nothing: that is not memory. expect: ok */
/* cases: 26; walls: none: what is not touched is not memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    void *huge =
        mmap(NULL, 1ULL << 40, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return huge == MAP_FAILED;
}
