/* test_codebook_export.c - from a checkpoint to a model, or to a checkpoint, in one call. */
#include <math.h>

#include "model.h"
#include "tiny_training.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_recipe recipe;
static char checkpoint[SCRATCH_PATH], path[SCRATCH_PATH];
static struct sterna_error error;

static void set_up(void)
{
    scratch_open(&scratch);
    recipe = tiny_recipe(&scratch);
    (void)snprintf(recipe.quantizer, sizeof recipe.quantizer, "float");
    (void)snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "float");
    recipe.integer_updates = 0;
    recipe.updates = 200;
    ck_assert_msg(tiny_train(&scratch, &recipe, 1, &error) == STERNA_OK, "%s", error.reason);
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    scratch_path(&scratch, "result.safetensors", path);
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

static double evaluate(const char *file, const char *on)
{
    const struct sterna_eval_options options = {
        .path = file, .data = recipe.data, .on = on, .split = STERNA_VALID};
    struct sterna_eval_result result;
    ck_assert_msg(sterna_eval(&options, &result, &error) == STERNA_OK, "%s", error.reason);
    const double value = result.value;
    sterna_eval_result_free(&result);
    return value;
}

static struct sterna_product_options make(size_t elements, size_t words, size_t terms)
{
    const struct sterna_product_part part = {.elements = elements, .words = words, .terms = terms, .top = 16};
    return (struct sterna_product_options){.checkpoint = checkpoint,
                                           .path = path,
                                           .data = recipe.data,
                                           .input = part,
                                           .recurrent = part,
                                           .output = part};
}

/* One weight to the word, many words: as good as the float network; on a device too. */
START_TEST(a_fine_code_predicts_as_the_network_did)
{
    struct sterna_product_options options = make(1, 20, 2);
    const double before = evaluate(checkpoint, "float");
    options.input.program = options.recurrent.program = options.output.program = 120;
    ck_assert_msg(sterna_quantize_product(&options, &error) == STERNA_OK, "%s", error.reason);
    const double after = evaluate(path, "reference");
    ck_assert_double_lt(fabs(after - before), 0.08);
    ck_assert_double_eq(evaluate(path, "reference:up5k"), after);
}
END_TEST

START_TEST(correction_predicts_better_than_none)
{
    struct sterna_product_options options = make(4, 16, 2);
    ck_assert_int_eq(sterna_quantize_product(&options, &error), STERNA_OK);
    const double corrected = evaluate(path, "reference");
    options.uncorrected = true;
    ck_assert_int_eq(sterna_quantize_product(&options, &error), STERNA_OK);
    ck_assert_double_lt(corrected, evaluate(path, "reference"));
}
END_TEST

/* Free: 24 inputs in sub-vectors of 4; the input's symbols do not divide so. */
START_TEST(real_words_make_a_checkpoint)
{
    struct sterna_product_options options = make(4, 16, 0);
    options.input.elements = 1;
    options.free_codebooks = _i == 1;
    ck_assert_msg(sterna_quantize_product(&options, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_double_lt(evaluate(path, "float"), 3.5);
}
END_TEST

START_TEST(what_fails_leaves_nothing_behind)
{
    struct sterna_product_options options = make(4, 16, 0);
    FILE *file = NULL;
    options.free_codebooks = true;
    options.recurrent.elements = 5; /* 24 */
    options.input.elements = 1;
    ck_assert_int_eq(sterna_quantize_product(&options, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(
        strstr(error.reason, "weight_hh_l0: sub-vectors of 5 weights do not divide the 24 inputs"));
    options = make(4, 16, 2);
    options.limit = 200;
    ck_assert_int_eq(sterna_quantize_product(&options, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "samples are too few"));
    options = make(4, 16, 2);
    options.recurrent.program = 10;
    ck_assert_int_eq(sterna_quantize_product(&options, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "16 words do not get by with a program of 10 bytes"));
    file = fopen(path, "rb");
    ck_assert_ptr_null(file);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_export");
    TCase *tests = tcase_create("codebook_export");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_fine_code_predicts_as_the_network_did);
    tcase_add_test(tests, correction_predicts_better_than_none);
    tcase_add_loop_test(tests, real_words_make_a_checkpoint, 0, 2);
    tcase_add_test(tests, what_fails_leaves_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
