/* Tables as text, blocks of rows in parallel. */
#include "core/data/table_print.h"
#include "core/base/file.h"
#include "core/data/number.h"
#include "core/data/time.h"
#include "core/math/threads.h"
#include <math.h>

#define BLOCK_ROWS 2048
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
    size_t block_count;
    size_t first; /* of the wave */
};

/* Where printed bytes go. */
typedef bool print_sink(void *to, struct str bytes, struct fault *why);

static inline char *copy(char *out, struct str text)
{
    memcpy(out, text.at, text.len);
    return out + text.len;
}

static inline char *cell_print(const struct printing *p, size_t at, size_t row, char *out)
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
        return out + number_print(value, out);
    if (!p->form->times_quoted)
        return out + time_print(value, column->time_form, out);
    *out++ = '"';
    out += time_print(value, column->time_form, out);
    *out++ = '"';
    return out;
}

static void block_print(void *work, size_t at)
{
    const struct printing *p = work;
    struct block *block = &p->blocks[p->first + at];
    size_t columns = p->table->column_count;
    char *out = block->at;
    for (size_t row = block->from; row < block->to; row++) {
        for (size_t i = 0; i < columns; i++) {
            out = copy(out, p->form->before[i]);
            out = cell_print(p, i, row, out);
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
        bound += rows * cell_bound(p, i);
        for (size_t row = block->from; row < block->to && !column_is_numeric(column); row++)
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

static struct printing printing_start(struct arena *arena, const struct table *table,
                                      const struct table_form *form)
{
    struct printing p = { .table = table,
                          .form = form,
                          .block_count = (table->rows + BLOCK_ROWS - 1) / BLOCK_ROWS };
    p.blocks = arena_array(arena, struct block, p.block_count);
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
