/* Foreign text made fit to be shown. */
#include "grader/source/shown.h"

struct str shown_text(struct arena *arena, struct str text, size_t most)
{
    text = str_trim(text);
    if (text.len > most) {
        text.len = most;
        while (text.len > 0 && ((unsigned char)text.at[text.len] & 0xc0) == 0x80)
            text.len--; /* not within a character */
    }
    bool ascii_only = !str_is_utf8(text);
    char *copy = str_zero(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)copy[i];
        if (c < 0x20 || c == 0x7f || (ascii_only && c >= 0x80))
            copy[i] = '?';
    }
    return (struct str){ copy, text.len };
}
