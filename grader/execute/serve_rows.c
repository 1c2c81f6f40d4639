/* Bodies of requests from rows. */
#include "grader/execute/serve_rows.h"
#include "core/data/csv_words.h"

static struct str cell(const struct serve_rows *rows, size_t row, size_t column)
{
    return rows->table.cells[row * rows->table.width + column];
}

static bool is_missing(struct str text)
{
    return text.len == 0 || csv_word_is_missing(text);
}

static bool column_is_number(const struct serve_rows *rows, size_t column)
{
    double ignored;
    size_t numbers = 0;
    for (size_t i = 0; i < rows->table.row_count; i++) {
        struct str text = cell(rows, i, column);
        if (is_missing(text))
            continue;
        if (!str_to_double(text, &ignored))
            return false;
        numbers++;
    }
    return numbers > 0;
}

bool serve_rows_parse(struct arena *arena, struct str csv, const struct job_serve *plan,
                      struct serve_rows *out, struct fault *why)
{
    if (!serve_table_parse(arena, csv, JOB_SERVE_ROWS_MOST, &out->table, why))
        return fault_within(why, "rows to serve");
    out->id_at = serve_column(&out->table, str_of(plan->id));
    out->item_at = plan->item[0] ? serve_column(&out->table, str_of(plan->item)) : SIZE_MAX;
    if (out->id_at == SIZE_MAX || (plan->item[0] && out->item_at == SIZE_MAX))
        return fault_set(why, BLAME_OPEN, "rows to serve had no column %.80s",
                         out->id_at == SIZE_MAX ? plan->id : plan->item);
    if (!out->table.row_count)
        return fault_set(why, BLAME_OPEN, "there were no rows to serve");
    out->is_number = arena_array(arena, bool, out->table.width);
    for (size_t i = 0; i < out->table.width; i++)
        out->is_number[i] = i != out->id_at && i != out->item_at && column_is_number(out, i);
    return true;
}

struct str serve_rows_cut(struct arena *arena, struct str csv, const char *id, size_t most)
{
    struct serve_reader reader = { .arena = arena, .rest = csv };
    struct serve_record *record = arena_new(arena, struct serve_record);
    struct fault ignored;
    struct str last = S("");
    size_t id_at = 0;
    if (!serve_record_read(&reader, record, &ignored))
        return csv;
    while (id_at < record->count && !str_is(record->cells[id_at], id))
        id_at++;
    for (size_t i = 0;; i++) {
        size_t end = csv.len - reader.rest.len;
        if (!serve_record_read(&reader, record, &ignored) || id_at >= record->count)
            return csv;
        if (i >= most && !str_equal(record->cells[id_at], last))
            return str_until(csv, end);
        last = record->cells[id_at];
    }
}

size_t serve_batch_end(const struct serve_rows *rows, size_t from, size_t size)
{
    size_t end = from, bytes = 0;
    while (end < rows->table.row_count) {
        bool same =
            end > from && str_equal(cell(rows, end, rows->id_at), cell(rows, end - 1, rows->id_at));
        if (!same && (end - from >= size || bytes > SERVE_BODY_MOST))
            break;
        for (size_t i = 0; i < rows->table.width; i++)
            bytes += cell(rows, end, i).len;
        end++;
    }
    return end;
}

struct str serve_row_key(struct arena *arena, const struct serve_rows *rows, size_t row)
{
    struct text key = { .arena = arena };
    if (rows->item_at == SIZE_MAX)
        return cell(rows, row, rows->id_at);
    text_add(&key, cell(rows, row, rows->id_at));
    text_char(&key, 0);
    text_add(&key, cell(rows, row, rows->item_at));
    return text_str(&key);
}

static void csv_cell_add(struct text *out, struct str text)
{
    bool quote = false;
    for (size_t i = 0; i < text.len; i++)
        quote |= text.at[i] == '"' || text.at[i] == ',' || text.at[i] == '\n' || text.at[i] == '\r';
    if (!quote) {
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

static void csv_line_add(struct text *out, const struct str *cells, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        if (i > 0)
            text_char(out, ',');
        csv_cell_add(out, cells[i]);
    }
    text_char(out, '\n');
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_json_number(struct str text)
{
    size_t at = 0, from;
#define DIGITS()                                                                                   \
    for (from = at; at < text.len && text.at[at] >= '0' && text.at[at] <= '9';)                    \
    at++
    at += text.len && text.at[0] == '-';
    DIGITS();
    if (at == from || (text.at[from] == '0' && at - from > 1))
        return false;
    if (at < text.len && text.at[at] == '.') {
        at++;
        DIGITS();
        if (at == from)
            return false;
    }
    if (at < text.len && (text.at[at] == 'e' || text.at[at] == 'E')) {
        at++;
        at += at < text.len && (text.at[at] == '+' || text.at[at] == '-');
        DIGITS();
        if (at == from)
            return false;
    }
#undef DIGITS
    return at == text.len;
}

static void record_add(struct json_out *out, struct arena *arena, const struct serve_rows *rows,
                       size_t row)
{
    double number;
    json_open_map(out, NULL);
    for (size_t i = 0; i < rows->table.width; i++) {
        struct str text = cell(rows, row, i);
        const char *key = str_zero(arena, rows->table.columns[i]);
        bool name = i == rows->id_at || i == rows->item_at;
        if (!name && is_missing(text))
            json_add_null(out, key);
        else if (!rows->is_number[i])
            json_add_text(out, key, text);
        else if (is_json_number(text))
            json_add_raw(out, key, text);
        else if (str_to_double(text, &number))
            json_add_double(out, key, number);
    }
    json_close_map(out);
}

struct str serve_body(struct arena *arena, const struct serve_rows *rows, enum job_serve_type type,
                      size_t from, size_t end)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    if (type == SERVE_CSV)
        csv_line_add(&text, rows->table.columns, rows->table.width);
    if (type == SERVE_JSON) {
        json_open_map(&out, NULL);
        json_open_list(&out, "instances");
    }
    for (size_t i = from; i < end; i++) {
        if (type == SERVE_CSV) {
            csv_line_add(&text, rows->table.cells + i * rows->table.width, rows->table.width);
            continue;
        }
        if (type == SERVE_JSONLINES)
            out.comma = false;
        record_add(&out, arena, rows, i);
        if (type == SERVE_JSONLINES)
            text_char(&text, '\n');
    }
    if (type == SERVE_JSON) {
        json_close_list(&out);
        json_close_map(&out);
    }
    return text_str(&text);
}
