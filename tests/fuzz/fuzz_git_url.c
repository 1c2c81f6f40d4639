/* Repository addresses and patterns from any bytes: what is taken is canonical and holds no
 * trap. */
#include "grader/source/address.h"
#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool has(struct str text, const char *piece)
{
    return memmem(text.at, text.len, piece, strlen(piece)) != NULL;
}

static void check_address(struct arena *arena, const struct address *address)
{
    struct address again;
    struct fault why;
    struct str whole = str_from(address->text, address->scheme == ADDRESS_SSH ? 10 : 8);
    check(address_parse(arena, address->text, &again, &why));
    check(str_equal(again.text, address->text) && again.port == address->port);
    check(address->path.len > 1 && address->path.at[0] == '/');
    check(!has(address->path, "//") && !has(address->path, "/../") && !has(address->path, "/./"));
    check(!str_ends(address->path, S("/..")) && !str_ends(address->path, S("/")));
    check(!has(address->text, "%") && !has(address->text, "\\") && !has(address->text, "\n"));
    check(!has(address->host, "@") && !has(address->host, "/"));
    check(address->host.len == 0 || address->host.at[0] != '-'); /* never taken for an option */
    check(address->scheme == ADDRESS_FILE || (address->host.len > 0 && address->port > 0));
    check(address->scheme == ADDRESS_FILE || str_starts(whole, address->host));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct str all = { (const char *)bytes, size };
    struct str pattern = S("");
    struct str url = all;
    struct address address;
    struct fault why;
    size_t zero;
    if (str_find(all, 0, &zero)) {
        url = str_until(all, zero);
        pattern = str_from(all, zero + 1);
    }
    bool good_pattern = address_pattern_check(arena, pattern, &why);
    if (!address_parse(arena, url, &address, &why)) {
        check(str_is_utf8(str_of(why.text)) || !str_is_utf8(url));
        return 0;
    }
    check_address(arena, &address);
    bool allowed = address_allowed(arena, &address, &pattern, 1, &why);
    check(!allowed || (good_pattern && address.scheme != ADDRESS_FILE));
    /* an address allows itself, and nothing of another host */
    check(address.scheme == ADDRESS_FILE ||
          address_allowed(arena, &address, &address.text, 1, &why));
    bool same_host = false; /* no star stands for a host name */
    for (size_t i = 0; allowed && i + address.host.len <= pattern.len; i++)
        same_host =
            same_host || strncasecmp(pattern.at + i, address.host.at, address.host.len) == 0;
    check(!allowed || same_host);
    return 0;
}
