#include "bench_train.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "product.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SQUARE = 768, LOOPS = 1000000, SUMS = 12 };

struct sterna_bench_gemms {
    struct sterna_bench_shape shape;
    float *x, *dx; /* [steps, batch, inputs] */
    float *h;      /* [steps, batch, hidden] */
    float *dh;     /* [batch, hidden] */
    float *gate;   /* [steps, batch, gates * hidden]: pre-activations, then their gradients */
    float *w, *dw; /* [gates * hidden, inputs] */
    float *u, *du; /* [gates * hidden, hidden] */
};

static double milliseconds(void)
{
    return 1e3 * sterna_clock_seconds();
}

/* ---- the plain products ---- */

double sterna_bench_work(const struct sterna_bench_shape *shape)
{
    const double rows = (double)shape->gates * (double)shape->hidden;
    const double columns = (double)shape->inputs + (double)shape->hidden;

    return 3.0 * 2.0 * rows * columns * (double)shape->batch * (double)shape->steps * 1e-9;
}

/* Small numbers of either sign: no product of theirs is subnormal, which some processors do slowly. */
static float *filled(size_t count)
{
    float *value = sterna_buffer_new(count, sizeof *value);
    for (size_t i = 0; value != NULL && i < count; i++)
        value[i] = ((float)(i * 2654435761u % 1021u) - 510.0f) * 0x1p-14f;
    return value;
}

enum sterna_status sterna_bench_gemms_new(const struct sterna_bench_shape *shape,
                                          struct sterna_bench_gemms **gemms, struct sterna_error *error)
{
    const size_t rows = shape->gates * shape->hidden, count = shape->steps * shape->batch;
    struct sterna_bench_gemms *fresh = calloc(1, sizeof *fresh);

    if (fresh != NULL) {
        fresh->shape = *shape;
        fresh->x = filled(count * shape->inputs);
        fresh->dx = filled(count * shape->inputs);
        fresh->h = filled(count * shape->hidden);
        fresh->dh = filled(shape->batch * shape->hidden);
        fresh->gate = filled(count * rows);
        fresh->w = filled(rows * shape->inputs);
        fresh->dw = filled(rows * shape->inputs);
        fresh->u = filled(rows * shape->hidden);
        fresh->du = filled(rows * shape->hidden);
    }
    if (!fresh || !fresh->x || !fresh->dx || !fresh->h || !fresh->dh || !fresh->gate || !fresh->w ||
        !fresh->dw || !fresh->u || !fresh->du) {
        sterna_bench_gemms_free(fresh);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for the products of %zu steps",
                           shape->steps);
    }
    *gemms = fresh;
    return STERNA_OK;
}

void sterna_bench_gemms_free(struct sterna_bench_gemms *gemms)
{
    if (gemms == NULL)
        return;
    float *const buffers[] = {gemms->x, gemms->dx, gemms->h, gemms->dh, gemms->gate,
                              gemms->w, gemms->dw, gemms->u, gemms->du};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        free(buffers[i]);
    free(gemms);
}

/* c [rows, cols] = a [rows, inner] b, with b as it stands or, from the other side, transposed. */
static void times(CBLAS_TRANSPOSE transposed, size_t rows, size_t cols, size_t inner, const float *a,
                  const float *b, float beta, float *c)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed, (int)rows, (int)cols, (int)inner, 1.0f, a,
                (int)inner, b, (int)(transposed == CblasTrans ? inner : cols), beta, c, (int)cols);
}

double sterna_bench_gemms(struct sterna_bench_gemms *gemms)
{
    const size_t X = gemms->shape.inputs, H = gemms->shape.hidden, B = gemms->shape.batch;
    const size_t T = gemms->shape.steps, R = gemms->shape.gates * H;
    const double begun = milliseconds();

    sterna_product_setup();
    for (size_t t = 0; t < T; t++) {
        float *gate = gemms->gate + t * B * R;
        times(CblasTrans, B, R, X, gemms->x + t * B * X, gemms->w, 0.0f, gate);
        times(CblasTrans, B, R, H, gemms->h + t * B * H, gemms->u, 1.0f, gate);
    }
    for (size_t t = T; t-- > 0;) {
        const float *gate = gemms->gate + t * B * R;
        times(CblasNoTrans, B, X, R, gate, gemms->w, 0.0f, gemms->dx + t * B * X);
        times(CblasNoTrans, B, H, R, gate, gemms->u, 0.0f, gemms->dh);
        sterna_product_outer(R, X, B, gate, R, gemms->x + t * B * X, X, gemms->dw, X);
        sterna_product_outer(R, H, B, gate, R, gemms->h + t * B * H, H, gemms->du, H);
    }
    return milliseconds() - begun;
}

/* ---- the machine's peak ---- */

#if defined(__x86_64__)
/* Twelve sums hide the latency; the last sum is returned so that none is left out. */
__attribute__((target("avx2,fma"))) static float multiply_add_loop(void)
{
    const __m256 factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(1e-3f);
    __m256 sum[SUMS];
    float result[8];

#pragma GCC unroll 12
    for (int i = 0; i < SUMS; i++)
        sum[i] = _mm256_set1_ps((float)i);
    for (int loop = 0; loop < LOOPS; loop++) {
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sum[i] = _mm256_fmadd_ps(sum[i], factor, term);
    }
#pragma GCC unroll 12
    for (int i = 1; i < SUMS; i++)
        sum[0] = _mm256_add_ps(sum[0], sum[i]);
    _mm256_storeu_ps(result, sum[0]);
    return result[0];
}
#endif

/* GFLOP/s of the loop; 0 where the processor has none. */
static double register_peak(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        const double begun = milliseconds();
        volatile float kept = multiply_add_loop();
        (void)kept;
        return 2.0 * 8.0 * SUMS * LOOPS * 1e-6 / (milliseconds() - begun);
    }
#endif
    return 0.0;
}

/* GFLOP/s of one large square product. */
static double square_peak(const float *a, const float *b, float *c)
{
    const double begun = milliseconds();

    times(CblasNoTrans, SQUARE, SQUARE, SQUARE, a, b, 0.0f, c);
    return 2.0 * SQUARE * SQUARE * SQUARE * 1e-6 / (milliseconds() - begun);
}

/* ---- all in turn ---- */

enum sterna_status sterna_bench_train(const struct sterna_bench_shape *shape, size_t repetitions,
                                      void (*train)(void *context), void *context,
                                      struct sterna_bench_train *result, struct sterna_error *error)
{
    struct sterna_bench_gemms *gemms = NULL;
    float *square = filled(3 * SQUARE * SQUARE);
    struct sterna_bench_train best = {.trainer = INFINITY, .plain = INFINITY};

    enum sterna_status status = sterna_bench_gemms_new(shape, &gemms, error);
    if (status == STERNA_OK && !square)
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    for (size_t i = 0; status == STERNA_OK && i < repetitions; i++) {
        best.plain = fmin(best.plain, sterna_bench_gemms(gemms));
        const double begun = milliseconds();
        train(context);
        best.trainer = fmin(best.trainer, milliseconds() - begun);
        best.peak = fmax(best.peak, register_peak());
        best.peak =
            fmax(best.peak, square_peak(square, square + SQUARE * SQUARE, square + 2 * SQUARE * SQUARE));
    }
    if (status == STERNA_OK)
        *result = best;
    free(square);
    sterna_bench_gemms_free(gemms);
    return status;
}
