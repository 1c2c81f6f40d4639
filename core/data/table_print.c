/* Tables as text, blocks of rows in parallel. */
#include "core/data/table_print.h"
#include "core/base/file.h"
#include "core/data/number.h"
#include "core/data/time.h"
#include "core/math/threads.h"
#include <math.h>

#define BLOCK_ROWS 2048
#define LEVEL_SHORT 64 /* bytes of levels whose cells need not be summed up */
#define FETCH_ROWS 8   /* in one line of the cache */
#define WAVE_BLOCKS 32 /* that are printed at a time, into memory that is used again */

struct block {
    size_t from, to; /* rows */
    char *at;        /* where it may be printed, with room for all */
    size_t len;      /* at most; then what it is */
};

struct printing {
    const struct table *table;
    const struct table_form *form;
    struct block *blocks;
    unsigned *places;   /* [WAVE_BLOCKS][columns] of the number printed last */
    size_t *level_most; /* [columns] bytes of the longest level */
    size_t block_count;
    size_t first; /* of the wave */
};

/* Where printed bytes go. */
typedef bool print_sink(void *to, struct str bytes, struct fault *why);

/* Most texts are short: no call for them. */
static inline char *copy(char *out, struct str text)
{
    const char *at = text.at, *end = at + text.len;
    char *out_end = out + text.len;
    if (text.len > 16) {
        memcpy(out, at, text.len);
    } else if (text.len >= 8) {
        memcpy(out, at, 8);
        memcpy(out_end - 8, end - 8, 8);
    } else if (text.len >= 4) {
        memcpy(out, at, 4);
        memcpy(out_end - 4, end - 4, 4);
    } else if (text.len) {
        out[0] = at[0];
        out[text.len / 2] = at[text.len / 2];
        out_end[-1] = end[-1];
    }
    return out_end;
}

static inline char *cell_print(const struct printing *p, size_t at, size_t row, unsigned *places,
                               char *out)
{
    const struct column *column = &p->table->columns[at];
    if (!column_is_numeric(column)) {
        int32_t code = column->codes[row];
        return copy(out, code < 0 ? p->form->missing : p->form->levels[at][code]);
    }
    double value = column->numbers[row];
    if (isnan(value))
        return copy(out, p->form->missing);
    if (column->kind != COLUMN_TIME)
        return out + number_print_near(value, places, out);
    if (!p->form->times_quoted)
        return out + time_print(value, column->time_form, out);
    *out++ = '"';
    out += time_print(value, column->time_form, out);
    *out++ = '"';
    return out;
}

/* Columns lie far apart, too many for the processor to see that they are read on. */
static void rows_fetch(const struct table *table, size_t row)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (column_is_numeric(&table->columns[i]))
            __builtin_prefetch(&table->columns[i].numbers[row]);
        else
            __builtin_prefetch(&table->columns[i].codes[row]);
}

static void block_print(void *work, size_t at)
{
    const struct printing *p = work;
    struct block *block = &p->blocks[p->first + at];
    size_t columns = p->table->column_count;
    unsigned *places = p->places + at * columns;
    char *out = block->at;
    for (size_t row = block->from; row < block->to; row++) {
        if (row % FETCH_ROWS == 0 && row + 2 * FETCH_ROWS < p->table->rows)
            rows_fetch(p->table, row + 2 * FETCH_ROWS);
        for (size_t i = 0; i < columns; i++) {
            out = copy(out, p->form->before[i]);
            out = cell_print(p, i, row, &places[i], out);
        }
        out = copy(out, p->form->after);
    }
    block->len = (size_t)(out - block->at);
}

/* Of one cell at most; of texts beside the level. */
static size_t cell_bound(const struct printing *p, size_t at)
{
    const struct column *column = &p->table->columns[at];
    size_t value = column->kind == COLUMN_TIME ? TIME_BYTES + 2
                   : column_is_numeric(column) ? NUMBER_LONGEST
                                               : 0;
    return p->form->before[at].len + value + p->form->missing.len;
}

/* Bytes of the block at most; the last number needs room for all that printing one may touch. */
static size_t block_bound(const struct printing *p, const struct block *block)
{
    size_t rows = block->to - block->from, bound = TIME_BYTES + rows * p->form->after.len;
    for (size_t i = 0; i < p->table->column_count; i++) {
        const struct column *column = &p->table->columns[i];
        bool short_levels = p->level_most[i] <= LEVEL_SHORT;
        bound += rows * (cell_bound(p, i) + (short_levels ? p->level_most[i] : 0));
        for (size_t row = block->from; row < block->to && !short_levels; row++)
            if (column->codes[row] >= 0)
                bound += p->form->levels[i][column->codes[row]].len;
    }
    return bound;
}

/* Room for `more` bytes behind the text. */
static void text_room(struct text *text, size_t more)
{
    if (text->room - text->len <= more) {
        text->at = arena_grow(text->arena, text->at, text->len, text->len + more + 1);
        text->room = text->len + more + 1;
    }
}

static void levels_look(struct arena *arena, struct printing *p)
{
    p->level_most = arena_array(arena, size_t, p->table->column_count);
    for (size_t i = 0; i < p->table->column_count; i++) {
        const struct column *column = &p->table->columns[i];
        for (size_t k = 0; k < column->level_count && !column_is_numeric(column); k++)
            if (p->form->levels[i][k].len > p->level_most[i])
                p->level_most[i] = p->form->levels[i][k].len;
    }
}

static struct printing printing_start(struct arena *arena, const struct table *table,
                                      const struct table_form *form)
{
    struct printing p = { .table = table,
                          .form = form,
                          .block_count = (table->rows + BLOCK_ROWS - 1) / BLOCK_ROWS };
    p.blocks = arena_array(arena, struct block, p.block_count);
    p.places = arena_array(arena, unsigned, WAVE_BLOCKS * table->column_count);
    levels_look(arena, &p);
    for (size_t b = 0; b < p.block_count; b++) {
        size_t to = (b + 1) * BLOCK_ROWS;
        p.blocks[b] =
            (struct block){ .from = b * BLOCK_ROWS, .to = to < table->rows ? to : table->rows };
        p.blocks[b].len = block_bound(&p, &p.blocks[b]);
    }
    return p;
}

/* All bytes at most, and those of the largest wave. */
static size_t bound_of(const struct printing *p, size_t *largest_wave)
{
    size_t all = 0;
    *largest_wave = 0;
    for (size_t b = 0, wave = 0; b < p->block_count; b++) {
        wave = (b % WAVE_BLOCKS ? wave : 0) + p->blocks[b].len;
        all += p->blocks[b].len;
        *largest_wave = wave > *largest_wave ? wave : *largest_wave;
    }
    return all;
}

static bool waves_print(struct printing *p, unsigned threads, char *staging, print_sink *sink,
                        void *to, struct fault *why)
{
    for (size_t b = 0; b < p->block_count; b += WAVE_BLOCKS) {
        size_t count = p->block_count - b < WAVE_BLOCKS ? p->block_count - b : WAVE_BLOCKS;
        char *at = staging;
        for (size_t i = 0; i < count; i++) {
            p->blocks[b + i].at = at;
            at += p->blocks[b + i].len;
        }
        p->first = b;
        threads_run(threads, count, block_print, p);
        for (size_t i = 0; i < count; i++)
            if (!sink(to, (struct str){ p->blocks[b + i].at, p->blocks[b + i].len }, why))
                return false;
    }
    return true;
}

static bool text_take(void *to, struct str bytes, struct fault *why)
{
    (void)why;
    text_add(to, bytes);
    return true;
}

void table_print(struct text *out, const struct table *table, const struct table_form *form)
{
    struct printing p = printing_start(out->arena, table, form);
    size_t wave, bound = bound_of(&p, &wave);
    char *staging = arena_take(out->arena, wave);
    text_room(out, bound);
    waves_print(&p, 1, staging, text_take, out, NULL);
}

struct saving {
    struct printing printing;
    struct str header;
    char *staging;
    unsigned threads;
};

static bool fd_take(void *to, struct str bytes, struct fault *why)
{
    return fd_write(*(int *)to, bytes, why);
}

static bool saving_write(int fd, void *work, struct fault *why)
{
    struct saving *saving = work;
    return fd_write(fd, saving->header, why) &&
           waves_print(&saving->printing, saving->threads, saving->staging, fd_take, &fd, why);
}

bool table_save(struct arena *arena, int dir, const char *path, struct str header,
                const struct table *table, const struct table_form *form, unsigned threads,
                struct fault *why)
{
    struct saving saving = { .printing = printing_start(arena, table, form),
                             .header = header,
                             .threads = threads };
    size_t wave;
    bound_of(&saving.printing, &wave);
    saving.staging = arena_take(arena, wave);
    return file_save_by(dir, path, 0644, saving_write, &saving, why);
}
