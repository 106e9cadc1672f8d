/* test_patches.c - patches and poolings against their definition, value by value. */
#include "gradient_check.h"
#include "patches.h"
#include "stack_cases.h"

#include <string.h>

#include <check.h>

enum { ROOM = 4096 };

static struct sterna_stack_shape shape;
static size_t height[STERNA_STACK_LAYERS_MAX + 1][CASE_SEQUENCES];
static float value[ROOM], patch[ROOM], other[ROOM], pooled[ROOM];

static void open_case(int i)
{
    size_t length[CASE_SEQUENCES];
    uint64_t seed = 3;
    ck_assert_int_eq(
        sterna_stack_shape_read(stack_case[i].text, CASE_INPUTS, stack_case[i].steps, &shape, NULL),
        STERNA_OK);
    case_lengths(i, length);
    for (size_t k = 0; k <= shape.layers; k++)
        for (size_t b = 0; b < CASE_SEQUENCES; b++)
            height[k][b] = sterna_stack_shape_height(&shape, k, length[b]);
    random_values(value, ROOM, 1.0f, &seed);
    random_values(other, ROOM, 1.0f, &seed);
}

static struct sterna_planes planes_of(size_t k)
{
    return (struct sterna_planes){.count = CASE_SEQUENCES, .in = height[k], .out = height[k + 1]};
}

/* The value of a plane at (y, x, c), which may lie beyond its edge. */
static float value_at(const struct sterna_stack_layer *layer, size_t h, const float *plane, long y, long x,
                      size_t c)
{
    if (y < 0 || x < 0 || y >= (long)h || x >= (long)layer->in.width)
        return 0.0f;
    return plane[((size_t)y * layer->in.width + (size_t)x) * layer->in.channels + c];
}

/* Visit every output place of every sequence, in order. */
static void each_place(size_t k, void (*visit)(const struct sterna_stack_layer *layer, size_t b, size_t row,
                                               long y, long x, const float *plane))
{
    const struct sterna_stack_layer *layer = &shape.layer[k];
    const float *plane = value;
    size_t row = 0;
    for (size_t b = 0; b < CASE_SEQUENCES; b++) {
        for (size_t y = 0; y < height[k + 1][b]; y++)
            for (size_t x = 0; x < layer->out.width; x++)
                visit(layer, b, row++, (long)(y * layer->stride[0]) - (long)layer->pad[0],
                      (long)(x * layer->stride[1]) - (long)layer->pad[1], plane);
        plane += height[k][b] * layer->in.width * layer->in.channels;
    }
    const struct sterna_planes planes = planes_of(k);
    ck_assert_uint_eq(row, sterna_patches_rows(layer, &planes));
}

static size_t group;

static void check_patch(const struct sterna_stack_layer *layer, size_t b, size_t row, long y, long x,
                        const float *plane)
{
    const size_t k = (size_t)(layer - shape.layer), own = layer->in.channels / layer->groups;
    int8_t plane8[ROOM], patch8[ROOM];
    const size_t values = height[k][b] * layer->in.width * layer->in.channels;
    for (size_t i = 0; i < values; i++)
        plane8[i] = (int8_t)(plane[i] * 127.0f);
    sterna_patches_gather_int8(layer, height[k][b], group, plane8,
                               (size_t)(y + (long)layer->pad[0]) / layer->stride[0],
                               (size_t)(x + (long)layer->pad[1]) / layer->stride[1], patch8);
    for (size_t col = 0; col < layer->cols; col++) {
        const size_t c = col % own, kx = col / own % layer->kernel[1], ky = col / own / layer->kernel[1];
        const float expected =
            value_at(layer, height[k][b], plane, y + (long)ky, x + (long)kx, group * own + c);
        ck_assert(patch[row * layer->cols + col] == expected);
        ck_assert_int_eq(patch8[col], (int8_t)(expected * 127.0f));
    }
}

START_TEST(a_patch_is_what_the_kernel_covers)
{
    open_case(_i);
    for (size_t k = 0; k < shape.layers; k++) {
        const struct sterna_stack_layer *layer = &shape.layer[k];
        const struct sterna_planes planes = planes_of(k);
        const size_t rows = sterna_patches_rows(layer, &planes), half = rows / 2;
        for (group = 0; layer->kind == STERNA_STACK_CONV && group < layer->groups; group++) {
            ck_assert_uint_le(rows * layer->cols, ROOM);
            sterna_patches_gather(layer, &planes, group, value, 0, half, patch);
            sterna_patches_gather(layer, &planes, group, value, half, rows - half,
                                  patch + half * layer->cols);
            each_place(k, check_patch);
        }
    }
}
END_TEST

/* <gather v, p> = <v, scatter p> for any v and p. */
START_TEST(scatter_is_the_transpose_of_gather)
{
    open_case(_i);
    for (size_t k = 0; k < shape.layers; k++) {
        const struct sterna_stack_layer *layer = &shape.layer[k];
        const struct sterna_planes planes = planes_of(k);
        const size_t rows = sterna_patches_rows(layer, &planes);
        for (size_t g = 0; layer->kind == STERNA_STACK_CONV && g < layer->groups; g++) {
            double forward = 0.0, backward = 0.0;
            sterna_patches_gather(layer, &planes, g, value, 0, rows, patch);
            memset(pooled, 0, sizeof pooled);
            sterna_patches_scatter(layer, &planes, g, other, 0, rows, pooled);
            for (size_t i = 0; i < rows * layer->cols; i++)
                forward += (double)(patch[i] * other[i]);
            for (size_t i = 0; i < ROOM; i++)
                backward += (double)(value[i] * pooled[i]);
            ck_assert_double_eq_tol(forward, backward, 1e-4);
        }
    }
}
END_TEST

static float unit;

static void check_pool(const struct sterna_stack_layer *layer, size_t b, size_t row, long y, long x,
                       const float *plane)
{
    const size_t k = (size_t)(layer - shape.layer), area = layer->kernel[0] * layer->kernel[1];
    for (size_t c = 0; c < layer->in.channels; c++) {
        double most = -1e9, sum = 0.0;
        for (size_t i = 0; i < area; i++) {
            const float v = value_at(layer, height[k][b], plane, y + (long)(i / layer->kernel[1]),
                                     x + (long)(i % layer->kernel[1]), c);
            most = (double)v > most ? (double)v : most;
            sum += (double)v;
        }
        const double mean = sum / (double)area;
        const double expected = layer->kind == STERNA_STACK_MAX_POOL ? most
                                : unit > 0.0f ? round(mean / (double)unit) * (double)unit
                                              : mean;
        ck_assert_double_eq_tol((double)pooled[row * layer->out.channels + c], expected, 1e-6);
    }
}

/* Values are multiples of 1/32; round() is half away from zero. */
START_TEST(poolings_are_maxima_and_means_of_their_windows)
{
    open_case(_i / 2);
    unit = _i % 2 ? 0x1p-5f : 0.0f;
    for (size_t i = 0; i < ROOM; i++)
        value[i] = floorf(value[i] * 127.0f) / 32.0f;
    for (size_t k = 0; k < shape.layers; k++) {
        const struct sterna_stack_layer *layer = &shape.layer[k];
        const struct sterna_planes planes = planes_of(k);
        if (layer->kind != STERNA_STACK_MAX_POOL && layer->kind != STERNA_STACK_MEAN_POOL)
            continue;
        sterna_patches_pool(layer, &planes, unit, value, pooled);
        each_place(k, check_pool);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("patches");
    TCase *tcase = tcase_create("patches");
    tcase_add_loop_test(tcase, a_patch_is_what_the_kernel_covers, 0, STACK_CASES);
    tcase_add_loop_test(tcase, scatter_is_the_transpose_of_gather, 0, STACK_CASES);
    tcase_add_loop_test(tcase, poolings_are_maxima_and_means_of_their_windows, 0, 2 * STACK_CASES);
    suite_add_tcase(suite, tcase);
    return suite;
}
