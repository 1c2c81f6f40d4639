/* Rows that stand there twice. */
#include "core/data/duplicates.h"
#include "core/data/number.h"
#include <math.h>

__extension__ typedef unsigned __int128 wide;

#define NEAR_DIGITS 6

/* A row's hash; all zero where the table of rows is free. */
struct digest {
    uint64_t a, b;
};

static uint64_t mix(uint64_t x, uint64_t y)
{
    wide product = (wide)(x ^ 0x9E3779B97F4A7C15u) * (y ^ 0xD1B54A32D192ED03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void digest_add(struct digest *digest, uint64_t x)
{
    digest->a = mix(digest->a, x);
    digest->b = mix(digest->b + 0x632BE59BD9B4E019u, x ^ 0xA0761D6478BD642Fu);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    value = value == 0 ? 0 : value; /* no -0.0 */
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The number with 6 significant digits. */
static uint64_t near_bits(double value)
{
    if (value == 0)
        return 0;
    int power = (int)floor(log10(fabs(value))) - (NEAR_DIGITS - 1);
    double unit = pow(10, power > -300 ? power : -300);
    double digits = round(value / unit);
    if (fabs(digits) >= 1e6) {
        digits /= 10;
        power++;
    }
    return mix(bits_of(digits), (uint64_t)(int64_t)power);
}

static uint64_t text_hash(struct str text, bool near)
{
    uint64_t h = 0x51ED270B35AE3C1Bu;
    bool blank = true, any = false; /* blank: so was the byte before */
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool is_blank = near && (c == ' ' || (c >= '\t' && c <= '\r'));
        if (is_blank) {
            blank = true;
            continue;
        }
        if (near && blank && any)
            h = mix(h, ' ');
        h = mix(h, near && c >= 'A' && c <= 'Z' ? c + 32u : c);
        blank = false;
        any = true;
    }
    return h;
}

/* A number is its text's hash where the other table has texts in this column. */
static uint64_t number_hash(const struct column *column, double value, bool as_text, bool near)
{
    char text[NUMBER_BYTES];
    if (as_text)
        return text_hash((struct str){ text, number_print(value, text) }, near);
    if (column->kind == COLUMN_TIME)
        return bits_of(near ? round(value) : value);
    return near ? near_bits(value) : bits_of(value);
}

static void column_add(struct arena *arena, const struct column *column, size_t rows, bool as_text,
                       bool near, struct digest *digests)
{
    uint64_t *levels = arena_array(arena, uint64_t, column->level_count);
    for (size_t k = 0; k < column->level_count; k++)
        levels[k] = text_hash(column->levels[k], near);
    for (size_t i = 0; i < rows; i++) {
        uint64_t cell = 0x2545F4914F6CDD1Du; /* missing */
        if (!column_is_missing(column, i))
            cell = column_is_numeric(column)
                       ? number_hash(column, column->numbers[i], as_text, near)
                       : levels[column->codes[i]];
        digest_add(&digests[i], cell);
    }
}

static bool is_left_out(const struct duplicates_form *form, struct str name)
{
    for (size_t i = 0; i < form->leave_out_count; i++)
        if (str_equal(name, form->leave_out[i]))
            return true;
    return false;
}

/* Of `table`, column by column of `order`, which both have; NULL when no column is left. */
static struct digest *digests_make(struct arena *arena, const struct table *order,
                                   const struct table *table, const struct table *other,
                                   const struct duplicates_form *form)
{
    struct digest *digests = arena_array(arena, struct digest, table->rows);
    size_t count = 0;
    for (size_t i = 0; i < order->column_count; i++) {
        struct str name = order->columns[i].name;
        const struct column *mine = table_find(table, name), *theirs = table_find(other, name);
        if (!mine || !theirs || is_left_out(form, name))
            continue;
        bool differ = column_is_numeric(mine) != column_is_numeric(theirs);
        column_add(arena, mine, table->rows, differ, form->near, digests);
        count++;
    }
    return count ? digests : NULL;
}

struct rows_seen {
    const struct digest *digests;
    size_t *slots; /* row + 1 */
    size_t mask;
};

static struct rows_seen rows_open(struct arena *arena, const struct digest *digests, size_t rows)
{
    size_t count = 16;
    while (count < rows * 2)
        count *= 2;
    return (struct rows_seen){ digests, arena_array(arena, size_t, count), count - 1 };
}

/* Where the digest is, or the free slot for it. */
static size_t *slot_of(const struct rows_seen *seen, const struct digest *digest)
{
    size_t at = digest->a & seen->mask;
    for (;; at = (at + 1) & seen->mask) {
        size_t row = seen->slots[at];
        if (!row ||
            (seen->digests[row - 1].a == digest->a && seen->digests[row - 1].b == digest->b))
            return &seen->slots[at];
    }
}

static void note(struct duplicates *out, size_t row, size_t first_row)
{
    out->count++;
    if (out->shown == DUPLICATES_SHOWN)
        return;
    out->row[out->shown] = row;
    out->first_row[out->shown++] = first_row;
}

void duplicates_within(struct arena *arena, const struct table *table,
                       const struct duplicates_form *form, struct duplicates *out)
{
    *out = (struct duplicates){ 0 };
    const struct digest *digests = digests_make(arena, table, table, table, form);
    if (!digests)
        return;
    struct rows_seen seen = rows_open(arena, digests, table->rows);
    for (size_t i = 0; i < table->rows; i++) {
        size_t *slot = slot_of(&seen, &digests[i]);
        if (*slot)
            note(out, i, *slot - 1);
        else
            *slot = i + 1;
    }
}

void duplicates_across(struct arena *arena, const struct table *of, const struct table *in,
                       const struct duplicates_form *form, struct duplicates *out)
{
    *out = (struct duplicates){ 0 };
    const struct digest *digests = digests_make(arena, of, of, in, form);
    const struct digest *others = digests_make(arena, of, in, of, form);
    if (!digests || !others)
        return;
    struct rows_seen seen = rows_open(arena, digests, of->rows);
    for (size_t i = 0; i < of->rows; i++) {
        size_t *slot = slot_of(&seen, &digests[i]);
        *slot = *slot ? *slot : i + 1;
    }
    for (size_t i = 0; i < in->rows; i++) {
        size_t *slot = slot_of(&seen, &others[i]);
        if (*slot)
            note(out, i, *slot - 1);
    }
}
