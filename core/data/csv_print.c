/* Tables as CSV text. */
#include "core/data/csv.h"
#include "core/data/csv_words.h"
#include "core/data/table_print.h"

static bool needs_quotes(struct str text)
{
    if (csv_word_is_missing(text) || text.at[0] == ' ' || text.at[text.len - 1] == ' ' ||
        str_starts(text, S("\xEF\xBB\xBF"))) /* at the start of a file it would be a mark */
        return true;
    for (size_t i = 0; i < text.len; i++)
        if (strchr(",;|\t\"\r\n", text.at[i]))
            return true;
    return false;
}

/* The text itself, or a copy in quotes. */
static struct str quoted(struct arena *arena, struct str text)
{
    if (!needs_quotes(text))
        return text;
    char *copy = arena_take(arena, text.len * 2 + 2);
    size_t len = 0;
    copy[len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            copy[len++] = '"';
        copy[len++] = text.at[i];
    }
    copy[len++] = '"';
    return (struct str){ copy, len };
}

static struct table_form form_make(struct arena *arena, const struct table *table)
{
    size_t columns = table->column_count;
    struct str *before = arena_array(arena, struct str, columns);
    const struct str **levels = arena_array(arena, const struct str *, columns);
    for (size_t i = 0; i < columns; i++) {
        const struct column *column = &table->columns[i];
        before[i] = i ? S(",") : S("");
        if (column_is_numeric(column))
            continue;
        struct str *printed = arena_array(arena, struct str, column->level_count);
        for (size_t k = 0; k < column->level_count; k++)
            printed[k] = quoted(arena, column->levels[k]);
        levels[i] = printed;
    }
    return (struct table_form){ .before = before,
                                .levels = levels,
                                /* a blank line would be no row */
                                .missing = columns == 1 ? S("\"\"") : S(""),
                                .after = S("\n") };
}

static void header_print(struct text *out, const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (i)
            text_char(out, ',');
        text_add(out, quoted(out->arena, table->columns[i].name));
    }
    text_char(out, '\n');
}

void csv_print(struct text *out, const struct table *table)
{
    struct table_form form = form_make(out->arena, table);
    header_print(out, table);
    table_print(out, table, &form);
}

bool csv_save(struct arena *arena, int dir, const char *path, const struct table *table,
              unsigned threads, struct fault *why)
{
    struct table_form form = form_make(arena, table);
    struct text header = { .arena = arena };
    header_print(&header, table);
    return table_save(arena, dir, path, text_str(&header), table, &form, threads, why);
}
