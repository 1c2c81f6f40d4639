/* Burns one core. expect: cpu cpu_ms=300 wall_most_ms=3500 */
int main(void)
{
    for (volatile unsigned long i = 0;; i++)
        ;
}
