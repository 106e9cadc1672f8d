/* test_codebook_tune.c - fine-tuning follows the gradient of the words, and nothing else of a code moves. Sequences through a convolution and a GRU. */
#include "tiny_sequences.h"

#include <math.h>

#include "checkpoint.h"
#include "codebook_fit.h"
#include "codebook_tune.h"

#include <check.h>

enum { MATRICES = 4, STEPS = 150, MORE = 105, MOST = 60 }; /* of the stack, of a GRU, of the output layer */

static struct scratch scratch;
static struct sterna_training original, quantized;
static struct sterna_trial trial;
static struct sterna_product_code code[MATRICES];
static struct sterna_product_options options;
static struct sterna_error error;
static double first_bits, last_bits;
static size_t updates;

static void take(size_t steps, double bits, void *context)
{
    ck_assert_ptr_eq(context, &updates);
    ck_assert_uint_eq(steps, ++updates);
    first_bits = steps == 1 ? bits : first_bits;
    last_bits = bits;
}

static void set_up(void)
{
    char file[SCRATCH_PATH];
    const struct sterna_product_part part = {
        .elements = 3, .words = 12, .terms = 2, .top = 8, .program = MOST};
    sound_open(&scratch);
    struct sterna_recipe recipe = tiny_sequences(&scratch);
    for (unsigned i = 0; i < MORE; i++) { /* a quarter of them, in windows of 32, is held out */
        char name[128];
        (void)snprintf(name, sizeof name, "digits/%u_anna_%u.wav", i % 3, TINY_RECORDINGS + i / 3);
        sound_write_tone(&scratch, name, 400 + 500 * (i % 3) + i, 520 + 150 * (i % 8));
    }
    (void)snprintf(recipe.stack, sizeof recipe.stack, "conv 6 3, batch-norm, relu");
    (void)snprintf(recipe.quantizer, sizeof recipe.quantizer, "float");
    (void)snprintf(recipe.quantizer_output, sizeof recipe.quantizer_output, "float");
    recipe.integer_updates = 0;
    ck_assert_msg(tiny_train(&scratch, &recipe, 1, &error) == STERNA_OK, "%s", error.reason);
    scratch_path(&scratch, "checkpoint.safetensors", file);
    ck_assert_int_eq(sterna_checkpoint_load(file, &original, &error), STERNA_OK);
    ck_assert_int_eq(sterna_checkpoint_load(file, &quantized, &error), STERNA_OK);
    const struct sterna_eval_options from = {.data = recipe.data, .split = STERNA_TRAIN};
    const struct sterna_trial_needs needs = {.ends = &original.data.ends,
                                             .front_end = &original.recipe.front_end,
                                             .mean = original.data.mean,
                                             .deviation = original.data.deviation};
    ck_assert_msg(sterna_trial_open(&from, &needs, &trial, &error) == STERNA_OK, "%s", error.reason);
    options = (struct sterna_product_options){
        .input = part, .recurrent = part, .output = part, .seed = 5, .tuned = take, .context = &updates};
    updates = 0;
}

static void tear_down(void)
{
    for (size_t i = 0; i < MATRICES; i++)
        sterna_product_code_release(&code[i]);
    sterna_trial_close(&trial);
    sterna_training_free(&original);
    sterna_training_free(&quantized);
    sound_close(&scratch);
}

static struct sterna_codebook_network quantize(void)
{
    struct sterna_codebook_network network = {&options, &trial, &original, &quantized, code};
    ck_assert_uint_eq(sterna_codebook_matrices(&original.network), MATRICES);
    ck_assert_msg(sterna_codebook_quantize(&network, &error) == STERNA_OK, "%s", error.reason);
    return network;
}

/* Some smooth loss of the weights that the code stands for; gradient: by the weights. */
static double loss_of(const struct sterna_product_code *of, float *gradient)
{
    float weights[5 * 40];
    double loss = 0;
    sterna_product_code_expand(of, weights);
    for (size_t i = 0; i < of->rows * of->cols; i++) {
        const double target = sin(3.0 * (double)i), off = (double)weights[i] - target;
        loss += off * off / 2;
        gradient[i] = (float)off;
    }
    return loss;
}

/* The gradient of an element is the sum of those of its uses: that of the loss, by differences. Shared codes and free ones. */
START_TEST(the_gradient_of_a_word_is_that_of_its_uses)
{
    enum { ROWS = 5, COLS = 40, N = 4, WORDS = 3 };
    struct sterna_product_code of;
    float gradient[ROWS * COLS], unused[ROWS * COLS], word[COLS / N * WORDS * N], scale[ROWS];
    uint64_t seed = 9;
    ck_assert_int_eq(_i ? sterna_product_code_free(ROWS, COLS, 8, N, WORDS, &of, &error)
                        : sterna_product_code_shared(ROWS, COLS, N, WORDS, &of, &error),
                     STERNA_OK);
    for (size_t i = 0; i < of.books * WORDS * N; i++)
        of.word[i] = (double)random_below(&seed, 17) - 8;
    for (size_t i = 0; i < ROWS * of.groups; i++) {
        of.name[i] = (uint16_t)random_below(&seed, WORDS);
        of.sign[i] = _i || random_below(&seed, 2) ? 1 : -1;
    }
    for (size_t r = 0; r < ROWS; r++)
        of.scale[r] = _i ? 1 : 0.1 * (double)(1 + r);
    (void)loss_of(&of, gradient);
    sterna_codebook_gradient(&of, gradient, word, scale);
    for (size_t i = 0; i < of.books * WORDS * N; i++) {
        const double kept = of.word[i], step = 0.01;
        of.word[i] = kept + step;
        const double above = loss_of(&of, unused);
        of.word[i] = kept - step;
        ck_assert_double_eq_tol((double)word[i], (above - loss_of(&of, unused)) / (2 * step),
                                1e-3 * (1 + fabs((double)word[i])));
        of.word[i] = kept;
    }
    for (size_t r = 0; r < ROWS; r++) {
        const double kept = of.scale[r], step = 0.01;
        of.scale[r] = kept * exp(step);
        const double above = loss_of(&of, unused);
        of.scale[r] = kept * exp(-step);
        ck_assert_double_eq_tol((double)scale[r], (above - loss_of(&of, unused)) / (2 * step),
                                1e-3 * (1 + fabs((double)scale[r])));
        of.scale[r] = kept;
    }
    sterna_product_code_release(&of);
}
END_TEST

/* Tuned, the network loses less; its codes have the same names, words of the grid, programs as short as they were allowed, and the network has
 * the weights of its codes. */
START_TEST(words_move_and_names_stay)
{
    const struct sterna_codebook_network network = quantize();
    static uint16_t name[MATRICES][4096];
    static int8_t sign[MATRICES][4096];
    static double word[MATRICES][64];
    bool moved = false;
    for (size_t i = 0; i < MATRICES; i++) {
        ck_assert_uint_le(code[i].rows * code[i].groups, 4096);
        memcpy(name[i], code[i].name, code[i].rows * code[i].groups * sizeof name[0][0]);
        memcpy(sign[i], code[i].sign, code[i].rows * code[i].groups);
        memcpy(word[i], code[i].word, 36 * sizeof word[0][0]);
    }
    options.tune = STEPS;
    ck_assert_msg(sterna_codebook_tune(&network, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(updates, STEPS);
    ck_assert_double_lt(last_bits, first_bits);
    ck_assert(quantized.network.stack.shape.layer[0].batch_norm);
    for (size_t i = 0; i < MATRICES; i++) {
        struct sterna_codebook_path *path = malloc(sizeof *path);
        ck_assert_mem_eq(name[i], code[i].name, code[i].rows * code[i].groups * sizeof name[0][0]);
        ck_assert_mem_eq(sign[i], code[i].sign, code[i].rows * code[i].groups);
        for (size_t k = 0; k < 36; k++) {
            moved = moved || word[i][k] != code[i].word[k];
            ck_assert_double_eq(code[i].word[k], round(code[i].word[k]));
            ck_assert_double_le(fabs(code[i].word[k]), 8);
        }
        sterna_codebook_fit_path(&code[i], path);
        ck_assert_uint_le(sterna_codebook_path_length(path) + 1, MOST);
        free(path);
    }
    ck_assert(moved);
    const struct sterna_weight *output = &quantized.network.output.weight;
    float *expanded = calloc(output->rows * output->cols, sizeof *expanded);
    sterna_product_code_expand(&code[MATRICES - 1], expanded);
    ck_assert_mem_eq(expanded, output->value, output->rows * output->cols * sizeof *expanded);
    free(expanded);
}
END_TEST

/* No update, no change; the same seed, the same words. */
START_TEST(a_seed_gives_the_same_words)
{
    const struct sterna_codebook_network network = quantize();
    double kept[MATRICES][36], begun[MATRICES][36];
    float *bias = malloc(sizeof *bias);
    *bias = *sterna_codebook_matrix_at(&network, 0).bias;
    for (size_t i = 0; i < MATRICES; i++)
        memcpy(begun[i], code[i].word, sizeof begun[i]);
    ck_assert_int_eq(sterna_codebook_tune(&network, &error), STERNA_OK);
    for (size_t i = 0; i < MATRICES; i++)
        ck_assert_mem_eq(begun[i], code[i].word, sizeof begun[i]);
    ck_assert_float_eq(*bias, *sterna_codebook_matrix_at(&network, 0).bias);
    free(bias);
    options.tune = STEPS;
    ck_assert_int_eq(sterna_codebook_tune(&network, &error), STERNA_OK);
    for (size_t i = 0; i < MATRICES; i++) {
        memcpy(kept[i], code[i].word, sizeof kept[i]);
        sterna_product_code_release(&code[i]);
    }
    updates = 0;
    (void)quantize();
    ck_assert_int_eq(sterna_codebook_tune(&network, &error), STERNA_OK);
    for (size_t i = 0; i < MATRICES; i++)
        ck_assert_mem_eq(kept[i], code[i].word, sizeof kept[i]);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_tune");
    TCase *tests = tcase_create("codebook_tune");
    tcase_add_loop_test(tests, the_gradient_of_a_word_is_that_of_its_uses, 0, 2);
    suite_add_tcase(suite, tests);
    TCase *tuned = tcase_create("tuned");
    tcase_add_checked_fixture(tuned, set_up, tear_down);
    tcase_add_test(tuned, words_move_and_names_stay);
    tcase_add_test(tuned, a_seed_gives_the_same_words);
    suite_add_tcase(suite, tuned);
    return suite;
}
