/* test_train_update.c - single updates: every combination of methods learns, the recipe's switches do what they say, and what is not
 * finite is named. */
#include "tiny_sequences.h"

#include "schedule.h"
#include "trainer.h"

#include <check.h>

enum { CELLS = 5, QUANTIZERS = 9, NORMS = 4, PERIOD = 4 };

static const char *const cells[CELLS] = {"gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign"};
static const char *const norms[NORMS] = {"none", "weight", "layer", "batch"};
static const char *const quantizers[QUANTIZERS] = {"float",        "binary",    "xnor", "ternary",    "twn",
                                                   "pow2-ternary", "dual-copy", "pow2", "exponential"};

static struct scratch scratch;
static struct sterna_trainer trainer;
static struct sterna_recipe recipe;
static struct sterna_error error;

static void set_name(char field[32], const char *value)
{
    (void)snprintf(field, 32, "%s", value);
}

/* A recipe for a text that repeats four characters. */
static void set_up(void)
{
    char path[SCRATCH_PATH], text[4000];
    sound_open(&scratch);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "abcd"[i % PERIOD];
    ck_assert_int_eq(sterna_file_write(scratch_path(&scratch, "text", path), text, sizeof text, &error),
                     STERNA_OK);
    sterna_recipe_default(&recipe);
    (void)snprintf(recipe.data, sizeof recipe.data, "text:%.400s", path);
    tiny_sizes(&recipe);
    recipe.hidden = 12;
    recipe.batch = 5;
    recipe.shard = 2;
    recipe.updates = 150;
    recipe.integer_updates = 50;
    recipe.rate = 0.02;
}

static void tear_down(void)
{
    sterna_trainer_close(&trainer);
    sound_close(&scratch);
}

static void open_trainer(unsigned threads)
{
    sterna_trainer_close(&trainer);
    ck_assert_msg(sterna_feed_open(&recipe, &trainer.feed, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_msg(sterna_training_new(&recipe, &trainer.feed, &trainer.training, &error) == STERNA_OK, "%s",
                  error.reason);
    ck_assert_int_eq(sterna_trainer_open(&trainer, threads, &error), STERNA_OK);
}

/* One update; its loss per prediction, nats. */
static double update(void)
{
    double sum = 0.0;
    ck_assert_msg(sterna_trainer_update(&trainer, &error) == STERNA_OK, "%s", error.reason);
    for (size_t i = 0; i < trainer.shards; i++)
        sum += trainer.loss[i];
    return sum / (double)(trainer.feed.is_text ? recipe.batch * recipe.steps : recipe.batch);
}

static float *tensor_of(const char *wanted, float *vector, size_t *count)
{
    for (size_t i = 0; i < trainer.training.network.parameters.tensors; i++) {
        const struct sterna_parameter *tensor = &trainer.training.network.parameters.list[i];
        if (strcmp(tensor->name, wanted) == 0) {
            *count = tensor->count;
            return vector + tensor->offset;
        }
    }
    ck_abort_msg("no tensor %s", wanted);
    return NULL;
}

/* The last of the updates run the integer forward pass. Without learning the loss stays at ln 4 = 1.39 or more. */
START_TEST(loss_falls)
{
    double before = 0.0, after = 0.0;
    set_name(recipe.cell, cells[_i % CELLS]);
    set_name(recipe.normalization, norms[_i / CELLS % NORMS]);
    set_name(recipe.quantizer, quantizers[_i / CELLS / NORMS]);
    set_name(recipe.quantizer_output, quantizers[_i / CELLS / NORMS]);
    open_trainer(1);
    for (int i = 0; i < 150; i++) {
        const double loss = update();
        before += i < 3 ? loss / 3.0 : 0.0;
        after += i >= 147 ? loss / 3.0 : 0.0;
    }
    ck_assert_msg(after < 0.7 * before, "%s, %s, %s: %.3f nats became %.3f", recipe.cell, recipe.quantizer,
                  recipe.normalization, before, after);
}
END_TEST

START_TEST(float_weights_have_no_integer_phase)
{
    set_name(recipe.quantizer, "float");
    recipe.integer_updates = recipe.updates;
    open_trainer(1);
    ck_assert(!sterna_trainer_integer(&trainer.training, 0));
    (void)update();
    ck_assert(!trainer.training.network.layer[0].integer);
    set_name(recipe.quantizer, "twn");
    open_trainer(1);
    ck_assert(sterna_trainer_integer(&trainer.training, 0));
    (void)update();
    ck_assert(trainer.training.network.layer[0].integer);
}
END_TEST

START_TEST(threads_do_not_change_a_bit)
{
    recipe = _i % 2 ? tiny_sequences(&scratch) : recipe;
    set_name(recipe.cell, cells[_i / 2]);
    set_name(recipe.normalization, norms[_i % NORMS]);
    set_name(recipe.sampling, "stochastic");
    set_name(recipe.quantizer, "ternary");
    recipe.layers = 2;
    recipe.dropout = 0.2;
    recipe.shard = 2;
    recipe.integer_updates = 2;
    recipe.updates = 8;
    open_trainer(1);
    for (int i = 0; i < 8; i++)
        (void)update();
    const size_t bytes = trainer.training.network.parameters.size * sizeof(float);
    float *one = malloc(bytes);
    double nats = 0.0, accuracy = 0.0, again = 0.0, accuracy_again = 0.0;
    memcpy(one, trainer.training.value, bytes);
    sterna_trainer_validate(&trainer, &nats, &accuracy);
    open_trainer(3);
    for (int i = 0; i < 8; i++)
        (void)update();
    sterna_trainer_validate(&trainer, &again, &accuracy_again);
    ck_assert_mem_eq(one, trainer.training.value, bytes);
    ck_assert(nats == again);
    ck_assert(_i % 2 ? accuracy == accuracy_again : isnan(accuracy));
    free(one);
}
END_TEST

/* The loss of not knowing: every class the same. */
START_TEST(validation_of_an_empty_network_is_chance)
{
    double nats = 0.0, accuracy = 0.0;
    recipe = _i ? tiny_sequences(&scratch) : recipe;
    set_name(recipe.quantizer, "float");
    set_name(recipe.quantizer_output, "float");
    open_trainer(2);
    (void)update();
    memset(trainer.training.value, 0, trainer.training.network.parameters.size * sizeof(float));
    sterna_trainer_validate(&trainer, &nats, &accuracy);
    ck_assert_double_eq_tol(nats, log(_i ? 10.0 : PERIOD), 1e-5);
    if (_i) /* the first class, a third of the recordings */
        ck_assert_double_eq_tol(accuracy, 100.0 / TINY_DIGITS, 1e-9);
}
END_TEST

START_TEST(clip_weights_keeps_master_weights_in_range)
{
    static const char *const matrix[] = {"weight_ih_l0", "weight_hh_l0", "linear.weight"};
    const bool clips = _i;
    bool outside = false;
    set_name(recipe.quantizer, "ternary");
    set_name(recipe.quantizer_output, "binary");
    set_name(recipe.clip_weights, clips ? "yes" : "no");
    recipe.rate = 0.5;
    open_trainer(1);
    for (int i = 0; i < 10; i++)
        (void)update();
    for (size_t m = 0; m < 3; m++) {
        size_t count = 0;
        const float *w = tensor_of(matrix[m], trainer.training.value, &count);
        const float bound = m == 0   ? sterna_glorot_bound(PERIOD, 12)
                            : m == 1 ? sterna_glorot_bound(12, 12)
                                     : sterna_glorot_bound(12, PERIOD);
        for (size_t i = 0; i < count; i++)
            outside = outside || fabsf(w[i]) > bound;
    }
    ck_assert(outside == !clips);
    size_t count = 0;
    const float *bias = tensor_of("linear.bias", trainer.training.value, &count);
    float most = 0.0f; /* others than matrices are free */
    for (size_t i = 0; i < count; i++)
        most = fabsf(bias[i]) > most ? fabsf(bias[i]) : most;
    ck_assert(most > 0.8f);
}
END_TEST

/* Adam's first step is the rate itself, whatever the gradient: matrices move by 2 / glorot as much, the rest as before. */
START_TEST(rate_scale_speeds_matrices_up)
{
    static const char *const tensor[] = {"weight_ih_l0", "weight_hh_l0", "linear.weight", "bias_ih_l0"};
    const float factor[] = {2.0f / sterna_glorot_bound(PERIOD, 12), 2.0f / sterna_glorot_bound(12, 12),
                            2.0f / sterna_glorot_bound(12, PERIOD), 1.0f};
    float moved[2];
    set_name(recipe.quantizer, "float");
    set_name(recipe.quantizer_output, "float");
    set_name(recipe.normalization, "none");
    recipe.rate = 1e-4;
    for (int which = 0; which < 2; which++) {
        size_t count = 0;
        set_name(recipe.rate_scale, which ? "glorot" : "none");
        open_trainer(1);
        const float *w = tensor_of(tensor[_i], trainer.training.value, &count);
        const float before = w[3];
        (void)update();
        moved[which] = fabsf(w[3] - before);
    }
    ck_assert_double_gt((double)moved[0], 1e-5);
    ck_assert_double_eq_tol((double)(moved[1] / moved[0]), (double)factor[_i], 0.02 * (double)factor[_i]);
}
END_TEST

/* The gradient's norm is clipped before Adam sees it: its moments are those of a gradient of that norm. */
START_TEST(gradient_norm_is_clipped)
{
    double square = 0.0;
    recipe.clip = 1e-3;
    open_trainer(1);
    (void)update();
    ck_assert_double_lt((double)trainer.step.factor, 1.0);
    for (size_t i = 0; i < trainer.training.network.parameters.size; i++)
        square += (double)trainer.gradient[i] * (double)trainer.gradient[i];
    ck_assert_double_eq_tol(sqrt(square) * (double)trainer.step.factor, 1e-3, 1e-6);
}
END_TEST

/* Windows add up: a batch in one, or cut in three. */
START_TEST(gradient_does_not_depend_on_the_cut)
{
    double distance = 0.0, size = 0.0;
    if (_i)
        recipe = tiny_sequences(&scratch);
    recipe.shard = recipe.batch;
    open_trainer(1);
    (void)update();
    const size_t count = trainer.training.network.parameters.size;
    float *whole = malloc(count * sizeof *whole);
    memcpy(whole, trainer.gradient, count * sizeof *whole);
    recipe.shard = recipe.batch / 2; /* 5 is 2, 2 and 1 */
    open_trainer(1);
    (void)update();
    for (size_t i = 0; i < count; i++) {
        distance += fabs((double)whole[i] - (double)trainer.gradient[i]);
        size += fabs((double)whole[i]);
    }
    ck_assert_double_lt(distance, 1e-5 * size);
    free(whole);
}
END_TEST

START_TEST(running_statistics_follow_the_windows)
{
    size_t count = 0;
    set_name(recipe.normalization, "batch");
    open_trainer(1);
    const float *mean = tensor_of("weight_ih_l0.mean", trainer.training.value, &count);
    const float *variance = tensor_of("weight_ih_l0.variance", trainer.training.value, &count);
    (void)update();
    double moved = 0.0;
    for (size_t i = 0; i < count; i++) {
        moved += fabs((double)mean[i]);
        ck_assert(variance[i] > 0.98f && variance[i] < 1.5f);
    }
    ck_assert_double_gt(moved, 0.0);
    const float first = mean[0];
    recipe.integer_updates = recipe.updates; /* in the integer phase they stay */
    trainer.training.recipe.integer_updates = recipe.updates;
    (void)update();
    ck_assert(mean[0] == first);
}
END_TEST

static void expect_refusal(const char *said)
{
    ck_assert_int_eq(sterna_trainer_update(&trainer, &error), STERNA_ERR_DIVERGED);
    ck_assert_str_eq(error.reason, said);
    ck_assert_uint_eq(trainer.training.updates, 0);
}

START_TEST(parameter_that_is_not_finite_is_named)
{
    static const char *const wrong[] = {"linear.bias", "linear.weight.g", "weight_hh_l1.g", "bias_ih_l0"};
    char said[128];
    size_t count = 0;
    recipe.layers = 2;
    recipe.integer_updates = 0;
    open_trainer(2);
    tensor_of(wrong[_i], trainer.training.value, &count)[1] = NAN;
    (void)snprintf(said, sizeof said, "the loss is not finite, because %s is not", wrong[_i]);
    expect_refusal(said);
}
END_TEST

/* Large finite weights whose products overflow, in the second layer or behind it. */
START_TEST(layer_that_is_not_finite_is_named)
{
    size_t count = 0;
    recipe.layers = 2;
    recipe.integer_updates = 0;
    set_name(recipe.normalization, "none");
    set_name(recipe.quantizer, "float");
    set_name(recipe.quantizer_output, "float");
    set_name(recipe.cell, _i ? "rnn-relu" : "rnn-tanh");
    open_trainer(2);
    float *bias = tensor_of("bias_ih_l0", trainer.training.value, &count);
    for (size_t i = 0; i < count; i++)
        bias[i] = 3.0f; /* h = 1, or more */
    float *w = tensor_of(_i ? "linear.weight" : "weight_ih_l1", trainer.training.value, &count);
    for (size_t i = 0; i < count; i++)
        w[i] = i % 2 ? -3e38f : 3e38f;
    bias = tensor_of("bias_ih_l1", trainer.training.value, &count);
    for (size_t i = 0; i < count; i++)
        bias[i] = 3.0f;
    expect_refusal(_i ? "the loss is not finite, first so in the output layer"
                      : "the loss is not finite, first so in layer 1");
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("train_update");
    TCase *tcase = tcase_create("train_update");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, loss_falls, 0, CELLS * NORMS * QUANTIZERS);
    tcase_add_test(tcase, float_weights_have_no_integer_phase);
    tcase_add_loop_test(tcase, threads_do_not_change_a_bit, 0, 2 * CELLS);
    tcase_add_loop_test(tcase, validation_of_an_empty_network_is_chance, 0, 2);
    tcase_add_loop_test(tcase, clip_weights_keeps_master_weights_in_range, 0, 2);
    tcase_add_loop_test(tcase, rate_scale_speeds_matrices_up, 0, 4);
    tcase_add_test(tcase, gradient_norm_is_clipped);
    tcase_add_loop_test(tcase, gradient_does_not_depend_on_the_cut, 0, 2);
    tcase_add_test(tcase, running_statistics_follow_the_windows);
    tcase_add_loop_test(tcase, parameter_that_is_not_finite_is_named, 0, 4);
    tcase_add_loop_test(tcase, layer_that_is_not_finite_is_named, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
