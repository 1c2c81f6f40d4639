/* Exits with 137, which looks like a kill. expect: exit exit=137 */
/* cases: 20; walls: none: a report to be exact */
int main(void)
{
    return 137;
}
