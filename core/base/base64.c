/* Base64. */
#include "core/base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_print(struct arena *arena, struct str bytes)
{
    struct text out = { .arena = arena };
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < bytes.len ? (unsigned char)bytes.at[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            text_char(&out, i + k <= bytes.len ? digits[three >> (18 - 6 * k) & 63] : '=');
    }
    return bytes.len ? text_str(&out) : S("");
}

static int digit_value(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

bool base64_parse(struct arena *arena, struct str text, struct str *bytes)
{
    struct text out = { .arena = arena };
    if (text.len == 0 || text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        size_t pads = last && text.at[i + 3] == '=' ? text.at[i + 2] == '=' ? 2 : 1 : 0;
        uint32_t four = 0;
        for (size_t k = 0; k < 4; k++) {
            int value = k >= 4 - pads ? 0 : digit_value(text.at[i + k]);
            if (value < 0)
                return false;
            four = four << 6 | (uint32_t)value;
        }
        for (size_t k = 0; k < 3 - pads; k++)
            text_char(&out, (char)(four >> (16 - 8 * k) & 0xff));
    }
    *bytes = text_str(&out);
    return true;
}
