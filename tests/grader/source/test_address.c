/* Repository addresses: one table for the canonical form, one for what is refused, one for
 * patterns and networks. */
#include "tests/grader/source/repos.h"
#include <arpa/inet.h>

static void an_address_has_one_canonical_form(void **state)
{
    static const struct {
        const char *url, *text, *key, *host;
        int port;
    } cases[] = {
        { "https://github.com/org/repo", "https://github.com/org/repo",
          "https://github.com/org/repo", "github.com", 443 },
        { "HTTPS://GitHub.COM:443/Org/Repo.git", "https://github.com/Org/Repo.git",
          "https://github.com/Org/Repo", "github.com", 443 },
        { "https://h/a/b/", "https://h/a/b", "https://h/a/b", "h", 443 },
        { "https://h:8443/a.git/", "https://h:8443/a.git", "https://h:8443/a", "h", 8443 },
        { "ssh://git@h/a/b.git", "ssh://git@h/a/b.git", "ssh://git@h/a/b", "h", 22 },
        { "ssh://h:22/a", "ssh://git@h/a", "ssh://git@h/a", "h", 22 },
        { "ssh://git@H:2222/a", "ssh://git@h:2222/a", "ssh://git@h:2222/a", "h", 2222 },
        { "git@GitHub.com:org/repo.git", "ssh://git@github.com/org/repo.git",
          "ssh://git@github.com/org/repo", "github.com", 22 },
        { "git@h:/srv/a", "ssh://git@h/srv/a", "ssh://git@h/srv/a", "h", 22 },
        { "git@h:~me/a", "ssh://git@h/~me/a", "ssh://git@h/~me/a", "h", 22 },
        { "file:///srv/git/a b.git", "file:///srv/git/a b.git", "file:///srv/git/a b", "", 0 },
        { "/srv/git/a", "file:///srv/git/a", "file:///srv/git/a", "", 0 },
    };
    struct repos *at = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address got;
        struct fault why = { .text = "" };
        if (!address_parse(at->arena, str_of(cases[i].url), &got, &why))
            fail_msg("%s: %s", cases[i].url, why.text);
        assert_string_equal(str_zero(at->arena, got.text), cases[i].text);
        assert_string_equal(str_zero(at->arena, got.key), cases[i].key);
        assert_string_equal(str_zero(at->arena, got.host), cases[i].host);
        assert_int_equal(got.port, cases[i].port);
        struct address again; /* canonical means: parsing it again changes nothing */
        assert_true(address_parse(at->arena, got.text, &again, &why));
        assert_true(str_equal(again.text, got.text));
    }
}

static const struct {
    const char *url, *says;
} traps[] = {
    { "", "is empty" },
    { "http://h/a", "was not https://" },
    { "git://127.0.0.1/a", "was not https://" },
    { "ftp://h/a", "was not https://" },
    { "ext::sh -c id", "was not https://" },
    { "git-remote-x://h/a", "was not https://" },
    { "h:a/b", "was not https://" },
    { "me@h:a/b", "was not https://" },
    { "../a", "was not https://" },
    { "a/b", "was not https://" },
    { "./git@h:a", "was not https://" },
    { "file://host/a", "was not file:///absolute/path" },
    { "file://a", "was not file:///absolute/path" },
    { "file:a", "was not https://" },
    { "https://user@h/a", "held a user name" },
    { "https://user:hunter2@h/a", "held a user name" },
    { "ssh://me@h/a", "held a user name" },
    { "ssh://git:pw@h/a", "held a user name" },
    { "https://github.com@evil.org/a", "held a user name" },
    { "git@h@evil:a", "held a user name" },
    { "https://h/a/../b", "an empty, \".\" or \"..\" part" },
    { "https://h/./b", "an empty, \".\" or \"..\" part" },
    { "https://h//b", "an empty, \".\" or \"..\" part" },
    { "git@h:a/../../b", "an empty, \".\" or \"..\" part" },
    { "file:///srv/git/../../etc", "an empty, \".\" or \"..\" part" },
    { "https://h/%2e%2e/b", "had a \"%\"" },
    { "https://h/a%00b", "had a \"%\"" },
    { "https://h%2fevil/a", "had a \"%\"" },
    { "https://h/a?x=y", "had a \"?\"" },
    { "https://h/a#b", "had a \"#\"" },
    { "https://h\\@evil.org/a", "had a \"\\\"" },
    { "https://h/a\nb", "had a control character" },
    { "https://h/a b", "a character outside" },
    { "https://h/a\xc3\xa4", "a character outside" },
    { "https://h/a'b", "a character outside" },
    { "ssh://git@h/a;id", "a character outside" },
    { "ssh://git@h/$(id)", "a character outside" },
    { "https://h/a*", "had a \"*\"" },
    { "https://h", "had no path" },
    { "https://h/", "had no path" },
    { "git@h:", "had no path" },
    { "https:///a", "had no plain host name" },
    { "https://-oProxyCommand=id/a", "had no plain host name" },
    { "ssh://-oProxyCommand=id/a", "had no plain host name" },
    { "https://h./a", "had no plain host name" },
    { "https://a..b/a", "had no plain host name" },
    { "https://h_x/a", "had no plain host name" },
    { "https://[::1]/a", "no port" },
    { "https://\xd1\x85.org/a", "had no plain host name" },
    { "https://h:/a", "no port" },
    { "https://h:0/a", "no port" },
    { "https://h:65536/a", "no port" },
    { "https://h:22x/a", "no port" },
};

static void traps_in_an_address_are_refused_with_a_sentence(void **state)
{
    struct repos *at = *state;
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        struct address got;
        struct fault why = { .text = "" };
        if (address_parse(at->arena, str_of(traps[i].url), &got, &why))
            fail_msg("\"%s\" was taken for %s", traps[i].url, got.text.at);
        assert_holds(why.text, traps[i].says);
        assert_null(strstr(why.text, "hunter2"));
    }
    char *long_url = arena_take(at->arena, 2000);
    memset(long_url, 'a', 1999);
    struct address got;
    struct fault why;
    assert_false(address_parse(at->arena, str_of(long_url), &got, &why));
    assert_holds(why.text, "1024 are allowed");
}

static void a_star_is_one_segment_and_the_rest_is_literal(void **state)
{
    static const struct {
        const char *pattern, *url;
        bool allowed;
    } cases[] = {
        { "https://github.com/org/*", "https://github.com/org/a", true },
        { "https://github.com/org/*", "https://GITHUB.com/org/a.git", true },
        { "https://github.com/org/*", "https://github.com:443/org/a/", true },
        { "https://github.com/org/*.git", "https://github.com/org/a", true },
        { "https://github.com/org/*", "https://github.com/org/a/b", false },
        { "https://github.com/org/*", "https://github.com/Org/a", false },
        { "https://github.com/org/*", "https://github.com/org2/a", false },
        { "https://github.com/org/*", "https://github.com/x/org/a", false },
        { "https://github.com/org/*", "https://github.com.evil.org/org/a", false },
        { "https://github.com/org/*", "https://github.com:8443/org/a", false },
        { "https://github.com/org/*", "ssh://git@github.com/org/a", false },
        { "https://github.com/org/*", "git@github.com:org/a", false },
        { "git@github.com:org/*", "git@github.com:org/a.git", true },
        { "git@github.com:org/*", "ssh://git@github.com/org/a", true },
        { "https://h/*/x", "https://h/a/x", true },
        { "https://h/*/x", "https://h/a/b/x", false },
        { "https://h/*/*", "https://h/a/b", true },
        { "https://h/org/fraud-*", "https://h/org/fraud-team1", true },
        { "https://h/org/fraud-*", "https://h/org/other-team1", false },
        { "https://h/a*b*c", "https://h/aXbbYc", true },
        { "https://h/a*b*c", "https://h/aXbY", false },
        { "https://h/a*/b*/c", "https://h/aa/bb/c", true },
        { "https://h/a*/b*/c", "https://h/aa/xb/c", false },
        { "https://h/a", "https://h/a.git", true },
        { "https://h/a", "https://h/a.gits", false },
        { "file:///srv/*", "file:///srv/a", false },
    };
    struct repos *at = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str pattern = str_of(cases[i].pattern);
        struct address address;
        struct fault why = { .text = "" };
        assert_true(address_parse(at->arena, str_of(cases[i].url), &address, &why));
        if (address_allowed(at->arena, &address, &pattern, 1, &why) != cases[i].allowed)
            fail_msg("%s with %s", cases[i].url, cases[i].pattern);
    }
    struct address address;
    struct fault why;
    assert_true(address_parse(at->arena, S("https://h/a"), &address, &why));
    assert_false(address_allowed(at->arena, &address, NULL, 0, &why));
    assert_holds(why.text, "which allows nothing");
    static const char *const wrong[] = {
        "*",        "https://*/a", "*://h/a", "https://h:*/a", "https://*.h/a", "file:///srv/*",
        "https://h"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(address_pattern_check(at->arena, str_of(wrong[i]), &why));
    assert_true(address_pattern_check(at->arena, S("https://h/org/*"), &why));
}

static void a_local_repository_is_opened_beneath_its_directory_only(void **state)
{
    struct repos *at = *state;
    repos_sh(at, "mkdir -p git/sub/a.git out.git git2/b.git; ln -s ../out.git git/link.git; "
                 "ln -s sub git/dir; "
                 "echo > git/file; echo");
    struct fault why = { .text = "" };
    scoped(fd) int local = dir_open(at->fd, "git", &why);
    const char *root = arena_print(at->arena, "%s/git", at->dir);
    static const struct {
        const char *path;
        bool good;
        const char *says;
    } cases[] = {
        { "/git/sub/a.git", true, "" },
        { "/git/link.git", false, "through a symbolic link" },
        { "/git/dir/a.git", false, "through a symbolic link" },
        { "/git/none", false, "could not be opened: No such file" },
        { "/git/file", false, "could not be opened: Not a directory" },
        { "/git2/b.git", false, "did not lie beneath git.local" },
        { "/out.git", false, "did not lie beneath git.local" },
        { "/git", false, "did not lie beneath git.local" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        const char *url = arena_print(at->arena, "file://%s%s", at->dir, cases[i].path);
        assert_true(address_parse(at->arena, str_of(url), &address, &why));
        scoped(fd) int fd = address_open_local(&address, local, str_of(root), &why);
        assert_int_equal(fd >= 0, cases[i].good);
        if (!cases[i].good)
            assert_holds(why.text, cases[i].says);
    }
    struct address web;
    assert_true(address_parse(at->arena, S("https://h/a"), &web, &why));
    assert_int_equal(address_open_local(&web, local, str_of(root), &why), -1);
}

static void only_addresses_of_the_public_internet_are_public(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_public;
    } cases[] = {
        { "140.82.121.3", true },
        { "1.1.1.1", true },
        { "172.15.255.255", true },
        { "172.32.0.1", true },
        { "100.128.0.1", true },
        { "223.255.255.254", true },
        { "0.0.0.0", false },
        { "10.0.0.1", false },
        { "127.0.0.1", false },
        { "127.255.0.1", false },
        { "100.64.0.1", false },
        { "169.254.169.254", false },
        { "172.16.0.1", false },
        { "172.31.255.255", false },
        { "192.168.1.1", false },
        { "192.0.2.1", false },
        { "198.18.0.1", false },
        { "198.51.100.1", false },
        { "203.0.113.1", false },
        { "224.0.0.1", false },
        { "255.255.255.255", false },
        { "2606:50c0:8000::153", true },
        { "2001:4860:4860::8888", true },
        { "::1", false },
        { "::", false },
        { "fe80::1", false },
        { "fc00::1", false },
        { "fd12::1", false },
        { "ff02::1", false },
        { "2001:db8::1", false },
        { "2001::1", false },
        { "::ffff:127.0.0.1", false },
        { "::ffff:1.1.1.1", true },
        { "::127.0.0.1", false },
        { "64:ff9b::10.0.0.1", false },
        { "64:ff9b::1.1.1.1", true },
        { "2002:0a00:0001::1", false },
        { "2002:0101:0101::1", true },
        { "3fff::1", false },
        { "fec0::1", false },
        { "100::1", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sockaddr_storage at = { .ss_family = AF_INET };
        struct sockaddr_in *in = (struct sockaddr_in *)&at;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&at;
        if (inet_pton(AF_INET, cases[i].text, &in->sin_addr) != 1) {
            at.ss_family = AF_INET6;
            assert_int_equal(inet_pton(AF_INET6, cases[i].text, &in6->sin6_addr), 1);
        }
        if (address_is_public((struct sockaddr *)&at) != cases[i].is_public)
            fail_msg("%s", cases[i].text);
    }
    struct sockaddr other = { .sa_family = AF_UNIX };
    assert_false(address_is_public(&other));
}

static void other_spellings_of_loopback_are_seen_through_when_resolved(void **state)
{
    (void)state;
    static const char *const names[] = { "localhost",  "127.0.0.1", "127.1",
                                         "2130706433", "0x7f.1",    "017700000001" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct address_sockets found;
        struct fault why = { .text = "" };
        assert_int_equal(address_resolve(names[i], 443, false, &found, &why), ADDRESS_PRIVATE);
        assert_holds(why.text, "git.allow_private");
        assert_int_equal(address_resolve(names[i], 443, true, &found, &why), ADDRESS_FOUND);
        assert_true(found.count > 0);
    }
    struct address_sockets found;
    struct fault why;
    assert_int_equal(address_resolve("does-not-exist.invalid", 443, true, &found, &why),
                     ADDRESS_UNKNOWN);
    assert_int_equal(why.blame, BLAME_PASSING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_address_has_one_canonical_form),
        TEST(traps_in_an_address_are_refused_with_a_sentence),
        TEST(a_star_is_one_segment_and_the_rest_is_literal),
        TEST(a_local_repository_is_opened_beneath_its_directory_only),
        TEST(only_addresses_of_the_public_internet_are_public),
        TEST(other_spellings_of_loopback_are_seen_through_when_resolved),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
