/* apt's sources, in both of their forms. */
#include "grader/commands/apt_source.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void the_first_source_of_the_release_is_found(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const struct {
        const char *text;
        bool deb822;
        const char *mirror; /* NULL: none */
    } cases[] = {
        { "# deb http://no/debian bookworm main\ndeb http://a/debian bookworm main contrib\n",
          false, "http://a/debian" },
        { "deb [arch=amd64 signed-by=/k] https://b/debian  bookworm  main\n", false,
          "https://b/debian" },
        { "deb http://c/debian bookworm-security main\n", false, NULL },
        { "deb http://c/other bookworm tools\n", false, NULL },
        { "deb cdrom:[Debian]/ bookworm main\n", false, NULL },
        { "deb [ unfinished", false, NULL },
        { "Types: deb\nURIs: http://d/debian http://e\nSuites: bookworm bookworm-updates\n"
          "Components: main\n",
          true, "http://d/debian" },
        { "Types: deb\n# a comment\nURIs: http://f/security\nSuites: bookworm-security\n"
          "Components: main\n\nTypes: deb deb-src\nURIs: http://g/debian\nSuites: bookworm\n"
          "Components: main\n",
          true, "http://g/debian" },
        { "Types: deb-src\nURIs: http://h\nSuites: bookworm\nComponents: main\n", true, NULL },
        { "", true, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct apt_source found;
        bool there =
            apt_source_parse(arena, str_of(cases[i].text), cases[i].deb822, S("bookworm"), &found);
        if (there != (cases[i].mirror != NULL))
            fail_msg("case %zu: %s", i, there ? found.mirror : "none");
        if (!there)
            continue;
        assert_string_equal(found.mirror, cases[i].mirror);
        assert_string_equal(found.suite, "bookworm");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_source_of_the_release_is_found),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
