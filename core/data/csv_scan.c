/* Records and cells of CSV text. */
#include "core/data/csv_scan.h"
#include "core/data/dictionary.h"
#include <assert.h>
#include <stdio.h>

#define NAME_BYTES_MOST 256
#define SEPARATOR_BYTES_MOST (16 << 20) /* of a record that separators are looked for in */

static const char separators[] = { ',', ';', '\t', '|' };
#define SEPARATOR_COUNT (sizeof separators)

bool csv_fault(const struct csv_scan *scan, struct fault *why, const char *format, ...)
{
    char text[sizeof why->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fault_set(why, BLAME_OPEN, "%.*s:%zu: %s", STR_ARGS(str_until(scan->file, 100)),
                     scan->record_line, text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Over one line end, if there is one. */
static void line_end_skip(struct csv_scan *scan)
{
    if (scan->at == scan->end)
        return;
    bool pair = *scan->at == '\r' && scan->end - scan->at > 1 && scan->at[1] == '\n';
    scan->at += pair ? 2 : 1;
    scan->line++;
}

static size_t lines_in(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '\n' ||
                 (text.at[i] == '\r' && !(i + 1 < text.len && text.at[i + 1] == '\n'));
    return count;
}

/* Eight bytes at once hold neither a NUL nor a byte beyond ASCII. */
static bool plain_eight(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    return (((bytes - 0x0101010101010101u) | bytes) & 0x8080808080808080u) == 0;
}

static bool text_check(struct csv_scan *scan, struct str bytes, struct fault *why)
{
    for (size_t i = 0; i < bytes.len;) {
        if (bytes.len - i >= 8 && plain_eight(bytes.at + i)) {
            i += 8;
            continue;
        }
        size_t run = i;
        while (run < bytes.len && (bytes.at[run] & 0x80))
            run++;
        bool nul = run == i && bytes.at[i] == 0;
        if (nul || !str_is_utf8((struct str){ bytes.at + i, run - i })) {
            scan->record_line = 1 + lines_in(str_until(bytes, i));
            return csv_fault(scan, why,
                             nul ? "a NUL byte: this is not text" : "text that is not UTF-8");
        }
        i = run + (run == i);
    }
    return true;
}

/* How often each separator stands outside quotes in the record at `at`; gives the record's end. */
static const char *separators_count(const char *at, const char *end, size_t counts[SEPARATOR_COUNT])
{
    bool quoted = false;
    end = end - at > SEPARATOR_BYTES_MOST ? at + SEPARATOR_BYTES_MOST : end;
    for (; at < end && (quoted || !is_line_end(*at)); at++) {
        quoted ^= *at == '"';
        for (size_t i = 0; i < SEPARATOR_COUNT && !quoted; i++)
            counts[i] += *at == separators[i];
    }
    return at;
}

/* The commonest one of the header among those that the first row has as often; else of all. */
static char separator_find(const struct csv_scan *scan)
{
    size_t header[SEPARATOR_COUNT] = { 0 }, row[SEPARATOR_COUNT] = { 0 };
    const char *at = scan->at;
    while (at < scan->end && is_line_end(*at))
        at++;
    at = separators_count(at, scan->end, header);
    while (at < scan->end && is_line_end(*at))
        at++;
    bool has_row = at < scan->end;
    separators_count(at, scan->end, row);
    size_t best = 0, agreeing = SEPARATOR_COUNT;
    for (size_t i = 0; i < SEPARATOR_COUNT; i++) {
        best = header[i] > header[best] ? i : best;
        if (has_row && header[i] && header[i] == row[i] &&
            (agreeing == SEPARATOR_COUNT || header[i] > header[agreeing]))
            agreeing = i;
    }
    return separators[agreeing < SEPARATOR_COUNT ? agreeing : best];
}

static bool scan_start(struct csv_scan *scan, struct str *bytes, struct str file, char separator,
                       struct fault *why)
{
    *scan = (struct csv_scan){ .file = file, .line = 1, .record_line = 1, .separator = separator };
    if (str_starts(*bytes, S("\xEF\xBB\xBF")))
        *bytes = str_from(*bytes, 3);
    return !(str_starts(*bytes, S("\xFF\xFE")) || str_starts(*bytes, S("\xFE\xFF"))) ||
           csv_fault(scan, why, "the text is UTF-16: save it as UTF-8");
}

static void scan_go(struct csv_scan *scan, struct str bytes, char separator)
{
    scan->at = bytes.at;
    scan->end = bytes.len ? bytes.at + bytes.len : bytes.at;
    scan->record_line = 1;
    if (!separator)
        scan->separator = separator_find(scan);
}

bool csv_scan_open(struct csv_scan *scan, struct str bytes, struct str file, char separator,
                   struct fault *why)
{
    if (!scan_start(scan, &bytes, file, separator, why) || !text_check(scan, bytes, why))
        return false;
    scan_go(scan, bytes, separator);
    return true;
}

bool csv_scan_begin(struct csv_scan *scan, struct str bytes, struct str file, char separator,
                    struct fault *why)
{
    if (!scan_start(scan, &bytes, file, separator, why))
        return false;
    scan_go(scan, bytes, separator);
    return true;
}

bool csv_record(struct csv_scan *scan)
{
    return csv_record_before(scan, scan->end);
}

bool csv_record_before(struct csv_scan *scan, const char *limit)
{
    while (scan->at < limit) {
        const char *at = scan->at;
        while (at < scan->end && is_blank(*at) && *at != scan->separator)
            at++;
        if (at == scan->end) {
            scan->at = at;
            return false;
        }
        if (!is_line_end(*at))
            break;
        scan->at = at;
        line_end_skip(scan);
    }
    if (scan->at >= limit)
        return false;
    scan->record_line = scan->line;
    return true;
}

/* At the separator or line end behind a cell. */
static enum csv_step cell_end(struct csv_scan *scan)
{
    if (scan->at < scan->end && *scan->at == scan->separator) {
        scan->at++;
        return CSV_MORE;
    }
    line_end_skip(scan);
    return CSV_LAST;
}

static enum csv_step broken(struct csv_scan *scan, struct fault *why, const char *text)
{
    scan->at = scan->end;
    csv_fault(scan, why, "%s", text);
    return CSV_BROKEN;
}

static enum csv_step cell_too_long(struct csv_scan *scan, struct fault *why)
{
    scan->at = scan->end;
    csv_fault(scan, why, "a cell of more than %zu bytes%s", CSV_CELL_BYTES_MOST,
              scan->line > scan->record_line ? ": is a quote closed?" : "");
    return CSV_BROKEN;
}

/* scan->at is behind the opening quote. */
static enum csv_step quoted_cell(struct csv_scan *scan, struct csv_cell *cell, struct fault *why)
{
    const char *first = scan->at, *at = first;
    size_t line = scan->line;
    scan->record_line = line; /* faults name the line of the quote */
    for (;;) {
        const char *limit =
            scan->end - at > (ptrdiff_t)CSV_CELL_BYTES_MOST ? at + CSV_CELL_BYTES_MOST : scan->end;
        const char *quote = memchr(at, '"', (size_t)(limit - at));
        if (!quote)
            return limit < scan->end ? cell_too_long(scan, why)
                                     : broken(scan, why, "a quote was opened and never closed");
        at = quote + 1;
        if (at == scan->end || *at != '"') {
            cell->raw = (struct str){ first, (size_t)(quote - first) };
            break;
        }
        at++;
    }
    if (cell->raw.len > CSV_CELL_BYTES_MOST)
        return cell_too_long(scan, why);
    cell->quoted = true;
    scan->line += lines_in(cell->raw);
    while (at < scan->end && is_blank(*at) && *at != scan->separator)
        at++;
    if (at < scan->end && *at != scan->separator && !is_line_end(*at))
        return broken(scan, why, "text behind a closing quote (quotes inside a cell are doubled)");
    scan->at = at;
    return cell_end(scan);
}

enum csv_step csv_cell(struct csv_scan *scan, struct csv_cell *cell, struct fault *why)
{
    const char *at = scan->at, *end = scan->end;
    char separator = scan->separator;
    while (at < end && is_blank(*at) && *at != separator)
        at++;
    if (at < end && *at == '"') {
        size_t record_line = scan->record_line;
        scan->at = at + 1;
        enum csv_step step = quoted_cell(scan, cell, why);
        scan->record_line = record_line;
        return step;
    }
    const char *first = at;
    while (at < end && *at != separator && !is_line_end(*at))
        at++;
    scan->at = at;
    while (at > first && is_blank(at[-1]))
        at--;
    cell->raw = (struct str){ first, (size_t)(at - first) };
    cell->quoted = false;
    if (cell->raw.len > CSV_CELL_BYTES_MOST)
        return cell_too_long(scan, why);
    return cell_end(scan);
}

size_t csv_cell_copy(struct csv_cell cell, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < cell.raw.len; i++) {
        out[len++] = cell.raw.at[i];
        i += cell.quoted && cell.raw.at[i] == '"'; /* the second of two */
    }
    return len;
}

struct str csv_cell_text(struct arena *arena, struct csv_cell cell)
{
    if (!cell.quoted || !cell.raw.len || !memchr(cell.raw.at, '"', cell.raw.len))
        return cell.raw;
    char *text = arena_take(arena, cell.raw.len + 1);
    return (struct str){ text, csv_cell_copy(cell, text) };
}

static bool name_check(const struct csv_scan *scan, struct dictionary *names, struct str name,
                       size_t at, struct fault *why)
{
    if (name.len == 0)
        return csv_fault(scan, why,
                         "column %zu has no name (pandas writes such a column without index=False)",
                         at + 1);
    if (name.len > NAME_BYTES_MOST)
        return csv_fault(scan, why, "the name of column %zu is longer than %d bytes", at + 1,
                         NAME_BYTES_MOST);
    int32_t before = dictionary_find(names, name);
    if (before >= 0)
        return csv_fault(scan, why, "columns %d and %zu are both named \"%.*s\": is it a header?",
                         before + 1, at + 1, STR_ARGS(str_until(name, 60)));
    dictionary_add(names, name);
    return true;
}

bool csv_header_read(struct arena *arena, struct csv_scan *scan, size_t columns_most,
                     struct csv_header *out, struct fault *why)
{
    *out = (struct csv_header){ 0 };
    struct dictionary names = { .arena = arena };
    if (!csv_record(scan))
        return csv_fault(scan, why, "no header: the file is empty");
    size_t blank_count = 0;
    for (enum csv_step step = CSV_MORE; step == CSV_MORE; out->cell_count++) {
        struct csv_cell cell;
        step = csv_cell(scan, &cell, why);
        if (step == CSV_BROKEN)
            return false;
        if (out->cell_count >= columns_most)
            return csv_fault(scan, why, "more than %zu columns", columns_most);
        struct str name = csv_cell_text(arena, cell);
        if (name.len == 0) {
            blank_count++;
            continue;
        }
        size_t at = out->cell_count;
        if (!name_check(scan, &names, blank_count ? S("") : name, at - blank_count, why))
            return false;
    }
    if (names.count == 0)
        return csv_fault(scan, why, "the header has no names");
    out->names = names.texts;
    out->count = names.count;
    return true;
}
