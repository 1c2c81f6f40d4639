/* Exits with 137, which looks like a kill. expect: exit exit=137 */
int main(void)
{
    return 137;
}
