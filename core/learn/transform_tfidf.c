/*
 * TF-IDF: how often a term occurs in a text, times ln((1 + texts) / (1 + texts with it)) + 1, each
 * row of length 1: scikit-learn's TfidfVectorizer. Terms are words and pairs of neighbouring words,
 * in the order of their text. Equal texts of a column are counted once.
 */
#include "core/learn/corpus.h"
#include "core/learn/features_bind.h"
#include "core/learn/words.h"
#include <math.h>
#include <stdlib.h>

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
};

static const struct tfidf *tfidf_of(const struct node *node)
{
    return node->fitted;
}

struct ranked {
    uint64_t key; /* that decides the order */
    uint32_t term;
};

#define DIGIT 11

/* Rising by key, equal keys as they stood: by digits, those that all keys share left out. */
static void sort_ranked(struct arena *arena, struct ranked *ranked, size_t n)
{
    struct ranked *from = ranked, *to = arena_array(arena, struct ranked, n);
    uint64_t differing = 0;
    for (size_t i = 1; i < n; i++)
        differing |= ranked[i].key ^ ranked[0].key;
    for (unsigned shift = 0; shift < 64; shift += DIGIT) {
        size_t starts[1 << DIGIT] = { 0 }, total = 0;
        if (!(differing >> shift & ((1 << DIGIT) - 1)))
            continue;
        for (size_t i = 0; i < n; i++)
            starts[from[i].key >> shift & ((1 << DIGIT) - 1)]++;
        for (size_t d = 0; d < 1 << DIGIT; d++) {
            size_t count = starts[d];
            starts[d] = total;
            total += count;
        }
        for (size_t i = 0; i < n; i++)
            to[starts[from[i].key >> shift & ((1 << DIGIT) - 1)]++] = from[i];
        struct ranked *swap = from;
        from = to;
        to = swap;
    }
    if (from != ranked)
        memcpy(ranked, from, n * sizeof *ranked);
}

struct spelled {
    uint64_t front; /* the first bytes as a number: decides most of the order */
    uint32_t word;
    struct str text;
};

static struct spelled spelled(struct str text, uint32_t word)
{
    uint64_t front = 0;
    memcpy(&front, text.at, text.len < sizeof front ? text.len : sizeof front);
    return (struct spelled){ __builtin_bswap64(front), word, text };
}

static int by_text(const void *a, const void *b)
{
    const struct spelled *x = a, *y = b;
    if (x->front != y->front)
        return x->front < y->front ? -1 : 1;
    return str_order(x->text, y->text);
}

/* Words that kept terms have, in the order of their text, into out->words; rank[word] of all. */
static uint32_t *rank_words(const struct corpus *in, const struct ranked *kept, size_t count,
                            struct tfidf *out)
{
    size_t used = 0;
    uint32_t *rank = arena_array(in->arena, uint32_t, in->words.count);
    struct spelled *words = arena_array(in->arena, struct spelled, in->words.count);
    for (size_t i = 0; i < count; i++) {
        const struct term *term = &in->terms[kept[i].term];
        rank[term->first] = 1;
        if (term->second)
            rank[term->second - 1] = 1;
    }
    for (uint32_t w = 0; w < in->words.count; w++)
        if (rank[w])
            words[used++] = spelled(in->words.texts[w], w);
    qsort(words, used, sizeof *words, by_text);
    for (size_t i = 0; i < used; i++)
        rank[words[i].word] = word_add(&out->words, words[i].text);
    return rank;
}

/* Words over LEVEL_BYTES_MOST are no terms. */
static bool is_short(const struct corpus *in, const struct term *term)
{
    return in->words.texts[term->first].len <= LEVEL_BYTES_MOST &&
           (!term->second || in->words.texts[term->second - 1].len <= LEVEL_BYTES_MOST);
}

/* Terms that enough and not too many rows have; of these the most frequent max_features. */
static size_t choose(const struct corpus *in, const struct params *params, struct ranked *kept)
{
    size_t count = 0, least = param_integer(params, "min_df");
    double most = param_number(params, "max_df") * (double)in->rows;
    for (uint32_t t = 0; t < in->term_count; t++) {
        const struct term *term = &in->terms[t];
        if (term->texts >= least && term->texts <= most && is_short(in, term))
            kept[count++] = (struct ranked){ UINT32_MAX - term->occurrences, t };
    }
    if (!param_is_set(params, "max_features") || count <= param_integer(params, "max_features"))
        return count;
    sort_ranked(in->arena, kept, count);
    return param_integer(params, "max_features");
}

/* The tables that finding needs: column_of and columns. */
static void index_terms(struct arena *arena, struct tfidf *out)
{
    out->column_of = arena_array(arena, uint32_t, out->words.count);
    out->columns.arena = arena;
    memset(out->column_of, 0xff, out->words.count * sizeof(uint32_t));
    for (uint32_t c = 0; c < out->count; c++) {
        if (out->second[c])
            *pairs_at(&out->columns, out->first[c], out->second[c] - 1) = c;
        else
            out->column_of[out->first[c]] = c;
    }
}

static uint32_t *terms_fix(struct corpus *in, const struct params *params, struct tfidf *out)
{
    struct arena *arena = out->words.arena;
    struct ranked *kept = arena_array(in->arena, struct ranked, in->term_count);
    uint32_t *column_of = arena_array(in->arena, uint32_t, in->term_count);
    memset(column_of, 0xff, in->term_count * sizeof(uint32_t));
    out->count = choose(in, params, kept);
    uint32_t *rank = rank_words(in, kept, out->count, out);
    for (size_t i = 0; i < out->count; i++) {
        const struct term *term = &in->terms[kept[i].term];
        kept[i].key =
            (uint64_t)rank[term->first] << 32 | (term->second ? rank[term->second - 1] + 1 : 0);
    }
    sort_ranked(in->arena, kept, out->count);
    out->first = arena_array(arena, uint32_t, out->count);
    out->second = arena_array(arena, uint32_t, out->count);
    out->idf = arena_array(arena, double, out->count);
    for (uint32_t c = 0; c < out->count; c++) {
        uint32_t term = kept[c].term;
        column_of[term] = c;
        out->first[c] = (uint32_t)(kept[c].key >> 32);
        out->second[c] = (uint32_t)kept[c].key;
        out->idf[c] = param_flag(params, "use_idf")
                          ? log((double)(1 + in->rows) / (double)(1 + in->terms[term].texts)) + 1
                          : 1;
    }
    index_terms(arena, out);
    return column_of;
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

/* The training texts' rows from what was counted. */
static const struct csr *rows_of_training(struct arena *arena, struct corpus *in,
                                          const struct tfidf *of, const uint32_t *column_of)
{
    struct row_writer out;
    size_t longest = 0, levels = in->column->level_count;
    for (size_t k = 0; k < levels; k++)
        if (in->starts[k + 1] - in->starts[k] > longest)
            longest = in->starts[k + 1] - in->starts[k];
    uint64_t *other = arena_array(in->arena, uint64_t, longest);
    row_writer_open(&out, arena, levels, in->counts.count);
    for (size_t k = 0; k < levels; k++) {
        uint64_t *entries = in->counts.entries + in->starts[k];
        size_t kept = 0;
        for (size_t i = 0; i < in->starts[k + 1] - in->starts[k]; i++) {
            uint32_t column = column_of[entries[i] >> 32];
            if (column != TERM_NONE)
                entries[kept++] = (uint64_t)column << 32 | (uint32_t)entries[i];
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
                           .ngrams = ranges[range] };
    out->ngrams = ranges[range];
    out->sublinear = param_flag(params, "sublinear_tf");
    out->norm = param_is(params, "norm", "l2")   ? NORM_L2
                : param_is(params, "norm", "l1") ? NORM_L1
                                                 : NORM_NONE;
    out->words.arena = fitting->arena;
    corpus_count(in);
    const uint32_t *column_of = terms_fix(in, params, out);
    if (!out->count)
        return fault_set(why, BLAME_OPEN, "transform tfidf found no term in column \"%.*s\"",
                         STR_ARGS(str_until(in->column->name, 60)));
    out->training = rows_of_training(fitting->arena, in, out, column_of);
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
    uint32_t before = TERM_NONE;
    counts->count = 0;
    counts_open(counts);
    while (words_next(&words, &word)) {
        uint32_t w = word_find(&of->words, word);
        if (w != TERM_NONE && of->column_of[w] != TERM_NONE)
            counts_add(counts, of->column_of[w]);
        if (w != TERM_NONE && before != TERM_NONE) {
            uint32_t column = pairs_find(&of->columns, before, w);
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

/* A copy that word_add may read behind. */
static struct str padded(struct arena *arena, struct str word)
{
    char *at = arena_take(arena, word.len + WORD_PADDING);
    memcpy(at, word.at, word.len);
    return (struct str){ at, word.len };
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
    size_t words = bytes_count(in, 4);
    for (size_t w = 0; w < words && !in->failed; w++) {
        struct str word = bytes_text(in);
        if (w && str_order(out->words.texts[w - 1], word) >= 0)
            in->failed = true;
        else
            word_add(&out->words, padded(in->arena, word));
    }
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
