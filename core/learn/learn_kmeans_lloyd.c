/* Lloyd's iteration with bounds over blocks of float products. */
#include "core/learn/learn_kmeans_lloyd.h"
#include "core/learn/learn_kmeans_nearest.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <math.h>

#pragma GCC optimize("O3")

#define PIECES ((size_t)16) /* of the rows at most; the number does not depend on the threads */
#define PIECE_CELLS ((size_t)1 << 20) /* of all pieces' sums together */
#define SPAN ((size_t)256)            /* rows whose bounds are moved before any is measured */
#define AHEAD ((size_t)8)             /* rows that are asked for before their turn */
#define AHEAD_BYTES ((size_t)512)     /* of a row: what follows comes by itself */
#define TASTE 16                      /* one of so many rows is measured anew in any case */
#define NOBODY UINT32_MAX
#define UP (1 + 0x1p-21F) /* bounds stay bounds when they are rounded */
#define DOWN (1 - 0x1p-21F)

/* What one piece of the rows needs for itself. */
struct piece {
    uint32_t gathered[ROWS_AT_ONCE]; /* rows to compare with all centres */
    size_t gathered_count;
    uint32_t doubtful[SPAN]; /* rows that may have changed, and what they would have to be below */
    float bounds[SPAN];
    size_t tried, closer; /* rows measured anew, and that this was enough */
    bool measure;         /* was it often enough in the last turn? */
    double *sums, *sizes; /* [k][columns], [k]: what was added this turn */
    int64_t *counts;      /* [k] rows that weigh something */
    double inertia;
    size_t changed;
};

/* What a centre's rows must know: its move of the last turn, the greatest of the others. */
struct drift {
    float move, others, half_gap; /* half_gap: half the way to the next centre */
};

struct lloyd {
    const struct kmeans_points *points;
    size_t k, width;          /* width: k and what is wanting to whole vectors */
    double *centres, *before; /* [k][columns] */
    float *left;              /* [columns + 1][width]: -2 c, and |c|^2 */
    float *right;             /* the same as rows: [k][columns + 1] */
    float longest;            /* greatest |c|^2 */
    struct drift *drifts;     /* [k] */
    uint32_t *labels;
    float *upper, *lower; /* [rows] distances */
    double *sums, *sizes; /* [k][columns], [k] */
    int64_t *counts;      /* [k] */
    bool first;
    size_t piece_count;
    struct piece pieces[PIECES];
};

static double weight_of(const struct kmeans_points *points, size_t i)
{
    return points->weight ? points->weight[i] : 1;
}

static const float *point(const struct kmeans_points *points, size_t i)
{
    return points->at + i * (points->columns + 1);
}

/* A bound on the error of |c|^2 - 2 c x in floats; squared lengths of c and x. */
static float rounding(size_t columns, float c, float x)
{
    return (float)(columns + 9) * 0x1.02p-24F * (2 * c + x) + 1e-36F; /* 2 |c| |x| <= c + x */
}

static double apart(const float *x, const double *centre, size_t columns)
{
    double sums[4] = { 0 };
    size_t j = 0;
    for (; j + 4 <= columns; j += 4)
        for (size_t t = 0; t < 4; t++) {
            double far = (double)x[j + t] - centre[j + t];
            sums[t] += far * far;
        }
    for (; j < columns; j++) {
        double far = (double)x[j] - centre[j];
        sums[0] += far * far;
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* All distances of one row in double: floats could not tell. */
static uint32_t nearest_exactly(const struct lloyd *lloyd, size_t row, float *upper, float *lower)
{
    size_t columns = lloyd->points->columns, at = 0;
    double best = INFINITY, second = INFINITY;
    for (size_t c = 0; c < lloyd->k; c++) {
        double far = apart(point(lloyd->points, row), lloyd->centres + c * columns, columns);
        if (far < best) {
            second = best;
            best = far;
            at = c;
        } else if (far < second) {
            second = far;
        }
    }
    *upper = (float)sqrt(best) * UP;
    *lower = (float)sqrt(second) * DOWN;
    return (uint32_t)at;
}

static void change(struct lloyd *lloyd, struct piece *piece, size_t row, uint32_t to)
{
    size_t columns = lloyd->points->columns;
    uint32_t from = lloyd->labels[row];
    const float *x = point(lloyd->points, row);
    double weight = weight_of(lloyd->points, row);
    double *more = piece->sums + to * columns;
    for (size_t j = 0; j < columns; j++)
        more[j] += weight * (double)x[j];
    piece->sizes[to] += weight;
    piece->counts[to] += weight > 0;
    if (from != NOBODY) {
        double *less = piece->sums + from * columns;
        for (size_t j = 0; j < columns; j++)
            less[j] -= weight * (double)x[j];
        piece->sizes[from] -= weight;
        piece->counts[from] -= weight > 0;
    }
    lloyd->labels[row] = to;
    piece->changed++;
}

/* Compare the gathered rows with all centres. */
static void gathered_compare(struct lloyd *lloyd, struct piece *piece)
{
    const struct kmeans_points *points = lloyd->points;
    struct nearest found[ROWS_AT_ONCE];
    const float *rows[ROWS_AT_ONCE];
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        rows[i] = point(points, piece->gathered[i < piece->gathered_count ? i : 0]);
    if (piece->gathered_count)
        nearest_find(rows, lloyd->left, points->columns + 1, lloyd->width, found);
    for (size_t i = 0; i < piece->gathered_count; i++) {
        size_t row = piece->gathered[i];
        float squares = points->squares[row], slack = squares * 0x1p-22F;
        float error = rounding(points->columns, lloyd->longest, squares);
        uint32_t to = found[i].at;
        if (found[i].second - found[i].best <= 2 * error) {
            to = nearest_exactly(lloyd, row, &lloyd->upper[row], &lloyd->lower[row]);
        } else {
            float near = found[i].best + squares + error + slack;
            float next = found[i].second + squares - error - slack;
            lloyd->upper[row] = near > 0 ? sqrtf(near) * UP : 0;
            lloyd->lower[row] = next > 0 ? sqrtf(next) * DOWN : 0;
        }
        if (to != lloyd->labels[row])
            change(lloyd, piece, row, to);
    }
    piece->gathered_count = 0;
}

static void gather(struct lloyd *lloyd, struct piece *piece, size_t row)
{
    piece->gathered[piece->gathered_count++] = (uint32_t)row;
    if (piece->gathered_count == ROWS_AT_ONCE)
        gathered_compare(lloyd, piece);
}

/* Is the row, when measured anew, nearer to its centre than the bound on all others? */
static bool closer(struct lloyd *lloyd, struct piece *piece, size_t row, float bound)
{
    size_t columns = lloyd->points->columns;
    const float *centre = lloyd->right + lloyd->labels[row] * (columns + 1);
    float squares = lloyd->points->squares[row];
    float near = row_product(point(lloyd->points, row), centre, columns + 1) + squares;
    near += rounding(columns, lloyd->longest, squares) + squares * 0x1p-22F;
    lloyd->upper[row] = near > 0 ? sqrtf(near) * UP : 0;
    piece->tried++;
    piece->closer += lloyd->upper[row] < bound;
    return lloyd->upper[row] < bound;
}

/* Move the bounds of a span of rows; which may have changed, without a branch to guess wrongly. */
static size_t doubtful_find(struct lloyd *lloyd, struct piece *piece, size_t from, size_t end)
{
    size_t count = 0;
    for (size_t i = from; i < end; i++) {
        const struct drift *drift = &lloyd->drifts[lloyd->labels[i]];
        float upper = (lloyd->upper[i] + drift->move) * UP;
        float lower = (lloyd->lower[i] - drift->others) * DOWN - 1e-37F;
        float bound = lower > drift->half_gap ? lower : drift->half_gap;
        lloyd->upper[i] = upper;
        lloyd->lower[i] = lower;
        piece->doubtful[count] = (uint32_t)i;
        piece->bounds[count] = bound;
        count += upper < bound ? 0 : 1;
    }
    return count;
}

static void row_ask(const struct kmeans_points *points, size_t row)
{
    const char *at = (const char *)point(points, row);
    size_t bytes = (points->columns + 1) * sizeof(float);
    for (size_t b = 0; b < bytes && b < AHEAD_BYTES; b += 64)
        __builtin_prefetch(at + b);
}

static void span_turn(struct lloyd *lloyd, struct piece *piece, size_t from, size_t end)
{
    size_t count = doubtful_find(lloyd, piece, from, end);
    for (size_t n = 0; n < count && n < AHEAD; n++)
        row_ask(lloyd->points, piece->doubtful[n]);
    for (size_t n = 0; n < count; n++) {
        size_t row = piece->doubtful[n];
        if (n + AHEAD < count)
            row_ask(lloyd->points, piece->doubtful[n + AHEAD]);
        if (!((piece->measure || row % TASTE == 0) && closer(lloyd, piece, row, piece->bounds[n])))
            gather(lloyd, piece, row);
    }
}

static void piece_turn(void *work, size_t at)
{
    struct lloyd *lloyd = work;
    struct piece *piece = &lloyd->pieces[at];
    size_t rows = lloyd->points->rows, k = lloyd->k;
    size_t from = rows * at / lloyd->piece_count;
    size_t end = rows * (at + 1) / lloyd->piece_count;
    memset(piece->sums, 0, k * lloyd->points->columns * sizeof(double));
    memset(piece->sizes, 0, k * sizeof(double));
    memset(piece->counts, 0, k * sizeof(int64_t));
    piece->measure = 2 * piece->closer > piece->tried;
    piece->changed = piece->tried = piece->closer = 0;
    for (size_t i = from; lloyd->first && i < end; i++)
        gather(lloyd, piece, i);
    for (size_t i = from; !lloyd->first && i < end; i += SPAN)
        span_turn(lloyd, piece, i, end - i < SPAN ? end : i + SPAN);
    gathered_compare(lloyd, piece);
}

static void sides_make(struct lloyd *lloyd)
{
    size_t columns = lloyd->points->columns;
    lloyd->longest = 0;
    for (size_t c = 0; c < lloyd->k; c++) {
        float *right = lloyd->right + c * (columns + 1);
        const double *centre = lloyd->centres + c * columns;
        for (size_t j = 0; j < columns; j++)
            right[j] = (float)(-2 * centre[j]);
        right[columns] = (float)dot(centre, centre, columns);
        for (size_t j = 0; j <= columns; j++)
            lloyd->left[j * lloyd->width + c] = right[j];
        lloyd->longest = fmaxf(lloyd->longest, right[columns]);
    }
    for (size_t c = lloyd->k; c < lloyd->width; c++)
        lloyd->left[columns * lloyd->width + c] = INFINITY;
}

/* Half the way from each centre to the next one. */
static void gaps_measure(struct lloyd *lloyd)
{
    size_t columns = lloyd->points->columns, k = lloyd->k;
    for (size_t c = 0; c < k; c++)
        lloyd->drifts[c].half_gap = INFINITY;
    for (size_t a = 0; a < k; a++)
        for (size_t b = a + 1; b < k; b++) {
            const double *x = lloyd->centres + a * columns, *y = lloyd->centres + b * columns;
            double far = 0;
            for (size_t j = 0; j < columns; j++)
                far += (x[j] - y[j]) * (x[j] - y[j]);
            float half = (float)sqrt(far) / 2 * DOWN;
            lloyd->drifts[a].half_gap = fminf(lloyd->drifts[a].half_gap, half);
            lloyd->drifts[b].half_gap = fminf(lloyd->drifts[b].half_gap, half);
        }
}

/* How far the centres went; the sum of the squares. */
static double moves_measure(struct lloyd *lloyd)
{
    size_t columns = lloyd->points->columns;
    double total = 0;
    float most = 0, next = 0;
    size_t mover = 0;
    for (size_t c = 0; c < lloyd->k; c++) {
        double far = 0;
        for (size_t j = 0; j < columns; j++) {
            double way = lloyd->centres[c * columns + j] - lloyd->before[c * columns + j];
            far += way * way;
        }
        total += far;
        float move = lloyd->drifts[c].move = (float)sqrt(far) * UP;
        if (move > most) {
            next = most;
            most = move;
            mover = c;
        } else if (move > next) {
            next = move;
        }
    }
    for (size_t c = 0; c < lloyd->k; c++)
        lloyd->drifts[c].others = c == mover ? next : most;
    return total;
}

static struct lloyd *lloyd_new(struct arena *arena, const struct kmeans_points *points, size_t k,
                               double *centres, uint32_t *labels)
{
    struct lloyd *lloyd = arena_new(arena, struct lloyd);
    size_t columns = points->columns, cells = k * columns;
    *lloyd = (struct lloyd){ .points = points, .k = k, .centres = centres };
    lloyd->labels = labels;
    lloyd->piece_count = PIECE_CELLS / (cells + 1) < PIECES ? PIECE_CELLS / (cells + 1) : PIECES;
    lloyd->piece_count = lloyd->piece_count < 2 ? 2 : lloyd->piece_count;
    lloyd->before = arena_array(arena, double, cells);
    lloyd->width = (k + NEAREST_LANES - 1) / NEAREST_LANES * NEAREST_LANES;
    lloyd->left = arena_array(arena, float, (columns + 1) * lloyd->width);
    lloyd->right = arena_array(arena, float, cells + k);
    lloyd->drifts = arena_array(arena, struct drift, k);
    lloyd->upper = arena_array(arena, float, points->rows);
    lloyd->lower = arena_array(arena, float, points->rows);
    lloyd->sums = arena_array(arena, double, cells);
    lloyd->sizes = arena_array(arena, double, k);
    lloyd->counts = arena_array(arena, int64_t, k);
    for (size_t p = 0; p < lloyd->piece_count; p++)
        lloyd->pieces[p] = (struct piece){ .sums = arena_array(arena, double, cells),
                                           .sizes = arena_array(arena, double, k),
                                           .counts = arena_array(arena, int64_t, k) };
    return lloyd;
}

/* The rows to their nearest centres; how many changed. The first turn takes any as new. */
static size_t turn(struct lloyd *lloyd, struct crew *crew)
{
    size_t changed = 0, k = lloyd->k, cells = k * lloyd->points->columns;
    sides_make(lloyd);
    if (lloyd->first)
        memset(lloyd->labels, 0xFF, lloyd->points->rows * sizeof *lloyd->labels);
    else
        gaps_measure(lloyd);
    crew_run(crew, lloyd->piece_count, piece_turn, lloyd);
    for (size_t p = 0; p < lloyd->piece_count; p++) {
        const struct piece *piece = &lloyd->pieces[p];
        changed += piece->changed;
        for (size_t i = 0; i < cells && piece->changed; i++)
            lloyd->sums[i] += piece->sums[i];
        for (size_t c = 0; c < k; c++) {
            lloyd->sizes[c] += piece->sizes[c];
            lloyd->counts[c] += piece->counts[c];
        }
    }
    lloyd->first = false;
    return changed;
}

/* The row that is farthest from its centre, and could leave it; rows where all sit on theirs. */
static size_t farthest(const struct lloyd *lloyd)
{
    const struct kmeans_points *points = lloyd->points;
    size_t at = points->rows, columns = points->columns;
    double most = 0;
    for (size_t i = 0; i < points->rows; i++) {
        uint32_t own = lloyd->labels[i];
        if (!(weight_of(points, i) > 0) || lloyd->counts[own] < 2)
            continue;
        double far = apart(point(points, i), lloyd->centres + own * columns, columns);
        if (far > most) {
            most = far;
            at = i;
        }
    }
    return at;
}

/* A cluster without rows gets the farthest one. */
static void fill_empty(struct lloyd *lloyd, size_t c)
{
    size_t columns = lloyd->points->columns, row = farthest(lloyd);
    lloyd->sizes[c] = 0;
    memset(lloyd->sums + c * columns, 0, columns * sizeof(double));
    if (row == lloyd->points->rows)
        return;
    struct piece *piece = &lloyd->pieces[0];
    memset(piece->sums, 0, lloyd->k * columns * sizeof(double));
    memset(piece->sizes, 0, lloyd->k * sizeof(double));
    memset(piece->counts, 0, lloyd->k * sizeof(int64_t));
    uint32_t from = lloyd->labels[row];
    change(lloyd, piece, row, (uint32_t)c);
    size_t both[] = { from, c };
    for (size_t b = 0; b < 2; b++) {
        for (size_t j = 0; j < columns; j++)
            lloyd->sums[both[b] * columns + j] += piece->sums[both[b] * columns + j];
        lloyd->sizes[both[b]] += piece->sizes[both[b]];
        lloyd->counts[both[b]] += piece->counts[both[b]];
    }
    double far = apart(point(lloyd->points, row), lloyd->centres + c * columns, columns);
    lloyd->upper[row] = (float)sqrt(far) * UP;
    lloyd->lower[row] = 0;
}

/* The centres go to the means; how far, squared. */
static double centres_move(struct lloyd *lloyd)
{
    size_t columns = lloyd->points->columns;
    for (size_t c = 0; c < lloyd->k; c++)
        if (!lloyd->counts[c])
            fill_empty(lloyd, c);
    memcpy(lloyd->before, lloyd->centres, lloyd->k * columns * sizeof(double));
    for (size_t c = 0; c < lloyd->k; c++)
        for (size_t j = 0; j < columns && lloyd->counts[c]; j++)
            lloyd->centres[c * columns + j] = lloyd->sums[c * columns + j] / lloyd->sizes[c];
    return moves_measure(lloyd);
}

static void piece_inertia(void *work, size_t at)
{
    struct lloyd *lloyd = work;
    const struct kmeans_points *points = lloyd->points;
    size_t columns = points->columns, end = points->rows * (at + 1) / lloyd->piece_count;
    double sum = 0;
    for (size_t i = points->rows * at / lloyd->piece_count; i < end; i++)
        sum += weight_of(points, i) *
               apart(point(points, i), lloyd->centres + lloyd->labels[i] * columns, columns);
    lloyd->pieces[at].inertia = sum;
}

static double inertia(struct lloyd *lloyd, struct crew *crew)
{
    double sum = 0;
    crew_run(crew, lloyd->piece_count, piece_inertia, lloyd);
    for (size_t p = 0; p < lloyd->piece_count; p++)
        sum += lloyd->pieces[p].inertia;
    return sum;
}

/* The mean variance of a column, from the sums of the first turn. */
static double mean_variance(const struct lloyd *lloyd)
{
    const struct kmeans_points *points = lloyd->points;
    double squares = 0, n = 0, means = 0;
    for (size_t i = 0; i < points->rows; i++) {
        squares += weight_of(points, i) * (double)points->squares[i];
        n += weight_of(points, i);
    }
    for (size_t j = 0; j < points->columns; j++) {
        double sum = 0;
        for (size_t c = 0; c < lloyd->k; c++)
            sum += lloyd->sums[c * points->columns + j];
        means += (sum / n) * (sum / n);
    }
    return points->columns ? fmax(squares / n - means, 0) / (double)points->columns : 0;
}

double kmeans_assign(struct arena *arena, const struct kmeans_points *points, size_t k,
                     const double *centres, unsigned threads, uint32_t *labels)
{
    blas_start();
    struct lloyd *lloyd = lloyd_new(arena, points, k, (double *)centres, labels);
    lloyd->first = true;
    struct crew *crew = crew_start(arena, threads);
    turn(lloyd, crew);
    double sum = inertia(lloyd, crew);
    crew_end(crew);
    return sum;
}

void kmeans_lloyd(struct arena *arena, struct kmeans_room *room, const struct kmeans_points *points,
                  const struct kmeans_settings *settings, struct kmeans_result *result)
{
    blas_start();
    if (!room->lloyd)
        room->lloyd = lloyd_new(arena, points, settings->k, result->centres, result->labels);
    struct lloyd *lloyd = room->lloyd;
    lloyd->centres = result->centres;
    lloyd->labels = result->labels;
    memset(lloyd->sums, 0, settings->k * points->columns * sizeof(double));
    memset(lloyd->sizes, 0, settings->k * sizeof(double));
    memset(lloyd->counts, 0, settings->k * sizeof(int64_t));
    double still = 0;
    result->converged = false;
    lloyd->first = true;
    struct crew *crew = crew_start(arena, settings->threads);
    for (result->iterations = 1;; result->iterations++) {
        size_t changed = turn(lloyd, crew);
        if (result->iterations == 1 && settings->tol > 0)
            still = settings->tol * mean_variance(lloyd);
        double moved = centres_move(lloyd);
        result->converged = changed == 0 || moved <= still;
        if (result->converged || result->iterations == settings->max_iter)
            break;
    }
    turn(lloyd, crew);
    memcpy(result->sizes, lloyd->sizes, settings->k * sizeof(double));
    result->inertia = inertia(lloyd, crew);
    crew_end(crew);
}
