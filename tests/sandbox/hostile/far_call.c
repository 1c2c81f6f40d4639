/* Jumps into 32-bit code and calls the kernel from there. expect: forbidden */
/* cases: 76; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

static struct {
    uint32_t at;
    uint16_t segment;
} __attribute__((packed)) target;

static void jump(void)
{
    /* exit(42): mov $1, %eax; mov $42, %ebx; int $0x80 */
    static const unsigned char code[] = { 0xb8, 1, 0, 0, 0, 0xbb, 42, 0, 0, 0, 0xcd, 0x80 };
    char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED)
        _exit(1);
    memcpy(low, code, sizeof code);
    target.at = (uint32_t)(uintptr_t)low;
    target.segment = 0x23; /* user code of 32 bits */
    __asm__ volatile("mov %0, %%rsp\n ljmp *%1" : : "r"(low + 8192 - 64), "m"(target));
}

int main(void)
{
    int status = 0;
    if (fork() == 0)
        jump();
    wait(&status);
    NEVER(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
    ATTACK_END;
}
