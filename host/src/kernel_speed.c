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

/* Codes of the format and activations, each as likely as any other. */
static void draw(enum sterna_format format, int8_t *code, size_t count, int8_t *x, size_t cols)
{
    const unsigned range = 2 * (unsigned)sterna_format_limit(format) + 1;
    uint64_t random = 1;
    for (size_t i = 0; i < count;) {
        const int value = (int)sterna_bench_draw(&random, range) - sterna_format_limit(format);
        if (sterna_format_has(format, value))
            code[i++] = (int8_t)value;
    }
    for (size_t i = 0; i < cols; i++)
        x[i] = (int8_t)((int)sterna_bench_draw(&random, 255) - 127);
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
        status =
            sterna_fast_matrix_new(code, size[0], size[1], kernel->lanes, kernel->layouts, &matrix, error);
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

/* The kernel's instructions on registers alone, in products per cycle; the core's clock meanwhile. */
static double measure_ceiling(const struct sterna_fast_kernel *kernel, size_t tries, double *gigahertz)
{
    double most = NAN;
    *gigahertz = NAN;
    for (size_t i = 0; i < tries; i++) {
        *gigahertz = later(*gigahertz, sterna_core_clock());
        const double begun = sterna_clock_seconds();
        const size_t products = kernel->peak ? kernel->peak(PEAK_ROUNDS) : 0;
        most = later(most, (double)products / (1e9 * (sterna_clock_seconds() - begun)));
    }
    return kernel->peak ? most / *gigahertz : NAN;
}

/* The index-th kernel that runs here and agrees with the portable one; NULL if there are not so many. */
static const struct sterna_fast_kernel *kernel_at(size_t index)
{
    const struct sterna_fast_kernel *kernel = NULL;
    for (size_t i = 0; (kernel = sterna_fast_kernels[i]) != NULL; i++)
        if (kernel->runs() && sterna_fast_kernel_agrees(kernel) && index-- == 0)
            break;
    return kernel;
}

const char *sterna_bench_kernel_name(size_t index)
{
    const struct sterna_fast_kernel *kernel = kernel_at(index);
    return kernel ? kernel->name : NULL;
}

static enum sterna_status find_kernel(const char *name, const struct sterna_fast_kernel **kernel,
                                      struct sterna_error *error)
{
    char names[128] = "";
    size_t length = 0;
    for (size_t i = 0; (*kernel = kernel_at(i)) != NULL; i++) {
        if (strcmp((*kernel)->name, name) == 0)
            return STERNA_OK;
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? ", " : "",
                                   (*kernel)->name);
    }
    return sterna_fail(error, STERNA_ERR_MISSING, "no kernel \"%s\" runs here; these do: %s", name, names);
}

enum sterna_status sterna_bench_kernels(const char *name, size_t repetitions,
                                        struct sterna_bench_kernel result[STERNA_BENCH_KERNELS],
                                        struct sterna_error *error)
{
    const struct sterna_fast_kernel *kernel = NULL;
    struct sterna_bench_kernel all[STERNA_BENCH_KERNELS];
    double clock = NAN;
    enum sterna_status status = find_kernel(name, &kernel, error);
    _Static_assert(sizeof formats / sizeof *formats * SIZES == STERNA_BENCH_KERNELS, "formats x sizes");
    const double ceiling = status == STERNA_OK ? measure_ceiling(kernel, repetitions, &clock) : NAN;
    for (size_t i = 0; status == STERNA_OK && i < STERNA_BENCH_KERNELS; i++) {
        status = run(kernel, formats[i / SIZES], sizes[i % SIZES], repetitions, &all[i], error);
        all[i].ceiling = ceiling;
    }
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
    fresh.ceiling = measure_ceiling(kernel, PEAK_TRIES, &fresh.gigahertz);
    *machine = fresh;
    return STERNA_OK;
}
