/* kernel_speed.c - sterna_bench_kernels and sterna_bench_machine (sterna_bench.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cblas.h>

#include "buffer.h"
#include "clock.h"
#include "core_clock.h"
#include "fast_kernel.h"
#include "model.h"

enum {
    SIZES = 3,
    WORK = 200000 /* weights between two readings of the clock */,
    PEAK_ROUNDS = 500,
    PEAK_TRIES = 2000
};

static const enum sterna_format formats[] = {STERNA_FORMAT_BINARY, STERNA_FORMAT_TERNARY, STERNA_FORMAT_POW2,
                                             STERNA_FORMAT_INT4, STERNA_FORMAT_INT8};

/* The recurrent matrices of GRUs of 64, 256 and 512 units. */
static const size_t sizes[SIZES][2] = {{192, 64}, {768, 256}, {1536, 512}};

static double later(double a, double b)
{
    return a > b ? a : b; /* b if a is NaN */
}

/* Codes of the format, each as likely as any other, and activations; Knuth's MMIX generator. */
static void draw(enum sterna_format format, int8_t *code, size_t count, int8_t *x, size_t cols)
{
    const unsigned range = 2 * (unsigned)sterna_format_limit(format) + 1;
    uint64_t random = 1;
    for (size_t i = 0; i < count;) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const int value = (int)((random >> 33) % range) - sterna_format_limit(format);
        if (sterna_format_has(format, value))
            code[i++] = (int8_t)value;
    }
    for (size_t i = 0; i < cols; i++)
        x[i] = (int8_t)((int)(i * 37 % 255) - 127);
}

static void time_product(const struct sterna_fast_kernel *kernel, const struct sterna_fast_matrix *matrix,
                         const int8_t *x, size_t repetitions, int32_t *sums,
                         struct sterna_bench_kernel *result)
{
    const size_t weights = matrix->rows * matrix->cols, rounds = 1 + WORK / weights;
    double fastest = INFINITY, clock = NAN;
    for (size_t i = 0; i < repetitions; i++) {
        clock = later(clock, sterna_core_clock());
        const double begun = sterna_clock_seconds();
        for (size_t k = 0; k < rounds; k++)
            sterna_fast_multiply(kernel, matrix, x, sums);
        fastest = fmin(fastest, (sterna_clock_seconds() - begun) / (double)rounds);
    }
    result->nanoseconds = 1e9 * fastest;
    result->gigahertz = clock;
    result->weights_per_cycle = (double)weights / (result->nanoseconds * clock);
}

static enum sterna_status run(const struct sterna_fast_kernel *kernel, enum sterna_format format,
                              const size_t *size, size_t repetitions, struct sterna_bench_kernel *result,
                              struct sterna_error *error)
{
    struct sterna_fast_matrix matrix = {0};
    int8_t *code = malloc(size[0] * size[1]), *x = sterna_buffer_new(size[1] + 8, 1);
    int32_t *sums = NULL;
    enum sterna_status status = STERNA_ERR_MEMORY;
    if (code && x) {
        draw(format, code, size[0] * size[1], x, size[1]);
        status = sterna_fast_matrix_new(code, size[0], size[1], kernel->lanes, &matrix, error);
    }
    if (status == STERNA_OK)
        sums = sterna_buffer_new(sterna_fast_sums(&matrix), sizeof *sums);
    if (!sums)
        status =
            sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a %zu x %zu matrix", size[0], size[1]);
    if (status == STERNA_OK) {
        *result = (struct sterna_bench_kernel){.rows = size[0], .columns = size[1]};
        (void)snprintf(result->format, sizeof result->format, "%s", sterna_format_name(format));
        (void)snprintf(result->layout, sizeof result->layout, "%s", sterna_fast_layout_name(matrix.layout));
        (void)snprintf(result->kernel, sizeof result->kernel, "%s", kernel->name);
        time_product(kernel, &matrix, x, repetitions, sums, result);
    }
    free(code);
    free(x);
    free(sums);
    sterna_fast_matrix_free(&matrix);
    return status;
}

enum sterna_status sterna_bench_kernels(size_t repetitions,
                                        struct sterna_bench_kernel result[STERNA_BENCH_KERNELS],
                                        struct sterna_error *error)
{
    const struct sterna_fast_kernel *kernel = sterna_fast_kernel_best();
    struct sterna_bench_kernel all[STERNA_BENCH_KERNELS];
    enum sterna_status status = STERNA_OK;
    _Static_assert(sizeof formats / sizeof *formats * SIZES == STERNA_BENCH_KERNELS, "formats x sizes");
    for (size_t i = 0; status == STERNA_OK && i < STERNA_BENCH_KERNELS; i++)
        status = run(kernel, formats[i / SIZES], sizes[i % SIZES], repetitions, &all[i], error);
    if (status == STERNA_OK)
        memcpy(result, all, sizeof all);
    return status;
}

/* ---- the machine ---- */

/* The line "model name : ..." of /proc/cpuinfo, where there is one. */
static void name_processor(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    (void)snprintf(name, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (colon && strncmp(line, "model name", 10) == 0) {
            (void)snprintf(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file)
        (void)fclose(file);
}

static void measure_ceiling(const struct sterna_fast_kernel *kernel, struct sterna_bench_machine *machine)
{
    double most = NAN, clock = NAN;
    for (int i = 0; i < PEAK_TRIES; i++) {
        clock = later(clock, sterna_core_clock());
        const double begun = sterna_clock_seconds();
        const size_t products = kernel->peak ? kernel->peak(PEAK_ROUNDS) : 0;
        most = later(most, (double)products / (1e9 * (sterna_clock_seconds() - begun)));
    }
    machine->gigahertz = clock;
    machine->ceiling = kernel->peak ? most / clock : NAN;
}

enum sterna_status sterna_bench_machine(struct sterna_bench_machine *machine, struct sterna_error *error)
{
    const struct sterna_fast_kernel *kernel = sterna_fast_kernel_best();
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const time_t now = time(NULL);
    struct tm date;
    struct sterna_bench_machine fresh = {.cores = cores > 0 ? (unsigned)cores : 1};
    if (!gmtime_r(&now, &date) || strftime(fresh.date, sizeof fresh.date, "%Y-%m-%d", &date) == 0)
        return sterna_fail(error, STERNA_ERR_RANGE, "the system's clock shows no date");
    name_processor(fresh.processor, sizeof fresh.processor);
    (void)snprintf(fresh.kernel, sizeof fresh.kernel, "%s", kernel->name);
#if defined(__clang__)
    (void)snprintf(fresh.compiler, sizeof fresh.compiler, "clang %s", __clang_version__);
#else
    (void)snprintf(fresh.compiler, sizeof fresh.compiler, "gcc %s", __VERSION__);
#endif
    (void)snprintf(fresh.openblas, sizeof fresh.openblas, "%s", openblas_get_config());
    measure_ceiling(kernel, &fresh);
    *machine = fresh;
    return STERNA_OK;
}
