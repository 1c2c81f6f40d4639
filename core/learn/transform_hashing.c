/*
 * Hashing: a category's level, or the words of a text, into a fixed number of columns, without a
 * vocabulary. Column and sign come from MurmurHash3 as in scikit-learn's FeatureHasher (of
 * "column=level") and HashingVectorizer (of the words, rows of length 1). Each column of the table
 * has its own columns.
 */
#include "core/learn/features_bind.h"
#include "core/learn/terms.h"
#include "core/learn/words.h"
#include <stdlib.h>

struct hashing {
    uint32_t width;
    uint32_t alternate; /* signs */
    uint32_t words;     /* 1: words; 3: and pairs; 0: a level as a whole */
    uint32_t norm;
    struct str name; /* of the column, which is hashed with its level */
};

static const struct hashing *hashing_of(const struct node *node)
{
    return node->fitted;
}

static bool hashing_fit(struct fitting *fitting, const struct params *params, struct node *node,
                        struct fault *why)
{
    (void)why;
    struct hashing *out = node->fitted = arena_new(fitting->arena, struct hashing);
    const struct slot *slot = &fitting->features->slots[node->inputs[0]];
    bool text = slot->kind == SLOT_TEXT;
    out->width = (uint32_t)param_integer(params, "n_features");
    out->alternate = param_flag(params, "alternate_sign");
    out->words = !text ? 0 : param_is(params, "ngram_range", "1,2") ? 3 : 1;
    out->norm = text ? NORM_L2 : NORM_NONE;
    out->name = str_keep(fitting->arena, slot->name);
    return true;
}

static void hashing_outputs(struct made *made, const struct node *node)
{
    made_slot(made, made->features->slots[node->inputs[0]].name, SLOT_SPARSE,
              hashing_of(node)->width);
}

/* Column << 32, and in the low half 1 or, for the sign minus, 0. */
static uint64_t entry_of(const struct hashing *of, struct str term)
{
    int32_t h = (int32_t)murmur_hash(term, 0);
    uint32_t size = h < 0 ? 0u - (uint32_t)h : (uint32_t)h;
    return (uint64_t)(size % of->width) << 32 | (h >= 0 || !of->alternate);
}

/* Terms of one text into entries[]; gives their number. */
static size_t terms_of(const struct hashing *of, struct str text, char *room, char *pair,
                       uint64_t *entries)
{
    size_t n = 0;
    if (!of->words) {
        memcpy(room, of->name.at, of->name.len);
        room[of->name.len] = '=';
        memcpy(room + of->name.len + 1, text.at, text.len);
        entries[n++] = entry_of(of, (struct str){ room, of->name.len + 1 + text.len });
        return n;
    }
    struct words words = words_of(text, room);
    struct str word, before = { NULL, 0 };
    while (words_next(&words, &word)) {
        entries[n++] = entry_of(of, word);
        if (of->words == 3 && before.at) {
            memcpy(pair, before.at, before.len);
            pair[before.len] = ' ';
            memcpy(pair + before.len + 1, word.at, word.len);
            entries[n++] = entry_of(of, (struct str){ pair, before.len + 1 + word.len });
        }
        before = word;
    }
    return n;
}

static void row_make(const struct hashing *of, const uint64_t *entries, size_t n,
                     struct row_writer *out)
{
    for (size_t i = 0; i < n;) {
        uint32_t column = (uint32_t)(entries[i] >> 32);
        double value = 0;
        for (; i < n && entries[i] >> 32 == column; i++)
            value += entries[i] & 1 ? 1 : -1;
        if (value != 0)
            row_writer_add(out, column, value);
    }
    row_writer_end(out, (enum norm)of->norm);
}

static bool hashing_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    (void)why;
    const struct hashing *of = hashing_of(node);
    const struct column *column = binding_texts(binding, node->inputs[0]);
    struct row_writer out;
    size_t longest = 0;
    for (size_t k = 0; k < column->level_count; k++)
        if (column->levels[k].len > longest)
            longest = column->levels[k].len;
    size_t bytes = words_room(longest + of->name.len);
    char *room = arena_take(binding->arena, bytes), *pair = arena_take(binding->arena, bytes + 1);
    uint64_t *entries = arena_array(binding->arena, uint64_t, longest + 2);
    uint64_t *other = arena_array(binding->arena, uint64_t, longest + 2);
    unsigned bits = 1;
    while (of->width >> bits)
        bits++;
    row_writer_open(&out, binding->arena, column->level_count, 1024);
    for (size_t k = 0; k < column->level_count; k++) {
        size_t n = terms_of(of, column->levels[k], room, pair, entries);
        sort_entries(entries, n, bits, other);
        row_make(of, entries, n, &out);
    }
    binding->columns[node->first_output] = column;
    binding->sparse[node->first_output] = row_writer_close(&out, of->width);
    binding->sparse_own[node->first_output] = out.own;
    return true;
}

static struct str hashing_name(struct arena *arena, const struct node *node, struct str slot,
                               size_t k)
{
    (void)arena, (void)node, (void)k;
    return slot; /* there may be millions: no text of their own */
}

static void hashing_save(const struct node *node, struct text *out)
{
    const struct hashing *of = hashing_of(node);
    bytes_put_u32(out, of->width);
    bytes_put_u32(out, of->alternate);
    bytes_put_u32(out, of->words);
    bytes_put_u32(out, of->norm);
    bytes_put_text(out, of->name);
}

static void hashing_load(struct bytes *in, struct node *node)
{
    struct hashing *out = node->fitted = arena_new(in->arena, struct hashing);
    out->width = bytes_u32(in);
    out->alternate = bytes_u32(in);
    out->words = bytes_u32(in);
    out->norm = bytes_u32(in);
    out->name = bytes_text(in);
    if (!out->width || out->width > 1 << 22 || out->alternate > 1 || out->words > 3 ||
        out->norm > NORM_NONE || out->name.len > LEVEL_BYTES_MOST)
        in->failed = true;
}

static void hashing_describe(const struct node *node, struct json_out *out)
{
    json_add_int(out, "n_features", hashing_of(node)->width);
}

static const char *const hashing_ranges[] = { "1,1", "1,2", NULL };

static const struct param_spec hashing_params[] = {
    { "n_features", NULL, PARAM_INTEGER, 1, 1 << 22, "1024", NULL, "columns of each column" },
    { "alternate_sign", NULL, PARAM_BOOL, 0, 0, "true", NULL,
      "half of the terms count minus, so that collisions cancel" },
    { "ngram_range", NULL, PARAM_CHOICE, 0, 0, "1,1", hashing_ranges,
      "of texts: words, or words and pairs of neighbours" },
};

const struct transform transform_hashing = {
    .name = "hashing",
    .what = "levels or words into a fixed number of columns",
    .on = SLOTS_TEXTS,
    .takes = SLOTS_TEXTS | SLOTS_NUMBERS,
    .reads = SLOTS_TEXTS,
    PARAMS_OF(hashing_params),
    .fit = hashing_fit,
    .outputs = hashing_outputs,
    .bind = hashing_bind,
    .column_name = hashing_name,
    .save = hashing_save,
    .load = hashing_load,
    .describe = hashing_describe,
};
