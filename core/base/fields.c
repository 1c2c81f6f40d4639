/* Fields: a YAML map into a struct by a table of keys; every mistake becomes one line. */
#include "core/base/fields.h"
#include "core/base/clock.h"
#include <math.h>

#define TEXT_BYTES_MOST 200
#define ID_BYTES_MOST 63
#define PATH_BYTES_MOST 255

struct reading {
    const struct field_source *from;
    const struct field *field;
    const struct yaml *value;
    void *out; /* the struct */
};

/* ---- words ---- */

size_t words_count(const char *const *words)
{
    size_t count = 0;
    while (words && words[count])
        count++;
    return count;
}

int words_find(struct str word, const char *const *words)
{
    for (int i = 0; words && words[i]; i++)
        if (str_is(word, words[i]))
            return i;
    return -1;
}

/* Longer lists are shown by their first words. */
#define WORDS_MOST ((size_t)20)
#define WORDS_SHOWN ((size_t)12)

static void words_print(struct text *out, const char *const *words)
{
    size_t count = words_count(words), shown = count > WORDS_MOST ? WORDS_SHOWN : count;
    for (size_t i = 0; i < shown; i++)
        text_print(out, "%s%s", i ? ", " : "", words[i]);
    if (shown < count)
        text_print(out, " and others");
}

const char *words_hint(struct arena *arena, struct str word, const char *const *words)
{
    struct text out = { .arena = arena };
    const char *near = words_nearest(word, words, words_count(words));
    if (near) {
        text_print(&out, ", did you mean \"%s\"", near);
        return out.at;
    }
    text_print(&out, words_count(words) < 2 ? ", allowed is " : ", allowed are ");
    words_print(&out, words);
    if (words_count(words) == 0)
        text_print(&out, "none");
    return out.at;
}

/* ---- what was found, what is allowed ---- */

static const char *found_name(const struct reading *at)
{
    const struct yaml *value = at->value;
    if (value->kind != YAML_SCALAR)
        return value->kind == YAML_MAP ? "a map" : "a list";
    if (value->text.len == 0)
        return "empty";
    struct str shown = str_until(value->text, 60);
    return arena_print(at->from->arena, "%s\"%.*s%s\"", value->quoted ? "the text " : "",
                       STR_ARGS(shown), shown.len < value->text.len ? "..." : "");
}

/* "key was FOUND, allowed is WHAT" */
static bool refuse(const struct reading *at, const char *allowed)
{
    complain(at->from->to, at->from->file, at->value->line, "%s was %s, allowed is %s",
             at->field->key, found_name(at), allowed);
    return false;
}

static bool scalar_check(const struct reading *at, const char *allowed)
{
    if (at->value->kind == YAML_SCALAR && at->value->text.len)
        return true;
    return refuse(at, allowed);
}

static const char *range_name(const struct reading *at, const char *noun)
{
    const struct field *field = at->field;
    if (field->low == 0 && field->high == 0)
        return noun;
    if (field->low == field->high)
        return arena_print(at->from->arena, "%g", field->low);
    if (isinf(field->high))
        return arena_print(at->from->arena, "%s of at least %g", noun, field->low);
    return arena_print(at->from->arena, "%s from %.10g to %.10g", noun, field->low, field->high);
}

static bool in_range(const struct field *field, double number)
{
    return (field->low == 0 && field->high == 0) || (number >= field->low && number <= field->high);
}

/* ---- scalars ---- */

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool id_check(struct str text)
{
    if (text.len == 0 || text.len > ID_BYTES_MOST || !is_letter_or_digit(text.at[0]))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!is_letter_or_digit(text.at[i]) && !strchr("_.-", text.at[i]))
            return false;
    return !memchr(text.at, 0, text.len);
}

bool path_check(struct str text)
{
    if (text.len == 0 || text.len > PATH_BYTES_MOST || text.at[0] == '/')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f || text.at[i] == '\\')
            return false;
    struct str rest = text, part;
    while (str_cut(&rest, '/', &part))
        if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
            return false;
    return true;
}

static bool text_read(const struct reading *at, void *to)
{
    size_t most = at->field->high > 0 ? (size_t)at->field->high : TEXT_BYTES_MOST;
    const char *allowed = arena_print(at->from->arena, "a text of at most %zu bytes", most);
    if (!scalar_check(at, allowed))
        return false;
    if (at->value->text.len > most)
        return refuse(at, allowed);
    *(struct str *)to = at->value->text;
    return true;
}

static bool id_read(const struct reading *at, void *to)
{
    static const char allowed[] = "a name of letters, digits, _ . - (63 at most, no blanks)";
    if (!scalar_check(at, allowed))
        return false;
    if (!id_check(at->value->text))
        return refuse(at, allowed);
    *(struct str *)to = at->value->text;
    return true;
}

static bool path_read(const struct reading *at, void *to)
{
    static const char allowed[] = "a relative path that stays inside, without . and ..";
    if (!scalar_check(at, allowed))
        return false;
    struct str path = at->value->text;
    if (str_starts(path, S("./")))
        path = str_from(path, 2);
    if (!path_check(path))
        return refuse(at, allowed);
    *(struct str *)to = path;
    return true;
}

static bool word_read(const struct reading *at, void *to)
{
    if (!scalar_check(at, "a word"))
        return false;
    int found = words_find(at->value->text, at->field->words);
    if (found < 0) {
        complain(at->from->to, at->from->file, at->value->line, "unknown %s %s%s", at->field->key,
                 found_name(at), words_hint(at->from->arena, at->value->text, at->field->words));
        return false;
    }
    *(int *)to = found;
    return true;
}

static bool bool_read(const struct reading *at, void *to)
{
    bool yes = at->value->kind == YAML_SCALAR && str_is(at->value->text, "true");
    bool no = at->value->kind == YAML_SCALAR && str_is(at->value->text, "false");
    if (at->value->quoted || (!yes && !no))
        return refuse(at, "true or false");
    *(bool *)to = yes;
    return true;
}

static bool int_read(const struct reading *at, void *to)
{
    const char *allowed = range_name(at, "a whole number");
    int64_t number;
    if (!scalar_check(at, allowed))
        return false;
    if (at->value->quoted || !str_to_int(at->value->text, &number) ||
        !in_range(at->field, (double)number))
        return refuse(at, allowed);
    *(int64_t *)to = number;
    return true;
}

static bool number_take(const struct yaml *value, double *out)
{
    return value->kind == YAML_SCALAR && !value->quoted && str_to_double(value->text, out);
}

static bool number_read(const struct reading *at, void *to)
{
    const char *allowed = range_name(at, "a number");
    double number;
    if (!scalar_check(at, allowed))
        return false;
    if (!number_take(at->value, &number) || !in_range(at->field, number))
        return refuse(at, allowed);
    *(double *)to = number;
    return true;
}

static bool time_read(const struct reading *at, void *to)
{
    static const char allowed[] = "a time with its offset, as in 2026-02-10T18:00:00+01:00";
    if (!scalar_check(at, allowed))
        return false;
    return clock_parse(at->value->text, to) || refuse(at, allowed);
}

/* ---- lists and maps ---- */

/* One text of a list: not empty, one of the words, not there already. */
static bool list_text_check(const struct reading *at, const struct yaml *item,
                            const struct str *before, size_t count)
{
    const struct field_source *from = at->from;
    struct reading one = *at;
    one.value = item;
    if (item->kind != YAML_SCALAR || item->text.len == 0 || item->text.len > TEXT_BYTES_MOST)
        return refuse(&one, "a list of short texts");
    if (at->field->words && words_find(item->text, at->field->words) < 0) {
        complain(from->to, from->file, item->line, "unknown word %s in %s%s", found_name(&one),
                 at->field->key, words_hint(from->arena, item->text, at->field->words));
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (str_equal(before[i], item->text)) {
            complain(from->to, from->file, item->line, "%s names %s twice", at->field->key,
                     found_name(&one));
            return false;
        }
    return true;
}

static bool texts_read(const struct reading *at, void *to)
{
    const struct yaml *list = at->value;
    if (list->kind != YAML_LIST)
        return refuse(at, "a list: [a, b]");
    struct str *texts = arena_array(at->from->arena, struct str, list->count);
    int *lines = arena_array(at->from->arena, int, list->count);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!list_text_check(at, &list->members[i], texts, count))
            continue;
        lines[count] = list->members[i].line;
        texts[count++] = list->members[i].text;
    }
    *(struct str_list *)to = (struct str_list){ texts, lines, count };
    return count == list->count;
}

static bool flags_read(const struct reading *at, void *to)
{
    struct str_list list = { 0 };
    bool fine = texts_read(at, &list);
    unsigned flags = 0;
    for (size_t i = 0; i < list.count; i++)
        flags |= 1U << words_find(list.at[i], at->field->words);
    *(unsigned *)to = flags;
    return fine;
}

static bool pairs_read(const struct reading *at, void *to)
{
    const struct yaml *map = at->value;
    if (map->kind != YAML_MAP)
        return refuse(at, "a map: {name: value}");
    struct str_pair *pairs = arena_array(at->from->arena, struct str_pair, map->count);
    bool fine = true;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *item = &map->members[i];
        pairs[i] = (struct str_pair){ item->key, item->text, item->line };
        if (item->kind == YAML_SCALAR)
            continue;
        complain(at->from->to, at->from->file, item->line, "%s.%.*s was %s, allowed is one value",
                 at->field->key, STR_ARGS(item->key), item->kind == YAML_MAP ? "a map" : "a list");
        fine = false;
    }
    *(struct str_pairs *)to = (struct str_pairs){ pairs, map->count };
    return fine;
}

static bool numbers_read(const struct reading *at, void *to)
{
    const struct yaml *list = at->value;
    size_t wanted = (size_t)at->field->high;
    const char *allowed = arena_print(at->from->arena, "a list of %zu numbers", wanted);
    if (list->kind != YAML_LIST || list->count != wanted)
        return refuse(at, allowed);
    double *numbers = arena_array(at->from->arena, double, wanted);
    for (size_t i = 0; i < wanted; i++)
        if (!number_take(&list->members[i], &numbers[i]))
            return refuse(at, allowed);
    *(struct number_list *)to = (struct number_list){ numbers, wanted };
    return true;
}

static bool number_pairs_read(const struct reading *at, void *to)
{
    const struct yaml *list = at->value;
    size_t least = (size_t)at->field->low;
    const char *allowed =
        arena_print(at->from->arena, "a list of at least %zu pairs: [[0.5, 0], [0.8, 1]]", least);
    if (list->kind != YAML_LIST || list->count < least)
        return refuse(at, allowed);
    struct number_pair *pairs = arena_array(at->from->arena, struct number_pair, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *pair = &list->members[i];
        if (pair->kind != YAML_LIST || pair->count != 2 ||
            !number_take(&pair->members[0], &pairs[i].x) ||
            !number_take(&pair->members[1], &pairs[i].y))
            return refuse(at, allowed);
    }
    *(struct number_pairs *)to = (struct number_pairs){ pairs, list->count };
    return true;
}

/* ---- nested ---- */

static bool map_read(const struct field_source *from, const struct yaml *map,
                     const struct field_table *table, const char *name, void *out);

static bool table_read(const struct reading *at, void *to)
{
    return map_read(at->from, at->value, at->field->table, at->field->key, to);
}

static bool rows_fill(const struct reading *at, void *to)
{
    const struct field_table *table = at->field->table;
    const struct yaml *list = at->value;
    char *rows = arena_take_array(at->from->arena, list->count, table->row_bytes);
    bool fine = true;
    for (size_t i = 0; i < list->count; i++) {
        char *row = rows + i * table->row_bytes;
        if (table->defaults)
            memcpy(row, table->defaults, table->row_bytes);
        fine &= map_read(at->from, &list->members[i], table, at->field->key, row);
    }
    struct field_rows filled = { rows, list->count };
    memcpy(to, &filled, sizeof filled); /* the pointer there has the row's own type */
    return fine;
}

static bool rows_read(const struct reading *at, void *to)
{
    return at->value->kind == YAML_LIST ? rows_fill(at, to) : refuse(at, "a list of maps");
}

static bool named_rows_read(const struct reading *at, void *to)
{
    return at->value->kind == YAML_MAP ? rows_fill(at, to) : refuse(at, "a map of maps");
}

static bool name_read(const struct reading *at, void *to)
{
    if (!id_check(at->value->key)) {
        complain(at->from->to, at->from->file, at->value->key_line,
                 "the name \"%.*s\" was not made of letters, digits, _ . - (63 at most)",
                 STR_ARGS(str_until(at->value->key, 60)));
        return false;
    }
    *(struct str *)to = at->value->key;
    return true;
}

static bool line_read(const struct reading *at, void *to)
{
    *(int *)to = at->value->key_line ? at->value->key_line : at->value->line;
    return true;
}

static bool (*const readers[])(const struct reading *at, void *to) = {
    [FIELD_TEXT] = text_read,
    [FIELD_ID] = id_read,
    [FIELD_PATH] = path_read,
    [FIELD_WORD] = word_read,
    [FIELD_BOOL] = bool_read,
    [FIELD_INT] = int_read,
    [FIELD_NUMBER] = number_read,
    [FIELD_TIME] = time_read,
    [FIELD_TEXTS] = texts_read,
    [FIELD_FLAGS] = flags_read,
    [FIELD_PAIRS] = pairs_read,
    [FIELD_NUMBERS] = numbers_read,
    [FIELD_NUMBER_PAIRS] = number_pairs_read,
    [FIELD_TABLE] = table_read,
    [FIELD_ROWS] = rows_read,
    [FIELD_NAMED_ROWS] = named_rows_read,
    [FIELD_NAME] = name_read,
    [FIELD_LINE] = line_read,
};

static void missing_complain(const struct field_source *from, const struct yaml *map,
                             const struct field *field, const char *name)
{
    struct text allowed = { .arena = from->arena };
    if (field->words) {
        text_print(&allowed, ", allowed are ");
        words_print(&allowed, field->words);
    }
    complain(from->to, from->file, map->key_line ? map->key_line : map->line,
             "missing key \"%s\"%s%s%s", field->key, name ? " in " : "", name ? name : "",
             allowed.at ? allowed.at : "");
}

static bool keys_check(const struct field_source *from, const struct yaml *map,
                       const struct field_table *table, const char *name)
{
    const char **known = arena_array(from->arena, const char *, table->count + 1);
    size_t count = 0;
    bool fine = true;
    for (size_t i = 0; i < table->count; i++)
        if (table->fields[i].key)
            known[count++] = table->fields[i].key;
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *member = &map->members[i];
        if (words_find(member->key, known) >= 0)
            continue;
        complain(from->to, from->file, member->key_line, "unknown key \"%.*s\"%s%s%s",
                 STR_ARGS(str_until(member->key, 60)), name ? " in " : "", name ? name : "",
                 words_hint(from->arena, member->key, known));
        fine = false;
    }
    return fine;
}

static bool map_read(const struct field_source *from, const struct yaml *map,
                     const struct field_table *table, const char *name, void *out)
{
    if (map->kind != YAML_MAP) {
        complain(from->to, from->file, map->line, "%s was %s, allowed is a map of keys",
                 name ? name : "the file", map->kind == YAML_LIST ? "a list" : "one value");
        return false;
    }
    bool fine = keys_check(from, map, table, name);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        const struct yaml *value = field->key ? yaml_get(map, field->key) : map;
        if (!value && field->required) {
            missing_complain(from, map, field, name);
            fine = false;
        }
        if (value) {
            struct reading at = { from, field, value, out };
            fine &= readers[field->kind](&at, (char *)out + field->offset);
        }
    }
    return fine;
}

bool fields_read(const struct field_source *from, const struct yaml *map,
                 const struct field_table *table, void *out)
{
    return map_read(from, map, table, NULL, out);
}
