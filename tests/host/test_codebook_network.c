/* test_codebook_network.c - every matrix is quantized in its turn, and the network goes on with what its code stands for. */
#include <math.h>

#include "checkpoint.h"
#include "codebook_network.h"
#include "tiny_training.h"

#include <check.h>

enum { MATRICES = 3 };

static struct scratch scratch;
static struct sterna_recipe recipe;
static struct sterna_training original, quantized;
static struct sterna_trial trial;
static struct sterna_product_code code[MATRICES];
static struct sterna_product_report reports[MATRICES];
static char seen[MATRICES][48];
static size_t reported;
static struct sterna_error error;

static void take(const struct sterna_product_report *report, void *context)
{
    ck_assert_ptr_eq(context, reports);
    ck_assert_uint_lt(reported, MATRICES);
    (void)snprintf(seen[reported], sizeof seen[0], "%s", report->name);
    reports[reported++] = *report;
}

static struct sterna_product_options options = {
    .input = {.elements = 2, .words = 12, .terms = 1, .top = 8},
    .recurrent = {.elements = 3, .words = 20, .terms = 2, .top = 8},
    .output = {.elements = 1, .words = 9, .terms = 2, .top = 16},
    .report = take,
    .context = reports};

static void set_up(void)
{
    char file[SCRATCH_PATH];
    reported = 0;
    scratch_open(&scratch);
    recipe = tiny_recipe(&scratch);
    (void)snprintf(recipe.quantizer, sizeof recipe.quantizer, "float");
    (void)snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "float");
    recipe.integer_updates = 0;
    ck_assert_msg(tiny_train(&scratch, &recipe, 1, &error) == STERNA_OK, "%s", error.reason);
    scratch_path(&scratch, "checkpoint.safetensors", file);
    ck_assert_int_eq(sterna_checkpoint_load(file, &original, &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_load(file, &quantized, &error), STERNA_OK);
    const struct sterna_eval_options from = {.data = recipe.data, .split = STERNA_TRAIN};
    const struct sterna_trial_needs needs = {
        .ends = &original.data.ends, .alphabet = original.data.alphabet, .symbols = original.data.symbols};
    ck_assert_int_eq(sterna_trial_open(&from, &needs, &trial, &error), STERNA_OK);
}

static void tear_down(void)
{
    for (size_t i = 0; i < MATRICES; i++)
        sterna_product_code_release(&code[i]);
    sterna_trial_close(&trial);
    sterna_training_free(&original);
    sterna_training_free(&quantized);
    scratch_close(&scratch);
}

static struct sterna_codebook_network run(void)
{
    struct sterna_codebook_network network = {&options, &trial, &original, &quantized, code};
    ck_assert_uint_eq(sterna_codebook_matrices(&original.network), MATRICES);
    ck_assert_msg(sterna_codebook_quantize(&network, &error) == STERNA_OK, "%s", error.reason);
    return network;
}

START_TEST(the_network_has_the_weights_of_its_codes)
{
    const struct sterna_weight *weight[MATRICES] = {
        &quantized.network.layer[0].ih, &quantized.network.layer[0].hh, &quantized.network.output.weight};
    static const char *const names[MATRICES] = {"weight_ih_l0", "weight_hh_l0", "linear.weight"};
    (void)run();
    ck_assert_uint_eq(reported, MATRICES);
    for (size_t i = 0; i < MATRICES; i++) {
        float *expanded = calloc(weight[i]->rows * weight[i]->cols, sizeof *expanded);
        ck_assert_ptr_nonnull(expanded);
        sterna_product_code_expand(&code[i], expanded);
        ck_assert_mem_eq(expanded, weight[i]->value, weight[i]->rows * weight[i]->cols * sizeof *expanded);
        free(expanded);
        ck_assert_str_eq(seen[i], names[i]);
        ck_assert_uint_eq(reports[i].rows, weight[i]->rows);
        ck_assert_double_lt(reports[i].corrected, reports[i].plain + 1e-9);
        ck_assert_double_lt(reports[i].projected, 0.5);
        ck_assert_uint_gt(reports[i].program, 0);
    }
}
END_TEST

/* Of a model every weight is the code's, times the row's scale. */
START_TEST(the_model_has_the_weights_of_the_network)
{
    const struct sterna_codebook_network network = run();
    struct sterna_model *model = NULL;
    ck_assert_msg(sterna_codebook_export(&network, &model, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_model_check(model, &error), STERNA_OK);
    const struct sterna_matrix *matrix[MATRICES] = {&model->layer[0].ih, &model->layer[0].hh, &model->output};
    const float *value[MATRICES] = {quantized.network.layer[0].ih.value, quantized.network.layer[0].hh.value,
                                    quantized.network.output.weight.value};
    static const double one[MATRICES] = {64, 128, 128};
    for (size_t i = 0; i < MATRICES; i++) {
        ck_assert_int_eq(matrix[i]->format, STERNA_FORMAT_CODEBOOK);
        for (size_t at = 0; at < matrix[i]->rows * matrix[i]->cols; at++) {
            const size_t r = at / matrix[i]->cols;
            const double scale = ldexp(matrix[i]->scale_m[r], -matrix[i]->scale_s[r]) * one[i] / 2048;
            ck_assert_double_eq_tol(scale * matrix[i]->code[at], (double)value[i][at],
                                    0.004 * fabs((double)value[i][at]) + 1e-7);
        }
    }
    sterna_model_free(model);
}
END_TEST

/* Prepared anew from its parameters the network has the same weights. */
START_TEST(a_checkpoint_has_the_weights_of_the_network)
{
    const struct sterna_preparation in_float = {.integer = false};
    const struct sterna_codebook_network network = run();
    const struct sterna_weight *hh = &quantized.network.layer[0].hh;
    float *before = malloc(hh->rows * hh->cols * sizeof *before);
    ck_assert_ptr_nonnull(before);
    memcpy(before, hh->value, hh->rows * hh->cols * sizeof *before);
    sterna_codebook_restore(&network);
    sterna_network_prepare(&quantized.network, &in_float, false, NULL, quantized.value);
    for (size_t i = 0; i < hh->rows * hh->cols; i++)
        ck_assert_double_eq_tol((double)hh->value[i], (double)before[i], 1e-5);
    free(before);
}
END_TEST

START_TEST(what_cannot_be_quantized_is_refused_by_name)
{
    struct sterna_codebook_network network = {&options, &trial, &original, &quantized, code};
    options.recurrent.words = 129;
    ck_assert_int_eq(sterna_codebook_quantize(&network, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "weight_hh_l0: codewords of 3 weights, 129 of them"));
    original.network.layer[0].norm = STERNA_NORMALIZE_LAYER;
    ck_assert_int_eq(sterna_codebook_quantize(&network, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "normalization \"weight\" or \"none\""));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_network");
    TCase *tests = tcase_create("codebook_network");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_network_has_the_weights_of_its_codes);
    tcase_add_test(tests, the_model_has_the_weights_of_the_network);
    tcase_add_test(tests, a_checkpoint_has_the_weights_of_the_network);
    tcase_add_test(tests, what_cannot_be_quantized_is_refused_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
