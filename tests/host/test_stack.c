/* test_stack.c - convolutions against a direct loop, gradients against differences, batch normalization folded. The integer pass is
 * compared with fixed.c's in test_export.c. */
#include "gradient_check.h"
#include "product.h"
#include "stack.h"
#include "stack_cases.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { ROOM = 8192, ROWS = 64 };

/* Of each layer: parameters, and where their gradients go. */
static struct {
    float weight[ROOM], bias[ROWS], gain[ROWS], mean[ROWS], variance[ROWS];
    float dweight[ROOM], dbias[ROWS], dgain[ROWS], new_mean[ROWS], new_variance[ROWS];
} at[4];

static struct sterna_stack stack;
static struct sterna_stack_run run;
static size_t length[CASE_SEQUENCES], inputs;
static float input[ROOM], wanted[ROOM];

static void set_up(void)
{
    sterna_product_setup();
}

static void tear_down(void)
{
    sterna_stack_run_free(&run);
    sterna_stack_free(&stack);
}

/* With every pre-activation where ReLU passes: a difference must not step over its corners. */
static void fill_layer(size_t k, uint64_t *seed)
{
    const struct sterna_stack_layer *layer = &stack.shape.layer[k];
    random_values(at[k].weight, ROOM, layer->batch_norm ? 1.5f : 0.5f / (float)(layer->cols + 1), seed);
    for (size_t r = 0; r < ROWS; r++) {
        random_values(&at[k].bias[r], 1, 0.2f, seed);
        random_values(&at[k].mean[r], 1, 0.2f, seed);
        at[k].bias[r] += 2.0f;
        at[k].gain[r] = 0.2f + 0.01f * (float)r;
        at[k].variance[r] = 0.3f + 0.02f * (float)r;
    }
}

static void open_case(int i)
{
    const struct sterna_grid grid = {.unit = 1.0f, .levels = 15, .fraction_bits = 1};
    const struct sterna_quantizer *quantizer = NULL;
    const struct sterna_normalizer *none = NULL;
    struct sterna_stack_shape shape;
    uint64_t seed = 5;

    memset(at, 0, sizeof at);

    ck_assert_int_eq(
        sterna_stack_shape_read(stack_case[i].text, CASE_INPUTS, stack_case[i].steps, &shape, NULL),
        STERNA_OK);
    ck_assert_uint_le(shape.layers, sizeof at / sizeof at[0]);
    ck_assert_int_eq(sterna_quantizer_find("float", &quantizer, NULL), STERNA_OK);
    ck_assert_int_eq(sterna_normalizer_find("none", &none, NULL), STERNA_OK);
    struct sterna_convolution *convolution = calloc(shape.layers, sizeof *convolution);
    for (size_t k = 0; k < shape.layers; k++)
        if (shape.layer[k].kind == STERNA_STACK_CONV)
            ck_assert_int_eq(sterna_weight_new(shape.layer[k].out.channels, shape.layer[k].cols, 1, quantizer,
                                               &grid, none, &convolution[k].weight, NULL),
                             STERNA_OK);
    ck_assert_int_eq(sterna_stack_new(&shape, 5, convolution, &stack, NULL), STERNA_OK);
    for (size_t k = 0; k < shape.layers; k++)
        fill_layer(k, &seed);
    case_lengths(i, length);
    inputs = (length[0] + length[1]) * CASE_INPUTS;
    for (size_t j = 0; j < inputs; j++) /* far apart, so that maxima stay where they are */
        input[j] = (float)(j * 7 % 23) * 0.2f - 2.2f;
    random_values(wanted, ROOM, 1.0f, &seed);
    ck_assert_int_eq(sterna_stack_run_new(&stack, CASE_STEPS, CASE_SEQUENCES, true, &run, NULL), STERNA_OK);
}

static void forward(bool training)
{
    const struct sterna_preparation preparation = {.integer = false};
    stack.training = training;
    for (size_t k = 0; k < stack.shape.layers; k++) {
        if (stack.shape.layer[k].kind != STERNA_STACK_CONV)
            continue;
        sterna_weight_prepare(&stack.convolution[k].weight, 0, &preparation, 1.0f, at[k].weight, NULL);
        stack.convolution[k].scale = (struct sterna_product_scale){at[k].gain, at[k].mean, at[k].variance};
        sterna_stack_prepare(&stack, k, at[k].bias);
    }
    memcpy(run.value[0], input, inputs * sizeof *input);
    sterna_stack_forward(&stack, &run, length, CASE_SEQUENCES);
}

/* Floats that come out. */
static size_t outputs(void)
{
    size_t frames = 0;
    for (size_t b = 0; b < CASE_SEQUENCES; b++)
        frames += run.height[stack.shape.layers * run.batch + b];
    return frames * sterna_stack_shape_outputs(&stack.shape);
}

static double objective(void *context)
{
    double sum = 0.0;
    (void)context;
    forward(true);
    for (size_t i = 0; i < outputs(); i++)
        sum += (double)(wanted[i] * run.value[stack.shape.layers][i]);
    return sum;
}

static void backward(float *dinput)
{
    struct sterna_stack_gradient gradient[4];
    memset(gradient, 0, sizeof gradient);
    for (size_t k = 0; k < stack.shape.layers; k++)
        gradient[k] = (struct sterna_stack_gradient){at[k].dweight, at[k].dbias, at[k].dgain, at[k].new_mean,
                                                     at[k].new_variance};
    forward(true);
    memcpy(run.gradient[0], wanted, outputs() * sizeof *wanted);
    sterna_stack_backward(&stack, &run, gradient, dinput);
}

static void check_gradients(float *value, const float *gradient, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        const double numeric = numeric_gradient(objective, NULL, &value[i]);
        ck_assert_msg(gradients_agree(numeric, (double)gradient[i]), "%s of %s, %zu: %g, backward %g",
                      stack.shape.text, what, i, numeric, (double)gradient[i]);
    }
}

START_TEST(gradients_match_differences)
{
    static float dinput[ROOM];
    open_case(_i);
    backward(dinput);
    check_gradients(input, dinput, inputs, "input");
    for (size_t k = 0; k < stack.shape.layers; k++) {
        const struct sterna_stack_layer *layer = &stack.shape.layer[k];
        if (layer->kind != STERNA_STACK_CONV)
            continue;
        check_gradients(at[k].weight, at[k].dweight, layer->out.channels * layer->cols, "weight");
        check_gradients(at[k].bias, at[k].dbias, layer->out.channels, "bias");
        if (layer->batch_norm)
            check_gradients(at[k].gain, at[k].dgain, layer->out.channels, "gain");
    }
}
END_TEST

/* The sum of a convolution at one place, from its definition. */
static double direct(const struct sterna_stack_layer *layer, size_t h, const float *plane,
                     const float *weight, size_t filter, size_t y, size_t x)
{
    const size_t own = layer->in.channels / layer->groups;
    const size_t first = filter / (layer->out.channels / layer->groups) * own;
    double sum = 0.0;
    for (size_t ky = 0; ky < layer->kernel[0]; ky++)
        for (size_t kx = 0; kx < layer->kernel[1]; kx++)
            for (size_t c = 0; c < own; c++) {
                const size_t row = y * layer->stride[0] + ky, col = x * layer->stride[1] + kx;
                if (row < layer->pad[0] || row >= h + layer->pad[0] || col < layer->pad[1] ||
                    col >= layer->in.width + layer->pad[1])
                    continue;
                const size_t place = (row - layer->pad[0]) * layer->in.width + col - layer->pad[1];
                sum += (double)weight[((filter * layer->kernel[0] + ky) * layer->kernel[1] + kx) * own + c] *
                       (double)plane[place * layer->in.channels + first + c];
            }
    return sum;
}

/* By the running statistics, and once more by the folded factors. ReLU's corners are reached: biases from -2 to 6. */
START_TEST(a_convolution_is_the_direct_sum_and_batch_normalization_folds)
{
    open_case(_i);
    for (size_t k = 0; k < stack.shape.layers; k++)
        for (size_t r = 0; r < ROWS; r++)
            at[k].bias[r] = (float)(r % 5) * 2.0f - 2.0f;
    forward(false);
    for (size_t k = 0; k < stack.shape.layers; k++) {
        const struct sterna_stack_layer *layer = &stack.shape.layer[k];
        const float *plane = run.value[k], *out = run.value[k + 1];
        float factor[ROWS], offset[ROWS];
        if (layer->kind != STERNA_STACK_CONV)
            continue;
        sterna_stack_fold(&stack, k, factor, offset);
        for (size_t b = 0; b < CASE_SEQUENCES; b++) {
            const size_t h = run.height[k * run.batch + b], after = run.height[(k + 1) * run.batch + b];
            for (size_t i = 0; i < after * layer->out.width; i++)
                for (size_t r = 0; r < layer->out.channels; r++) {
                    const double sum =
                        direct(layer, h, plane, at[k].weight, r, i / layer->out.width, i % layer->out.width);
                    const double normal =
                        (sum - (double)at[k].mean[r]) / sqrt((double)at[k].variance[r] + 1e-5);
                    const double pre =
                        (layer->batch_norm ? (double)at[k].gain[r] * normal : sum) + (double)at[k].bias[r];
                    const double folded = (double)factor[r] * sum + (double)offset[r];
                    const double a = fmin(fmax(pre, 0.0), 127.0 / 32.0);
                    ck_assert_double_eq_tol(pre, folded, 1e-5);
                    ck_assert_double_eq_tol((double)*out++, a, 1e-4);
                }
            plane += h * layer->in.width * layer->in.channels;
        }
    }
}
END_TEST

START_TEST(relu_stops_the_gradient_below_0_and_at_its_top)
{
    open_case(0);
    const size_t filters = stack.shape.layer[0].out.channels;
    at[0].bias[0] = -3.0f;
    at[0].bias[1] = 9.0f;
    backward(NULL);
    for (size_t r = 0; r < filters; r++)
        ck_assert((at[0].dbias[r] != 0.0f) == (r > 1));
}
END_TEST

/* A patch and a filter's effective weights give the response that a look at a layer promises. */
START_TEST(a_layers_input_and_response_can_be_looked_at)
{
    float patch[ROOM];
    open_case(1);
    forward(false);
    const struct sterna_stack_layer *layer = &stack.shape.layer[2 - 1];
    const struct sterna_planes planes = sterna_stack_planes(&run, 1);
    const float *weight = stack.convolution[1].weight.value + 4 * layer->cols; /* filter 4: group 1 */
    double response = 0.0;
    sterna_patches_gather(layer, &planes, 1, run.value[1], 2, 1, patch);
    for (size_t i = 0; i < layer->cols; i++)
        response += (double)(patch[i] * weight[i]);
    ck_assert_double_eq_tol(response, direct(layer, planes.in[0], run.value[1], at[1].weight, 4, 2, 0), 1e-5);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("stack");
    TCase *tcase = tcase_create("stack");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, gradients_match_differences, 0, STACK_CASES);
    tcase_add_loop_test(tcase, a_convolution_is_the_direct_sum_and_batch_normalization_folds, 0, STACK_CASES);
    tcase_add_test(tcase, relu_stops_the_gradient_below_0_and_at_its_top);
    tcase_add_test(tcase, a_layers_input_and_response_can_be_looked_at);
    suite_add_tcase(suite, tcase);
    return suite;
}
