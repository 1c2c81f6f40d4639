/*
 * TF-IDF: how often a term occurs in a text, times ln((1 + texts) / (1 + texts with it)) + 1, each
 * row of length 1: scikit-learn's TfidfVectorizer. Terms are words and pairs of neighbouring words,
 * in the order of their text. Equal texts of a column are counted once.
 */
#include "core/learn/corpus.h"
#include "core/learn/features_bind.h"
#include <math.h>

struct tfidf {
    uint32_t ngrams; /* of enum ngrams */
    uint32_t sublinear;
    uint32_t norm;
    struct word_table words; /* of the terms, rising */
    size_t count;            /* terms */
    uint32_t *first;         /* [count] a word */
    uint32_t *second;        /* [count] 0, or 1 + the word behind it; pairs of both are rising */
    double *idf;             /* [count] */
    uint32_t *column_of;     /* [words]: of the term that is the word alone, or TERM_NONE */
    struct pairs columns;    /* of the terms of two words */
    const struct csr *training;
    struct arena *training_own;
};

static const struct tfidf *tfidf_of(const struct node *node)
{
    return node->fitted;
}

/* The tables that finding needs: column_of and columns. */
static void index_terms(struct arena *arena, struct tfidf *out)
{
    out->column_of = arena_array(arena, uint32_t, out->words.count);
    out->columns.arena = arena;
    memset(out->column_of, 0xff, out->words.count * sizeof(uint32_t));
    for (uint32_t c = 0; c < out->count; c++) {
        if (out->second[c])
            pair_add(&out->columns, out->first[c], out->second[c] - 1)->number = c;
        else
            out->column_of[out->first[c]] = c;
    }
}

/* What stays of the corpus: words, terms and their weight. */
static const struct term *terms_fix(struct corpus *in, const struct params *params,
                                    struct tfidf *out)
{
    struct arena *arena = out->words.arena;
    struct choice choice = {
        .least = param_integer(params, "min_df"),
        .most = param_number(params, "max_df") * (double)in->rows,
        .word_bytes = LEVEL_BYTES_MOST,
        .terms = in->occurrences ? param_integer(params, "max_features") : SIZE_MAX,
    };
    const struct term *terms = corpus_choose(in, &choice, &out->words, &out->count);
    bool use_idf = param_flag(params, "use_idf");
    out->first = arena_array(arena, uint32_t, out->count);
    out->second = arena_array(arena, uint32_t, out->count);
    out->idf = arena_array(arena, double, out->count);
    for (uint32_t c = 0; c < out->count; c++) {
        out->first[c] = terms[c].first;
        out->second[c] = terms[c].second;
        double texts = corpus_texts(in, terms[c].number);
        out->idf[c] = use_idf ? log((1 + (double)in->rows) / (1 + texts)) + 1 : 1;
    }
    index_terms(arena, out);
    return terms;
}

static unsigned bits_of(size_t count)
{
    unsigned bits = 1;
    while (count >> bits)
        bits++;
    return bits;
}

/* The row of a text whose entries are columns and counts. */
static void row_make(const struct tfidf *of, uint64_t *entries, size_t n, uint64_t *other,
                     struct row_writer *out)
{
    sort_entries(entries, n, bits_of(of->count), other);
    for (size_t i = 0; i < n; i++) {
        uint32_t column = (uint32_t)(entries[i] >> 32);
        double tf = (double)(uint32_t)entries[i];
        row_writer_add(out, column, (of->sublinear ? 1 + log(tf) : tf) * of->idf[column]);
    }
    row_writer_end(out, (enum norm)of->norm);
}

/* Columns by the numbers of the corpus: of its words, or of its pairs; TERM_NONE for those gone. */
static uint32_t *columns_by_number(struct corpus *in, const struct term *terms, size_t count,
                                   bool pairs)
{
    size_t numbers = pairs ? in->pairs.count : in->words.count;
    uint32_t *columns = arena_array(in->arena, uint32_t, numbers);
    memset(columns, 0xff, numbers * sizeof *columns);
    for (uint32_t c = 0; c < count; c++)
        if (!(terms[c].number & TERM_PAIR) == !pairs)
            columns[terms[c].number & ~TERM_PAIR] = c;
    return columns;
}

/* The training texts' rows, in the place of what was counted. */
static const struct csr *rows_of_training(struct corpus *in, const struct tfidf *of,
                                          const struct term *terms)
{
    const uint32_t *of_words = columns_by_number(in, terms, of->count, false);
    const uint32_t *of_pairs = columns_by_number(in, terms, of->count, true);
    const struct row_writer *counts = &in->counts;
    struct row_writer out = in->counts;
    size_t longest = 0, levels = in->column->level_count, from = 0;
    for (size_t k = 0; k < levels; k++)
        if (counts->starts[k + 1] - counts->starts[k] > longest)
            longest = counts->starts[k + 1] - counts->starts[k];
    uint64_t *entries = arena_array(in->arena, uint64_t, longest);
    uint64_t *other = arena_array(in->arena, uint64_t, longest);
    out.row = out.count = 0;
    for (size_t k = 0; k < levels; k++) {
        size_t kept = 0, end = counts->starts[k + 1];
        for (; from < end; from++) {
            uint32_t term = counts->columns[from];
            uint32_t column = term & TERM_PAIR ? of_pairs[term & ~TERM_PAIR] : of_words[term];
            entries[kept] = (uint64_t)column << 32 | (uint32_t)counts->values[from];
            kept += column != TERM_NONE;
        }
        row_make(of, entries, kept, other, &out);
    }
    return row_writer_close(&out, of->count);
}

static bool tfidf_fit(struct fitting *fitting, const struct params *params, struct node *node,
                      struct fault *why)
{
    struct tfidf *out = node->fitted = arena_new(fitting->arena, struct tfidf);
    struct arena *scratch = arena_child(fitting->arena, NULL);
    struct corpus *in = arena_new(scratch, struct corpus);
    static const uint32_t ranges[] = { NGRAMS_WORDS, NGRAMS_WORDS | NGRAMS_PAIRS, NGRAMS_PAIRS };
    size_t range = param_is(params, "ngram_range", "1,1")   ? 0
                   : param_is(params, "ngram_range", "1,2") ? 1
                                                            : 2;
    *in = (struct corpus){ .arena = scratch,
                           .column = binding_texts(fitting->binding, node->inputs[0]),
                           .rows = fitting->table->rows,
                           .ngrams = ranges[range],
                           .occurrences = param_is_set(params, "max_features") };
    out->ngrams = ranges[range];
    out->sublinear = param_flag(params, "sublinear_tf");
    out->norm = param_is(params, "norm", "l2")   ? NORM_L2
                : param_is(params, "norm", "l1") ? NORM_L1
                                                 : NORM_NONE;
    out->words.arena = fitting->arena;
    if (!corpus_count(in, fitting->arena, why))
        return false;
    const struct term *terms = terms_fix(in, params, out);
    if (!out->count)
        return fault_set(why, BLAME_OPEN, "transform tfidf found no term in column \"%.*s\"",
                         STR_ARGS(str_until(in->column->name, 60)));
    out->training = rows_of_training(in, out, terms);
    out->training_own = in->counts.own;
    arena_drop(scratch);
    return true;
}

static void tfidf_outputs(struct made *made, const struct node *node)
{
    made_slot(made, made->features->slots[node->inputs[0]].name, SLOT_SPARSE,
              tfidf_of(node)->count);
}

static void count_known(const struct tfidf *of, struct str text, char *room, struct counts *counts)
{
    struct words words = words_of(text, room);
    struct str word;
    uint32_t before = WORD_NONE;
    counts->count = 0;
    counts_open(counts);
    while (words_next(&words, &word)) {
        uint32_t w = word_find(&of->words, word);
        if (w != WORD_NONE && of->column_of[w] != TERM_NONE)
            counts_add(counts, of->column_of[w]);
        if (w != WORD_NONE && before != WORD_NONE) {
            uint32_t column = pair_find(&of->columns, before, w);
            if (column != TERM_NONE)
                counts_add(counts, column);
        }
        before = w;
    }
}

static bool tfidf_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    (void)why;
    const struct tfidf *of = tfidf_of(node);
    const struct column *column = binding_texts(binding, node->inputs[0]);
    uint32_t output = node->first_output;
    binding->columns[output] = column;
    if (binding->training && of->training) {
        binding->sparse[output] = of->training;
        binding->sparse_own[output] = of->training_own;
        return true;
    }
    struct counts counts = { .arena = binding->arena };
    struct row_writer out;
    size_t longest = corpus_longest(column);
    char *room = arena_take(binding->arena, words_room(longest));
    uint64_t *other = arena_array(binding->arena, uint64_t, longest + 1);
    row_writer_open(&out, binding->arena, column->level_count, 1024);
    for (size_t k = 0; k < column->level_count; k++) {
        count_known(of, column->levels[k], room, &counts);
        row_make(of, counts.entries, counts.count, other, &out);
    }
    binding->sparse[output] = row_writer_close(&out, of->count);
    binding->sparse_own[output] = out.own;
    return true;
}

static struct str tfidf_name(struct arena *arena, const struct node *node, struct str slot,
                             size_t k)
{
    const struct tfidf *of = tfidf_of(node);
    struct str first = of->words.texts[of->first[k]];
    struct str second = of->second[k] ? of->words.texts[of->second[k] - 1] : S("");
    char *at = arena_take(arena, slot.len + first.len + second.len + 3), *out = at;
    memcpy(out, slot.at, slot.len);
    out += slot.len;
    *out++ = ':';
    memcpy(out, first.at, first.len);
    out += first.len;
    if (second.len)
        *out++ = ' ';
    memcpy(out, second.at, second.len);
    return (struct str){ at, (size_t)(out - at) + second.len };
}

static void tfidf_save(const struct node *node, struct text *out)
{
    const struct tfidf *of = tfidf_of(node);
    bytes_put_u32(out, of->ngrams);
    bytes_put_u32(out, of->sublinear);
    bytes_put_u32(out, of->norm);
    bytes_put_u32(out, (uint32_t)of->words.count);
    for (size_t w = 0; w < of->words.count; w++)
        bytes_put_text(out, of->words.texts[w]);
    bytes_put_u32s(out, of->first, of->count);
    bytes_put_u32s(out, of->second, of->count);
    bytes_put_doubles(out, of->idf, of->count);
}

static void terms_load(struct bytes *in, struct tfidf *out)
{
    struct bytes ahead = *in;
    out->count = bytes_count(&ahead, 4);
    out->first = bytes_u32s(in, out->count);
    out->second = bytes_u32s(in, out->count);
    out->idf = bytes_doubles(in, out->count);
    if (!out->count)
        in->failed = true;
    for (size_t c = 0; !in->failed && c < out->count; c++) {
        uint64_t key = (uint64_t)out->first[c] << 32 | out->second[c];
        if (out->first[c] >= out->words.count || out->second[c] > out->words.count ||
            (c && key <= ((uint64_t)out->first[c - 1] << 32 | out->second[c - 1])))
            in->failed = true;
    }
}

static void words_load(struct bytes *in, struct word_table *out)
{
    struct arena *scratch = arena_child(in->arena, NULL);
    size_t count = bytes_count(in, 4);
    struct str *words = arena_array(scratch, struct str, count);
    for (size_t w = 0; w < count && !in->failed; w++) {
        words[w] = bytes_text(in);
        if (w && str_order(words[w - 1], words[w]) >= 0)
            in->failed = true;
    }
    if (!in->failed)
        words_put(out, words, count);
    arena_drop(scratch);
}

static void tfidf_load(struct bytes *in, struct node *node)
{
    struct tfidf *out = node->fitted = arena_new(in->arena, struct tfidf);
    out->ngrams = bytes_u32(in);
    out->sublinear = bytes_u32(in);
    out->norm = bytes_u32(in);
    if (!out->ngrams || out->ngrams > 3 || out->sublinear > 1 || out->norm > NORM_NONE)
        in->failed = true;
    out->words.arena = in->arena;
    words_load(in, &out->words);
    terms_load(in, out);
    if (!in->failed)
        index_terms(in->arena, out);
}

static void tfidf_describe(const struct node *node, struct json_out *out)
{
    json_add_int(out, "terms", (int64_t)tfidf_of(node)->count);
}

static const char *const ngram_ranges[] = { "1,1", "1,2", "2,2", NULL };
static const char *const norms[] = { "l2", "l1", "none", NULL };

static const struct param_spec tfidf_params[] = {
    { "ngram_range", NULL, PARAM_CHOICE, 0, 0, "1,1", ngram_ranges,
      "words, words and pairs of neighbours, pairs" },
    { "min_df", NULL, PARAM_INTEGER, 1, 1e9, "1", NULL, "rows that a term must occur in" },
    { "max_df", NULL, PARAM_NUMBER, 0, 1, "1", NULL, "share of the rows that it may occur in" },
    { "max_features", NULL, PARAM_INTEGER, 1, 1e8, NULL, NULL,
      "terms at most, the most frequent; not set: all" },
    { "sublinear_tf", NULL, PARAM_BOOL, 0, 0, "false", NULL, "1 + log(count) for the count" },
    { "use_idf", NULL, PARAM_BOOL, 0, 0, "true", NULL, "rare terms count more" },
    { "norm", NULL, PARAM_CHOICE, 0, 0, "l2", norms, "length of each row" },
};

const struct transform transform_tfidf = {
    .name = "tfidf",
    .what = "a column for each word of a text, by frequency and rarity",
    .on = SLOT_TEXT,
    .takes = SLOTS_TEXTS,
    PARAMS_OF(tfidf_params),
    .fit = tfidf_fit,
    .outputs = tfidf_outputs,
    .bind = tfidf_bind,
    .column_name = tfidf_name,
    .save = tfidf_save,
    .load = tfidf_load,
    .describe = tfidf_describe,
};
