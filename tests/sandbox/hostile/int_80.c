/* A system call by the 32-bit door: getpid through int 0x80. expect: forbidden */
int main(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    return result > 0 ? 0 : 1;
}
