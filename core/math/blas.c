/* OpenBLAS and LAPACK behind blas.h: the only file that includes cblas.h. */
#include "core/math/blas.h"
#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>

/* LAPACK is Fortran: by reference and column by column; its upper triangle is our lower one. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
             double *b, const int *ldb, int *info);
void dpocon_(const char *uplo, const int *n, const double *a, const int *lda, const double *anorm,
             double *rcond, double *work, int *iwork, int *info);
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a,
             const int *lda, const double *vl, const double *vu, const int *il, const int *iu,
             const double *abstol, int *m, double *w, double *z, const int *ldz, int *isuppz,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void set_one_thread(void)
{
    openblas_set_num_threads(1);
}

void blas_start(void)
{
    pthread_once(&started, set_one_thread);
}

const char *blas_core_name(void)
{
    return openblas_get_corename();
}

static int side(size_t n)
{
    assert(n < INT_MAX);
    return (int)n;
}

double dot(const double *x, const double *y, size_t n)
{
    blas_start();
    return cblas_ddot(side(n), x, 1, y, 1);
}

void matrix_times(struct matrix a, const double *x, double *y)
{
    blas_start();
    for (size_t i = 0; a.columns == 0 && i < a.rows; i++)
        y[i] = 0;
    if (a.rows && a.columns)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, side(a.rows), side(a.columns), 1, a.at,
                    side(a.stride), x, 1, 0, y, 1);
}

void matrix_transposed_times_add(struct matrix a, const double *x, double *y)
{
    blas_start();
    if (a.rows && a.columns)
        cblas_dgemv(CblasRowMajor, CblasTrans, side(a.rows), side(a.columns), 1, a.at,
                    side(a.stride), x, 1, 1, y, 1);
}

void gram_add(struct matrix a, struct matrix gram)
{
    blas_start();
    assert(gram.rows == a.columns && gram.columns == a.columns);
    if (a.rows && a.columns)
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, side(a.columns), side(a.rows), 1, a.at,
                    side(a.stride), 1, gram.at, side(gram.stride));
}

void gram_of_rows_add(struct matrix a, struct matrix gram)
{
    blas_start();
    assert(gram.rows == a.rows && gram.columns == a.rows);
    if (a.rows && a.columns)
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, side(a.rows), side(a.columns), 1, a.at,
                    side(a.stride), 1, gram.at, side(gram.stride));
}

bool cholesky(struct matrix a)
{
    blas_start();
    assert(a.rows == a.columns);
    if (!a.rows)
        return true;
    int n = side(a.rows), stride = side(a.stride), info = 0;
    dpotrf_("U", &n, a.at, &stride, &info);
    for (size_t i = 0; info == 0 && i < a.rows; i++)
        if (!isfinite(matrix_row(a, i)[i]))
            return false;
    return info == 0;
}

void cholesky_solve(struct matrix l, double *x)
{
    blas_start();
    if (!l.rows)
        return;
    int n = side(l.rows), stride = side(l.stride), one = 1, info = 0;
    dpotrs_("U", &n, &one, l.at, &stride, x, &n, &info);
    assert(info == 0);
}

double cholesky_rcond(struct matrix l, double norm, double *work, int *iwork)
{
    blas_start();
    if (!l.rows)
        return 1;
    int n = side(l.rows), stride = side(l.stride), info = 0;
    double rcond = 0;
    dpocon_("U", &n, l.at, &stride, &norm, &rcond, work, iwork, &info);
    return info == 0 ? rcond : 0;
}

bool eigen_symmetric(struct matrix a, double *values, double *work, size_t room)
{
    blas_start();
    assert(a.rows == a.columns && room >= 3 * a.rows);
    if (!a.rows)
        return true;
    int n = side(a.rows), stride = side(a.stride), info = 0;
    int most = room < INT_MAX ? (int)room : INT_MAX;
    dsyev_("V", "U", &n, a.at, &stride, values, work, &most, &info);
    return info == 0;
}

/* dsyevr's least room: 26n doubles, then values[n], 10n + 2n ints; more makes it no faster here. */
#define EIGEN_BLOCK 66

size_t eigen_greatest_room(size_t n)
{
    return (EIGEN_BLOCK + 1 + 6) * n;
}

bool eigen_greatest(struct matrix a, size_t count, double *values, struct matrix vectors,
                    double *work)
{
    blas_start();
    assert(a.rows == a.columns && count <= a.rows);
    assert(vectors.rows >= count && vectors.columns == a.rows);
    if (!count)
        return true;
    int n = side(a.rows), stride = side(a.stride), ldz = side(vectors.stride), found = 0, info = 0;
    int room = EIGEN_BLOCK * n, room_int = 10 * n, first = n - side(count) + 1;
    double none = 0, *all = work + (size_t)room;
    int *supports = (int *)(all + n), *work_int = supports + 2 * (size_t)n;
    dsyevr_("V", "I", "U", &n, a.at, &stride, &none, &none, &first, &n, &none, &found, all,
            vectors.at, &ldz, supports, work, &room, work_int, &room_int, &info);
    if (info != 0 || found != (int)count)
        return false;
    for (size_t i = 0, j = count - 1; i < j; i++, j--) /* they come rising */
        cblas_dswap(n, matrix_row(vectors, i), 1, matrix_row(vectors, j), 1);
    for (size_t k = 0; k < count; k++)
        values[k] = all[count - 1 - k];
    return true;
}

void rows_times_rows_add(struct matrix a, struct matrix b, struct matrix c)
{
    blas_start();
    assert(a.columns == b.columns && c.rows == a.rows && c.columns == b.rows);
    if (a.rows && b.rows && a.columns)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, side(a.rows), side(b.rows),
                    side(a.columns), 1, a.at, side(a.stride), b.at, side(b.stride), 1, c.at,
                    side(c.stride));
}

void columns_times_columns_add(struct matrix a, struct matrix b, struct matrix c)
{
    blas_start();
    assert(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns);
    if (a.rows && b.columns && a.columns)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, side(a.columns), side(b.columns),
                    side(a.rows), 1, a.at, side(a.stride), b.at, side(b.stride), 1, c.at,
                    side(c.stride));
}

static enum CBLAS_TRANSPOSE turning(struct floats a)
{
    return a.turned ? CblasTrans : CblasNoTrans;
}

void floats_multiply(struct floats a, struct floats b, float keep, struct floats c)
{
    blas_start();
    assert(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns && !c.turned);
    if (c.rows && c.columns)
        cblas_sgemm(CblasRowMajor, turning(a), turning(b), side(c.rows), side(c.columns),
                    side(a.columns), 1, a.at, side(a.stride), b.at, side(b.stride), keep, c.at,
                    side(c.stride));
}
