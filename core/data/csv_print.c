/* Tables as CSV text. */
#include "core/data/csv.h"
#include "core/data/csv_words.h"
#include "core/data/number.h"
#include "core/data/time.h"

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

static void cell_print(struct text *out, struct str text)
{
    if (!needs_quotes(text)) {
        text_add(out, text);
        return;
    }
    text_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            text_char(out, '"');
        text_char(out, text.at[i]);
    }
    text_char(out, '"');
}

static void value_print(struct text *out, const struct column *column, size_t row, bool alone)
{
    char number[TIME_BYTES];
    if (column_is_missing(column, row))
        text_add(out, alone ? S("\"\"") : S("")); /* a blank line would be no row */
    else if (column->kind == COLUMN_TIME)
        text_add(out, (struct str){ number,
                                    time_print(column->numbers[row], column->time_form, number) });
    else if (column_is_numeric(column))
        text_add(out, (struct str){ number, number_print(column->numbers[row], number) });
    else
        cell_print(out, column->levels[column->codes[row]]);
}

void csv_print(struct text *out, const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (i)
            text_char(out, ',');
        cell_print(out, table->columns[i].name);
    }
    text_char(out, '\n');
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->column_count; i++) {
            if (i)
                text_char(out, ',');
            value_print(out, &table->columns[i], row, table->column_count == 1);
        }
        text_char(out, '\n');
    }
}
