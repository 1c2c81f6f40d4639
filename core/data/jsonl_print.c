/* Tables as JSON lines. */
#include "core/data/jsonl.h"
#include "core/data/table_print.h"

static char *escape_put(unsigned char c, char *out)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt", hex[] = "0123456789abcdef";
    *out++ = '\\';
    const char *special = c ? strchr(from, c) : NULL;
    if (special) {
        *out++ = to[special - from];
        return out;
    }
    memcpy(out, "u00", 3);
    out[3] = hex[c >> 4];
    out[4] = hex[c & 15];
    return out + 5;
}

/* `before`, the text in quotes with its escapes, `after`. */
static struct str quoted(struct arena *arena, const char *before, struct str text,
                         const char *after)
{
    size_t head = strlen(before), tail = strlen(after);
    char *copy = arena_take(arena, head + text.len * 6 + 2 + tail), *out = copy + head;
    memcpy(copy, before, head);
    *out++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c < ' ' || c == '"' || c == '\\')
            out = escape_put(c, out);
        else
            *out++ = (char)c;
    }
    *out++ = '"';
    memcpy(out, after, tail);
    return (struct str){ copy, (size_t)(out - copy) + tail };
}

static struct table_form form_make(struct arena *arena, const struct table *table)
{
    size_t columns = table->column_count;
    struct str *before = arena_array(arena, struct str, columns);
    const struct str **levels = arena_array(arena, const struct str *, columns);
    for (size_t i = 0; i < columns; i++) {
        const struct column *column = &table->columns[i];
        before[i] = quoted(arena, i ? "," : "{", column->name, ":");
        if (column_is_numeric(column))
            continue;
        struct str *printed = arena_array(arena, struct str, column->level_count);
        for (size_t k = 0; k < column->level_count; k++)
            printed[k] = quoted(arena, "", column->levels[k], "");
        levels[i] = printed;
    }
    return (struct table_form){ .before = before,
                                .levels = levels,
                                .missing = S("null"),
                                .after = columns ? S("}\n") : S("{}\n"),
                                .times_quoted = true };
}

void jsonl_print(struct text *out, const struct table *table)
{
    struct table_form form = form_make(out->arena, table);
    table_print(out, table, &form);
}

bool jsonl_save(struct arena *arena, int dir, const char *path, const struct table *table,
                unsigned threads, struct fault *why)
{
    struct table_form form = form_make(arena, table);
    return table_save(arena, dir, path, S(""), table, &form, threads, why);
}
