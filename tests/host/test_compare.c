/* test_compare.c - figures of a text and of sequences by hand; a device that computes wrong sums is found out. */
#include "tiny_sequences.h"

#include "device.h"
#include "evaluate.h"
#include "fixed.h"
#include "frame.h"
#include "link.h"
#include "protocol.h"

#include <check.h>

enum { SYMBOLS = 5, HIDDEN = 7, LENGTH = 1000 };

/* This program has no simulated device; in its place is one whose lie_at-th STEP reply has its first sum
 * raised by 3. */
struct liar {
    struct sterna_link link;
    struct sterna_software_device *device;
    struct sterna_queue honest, output;
    struct sterna_frame_decoder decoder;
    uint8_t reply[1024];
    size_t steps;
};

static size_t lie_at; /* 1 is the first; 0: never */

static enum sterna_status open_liar(const char *target, struct sterna_link **link, struct sterna_error *error)
{
    (void)target;
    (void)error;
    struct liar *liar = calloc(1, sizeof *liar);
    ck_assert_ptr_nonnull(liar);
    ck_assert_int_eq(sterna_software_device_new(sterna_geometry_of("up5k"), &liar->device), STERNA_OK);
    sterna_frame_decoder_init(&liar->decoder, liar->reply, sizeof liar->reply);
    liar->link.backend = &sterna_link_sim;
    *link = &liar->link;
    return STERNA_OK;
}

static enum sterna_status send_liar(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                    struct sterna_error *error)
{
    struct liar *liar = (struct liar *)link;
    (void)error;
    ck_assert_int_eq(sterna_software_device_feed(liar->device, bytes, size, &liar->honest), STERNA_OK);
    for (uint8_t byte; sterna_queue_take(&liar->honest, &byte, 1) == 1;) {
        if (!sterna_frame_decode(&liar->decoder, byte))
            continue;
        bool step = liar->reply[0] == (STERNA_OP_STEP | STERNA_OP_REPLY);
        liar->steps += step;
        if (step && liar->steps == lie_at)
            liar->reply[3] = (uint8_t)(liar->reply[3] + 3);
        uint8_t frame[STERNA_FRAME_MAX(sizeof liar->reply)];
        size_t length = sterna_frame_encode(liar->reply, liar->decoder.size, frame);
        ck_assert_int_eq(sterna_queue_put(&liar->output, frame, length), STERNA_OK);
    }
    return STERNA_OK;
}

static enum sterna_status receive_liar(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                       size_t size, size_t *got, struct sterna_error *error)
{
    (void)patience;
    (void)error;
    *got = sterna_queue_take(&((struct liar *)link)->output, bytes, size);
    return STERNA_OK;
}

static void close_liar(struct sterna_link *link)
{
    struct liar *liar = (struct liar *)link;
    sterna_software_device_free(liar->device);
    sterna_queue_free(&liar->honest);
    sterna_queue_free(&liar->output);
    free(liar);
}

const struct sterna_link_backend sterna_link_sim = {
    .name = "sim", .open = open_liar, .send = send_liar, .receive = receive_liar, .close = close_liar};

static struct sterna_model *model;
static uint8_t text[LENGTH];
static struct scratch scratch;
static struct sterna_error error;

static void setup(void)
{
    uint64_t seed = 1;
    sound_open(&scratch);
    lie_at = 0;
    error.reason[0] = '\0';
    model = random_model(SYMBOLS, HIDDEN, 1, SYMBOLS, 2);
    ck_assert_ptr_nonnull(model);
    model->symbols = SYMBOLS;
    for (size_t i = 0; i < SYMBOLS; i++)
        model->alphabet[i] = (uint8_t)('a' + i);
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = (uint8_t)random_below(&seed, SYMBOLS);
}

static void teardown(void)
{
    sterna_model_free(model);
    sound_close(&scratch);
}

/* Run the model on the text's first characters through sterna_run_on_device. */
static enum sterna_status run_text(const struct sterna_eval_options *options, size_t count,
                                   struct sterna_device_run *run)
{
    const struct sterna_trial trial = {.is_text = true, .symbols = text, .count = count};
    return sterna_run_on_device(model, &trial, options, run, NULL, &error);
}

START_TEST(bits_per_character_is_that_of_fixed)
{
    struct sterna_fixed_state state;
    ck_assert_int_eq(sterna_fixed_new(model, &state, &error), STERNA_OK);
    double bits = 0;
    for (size_t i = 0; i + 1 < LENGTH; i++) {
        int32_t sums[SYMBOLS];
        float logits[SYMBOLS];
        double total = 0;
        sterna_fixed_step_one_hot(model, &state, text[i], sums);
        sterna_model_logits(model, sums, logits);
        for (size_t j = 0; j < SYMBOLS; j++)
            total += exp((double)logits[j]);
        bits -= log2(exp((double)logits[text[i + 1]]) / total);
    }
    sterna_fixed_free(&state);
    struct sterna_eval_options options = {.on = "reference"};
    struct sterna_device_run run;
    ck_assert_int_eq(run_text(&options, LENGTH, &run), STERNA_OK);
    ck_assert_uint_eq(run.tally.steps, LENGTH - 1);
    ck_assert_double_eq_tol(sterna_tally_value(&run.tally), bits / (LENGTH - 1), 1e-9);
    ck_assert_uint_eq(run.cycles, 0);
}
END_TEST

START_TEST(two_characters_are_one_prediction)
{
    struct sterna_eval_options options = {.on = "reference"};
    struct sterna_device_run run;
    ck_assert_int_eq(run_text(&options, 2, &run), STERNA_OK);
    ck_assert_uint_eq(run.tally.predictions, 1);
}
END_TEST

static volatile sig_atomic_t stop;
static size_t last_done;

static void stop_soon(size_t done, size_t total, void *context)
{
    (void)context;
    ck_assert_uint_eq(total, LENGTH - 1);
    ck_assert_uint_gt(done, last_done);
    last_done = done;
    stop = 1;
}

START_TEST(the_stop_flag_interrupts)
{
    struct sterna_eval_options options = {.on = "reference", .stop = &stop, .progress = stop_soon};
    struct sterna_device_run run = {.cycles = 77};
    ck_assert_int_eq(run_text(&options, LENGTH, &run), STERNA_ERR_INTERRUPTED);
    ck_assert_uint_lt(last_done, LENGTH - 1);
    ck_assert_uint_eq(run.cycles, 77);
}
END_TEST

/* The model and the text as files, and sterna_compare on them; every split of a text is a twentieth of it or
 * more. */
static enum sterna_status compare(const char *on, size_t limit, struct sterna_compare_result *result)
{
    char model_path[SCRATCH_PATH], text_path[SCRATCH_PATH], data[SCRATCH_PATH + 8];
    scratch_path(&scratch, "model", model_path);
    scratch_path(&scratch, "text", text_path);
    ck_assert_msg(sterna_model_save(model, model_path, &error) == STERNA_OK, "%s", error.reason);
    FILE *file = fopen(text_path, "w");
    ck_assert_ptr_nonnull(file);
    for (int repeat = 0; repeat < 20; repeat++)
        for (size_t i = 0; i < LENGTH; i++)
            ck_assert_int_ne(fputc('a' + text[i], file), EOF);
    ck_assert_int_eq(fclose(file), 0);
    (void)snprintf(data, sizeof data, "text:%s", text_path);
    struct sterna_eval_options options = {
        .path = model_path, .data = data, .on = on, .split = STERNA_TEST, .limit = limit};
    return sterna_compare(&options, result, &error);
}

START_TEST(an_honest_device_has_no_mismatch)
{
    struct sterna_compare_result result;
    ck_assert_msg(compare("sim", 701, &result) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(result.steps, 700);
    ck_assert_uint_eq(result.outputs, 700 * SYMBOLS);
    ck_assert_uint_eq(result.mismatches, 0);
    ck_assert_uint_eq(result.counters.steps, 700);
    ck_assert_uint_eq(result.load.ideal_cycles, 2 * 3 * HIDDEN + SYMBOLS);
    ck_assert_uint_eq(result.simulated_cycles, 0);
}
END_TEST

/* A reply has room for 33 steps of 5 sums; the driver is asked for 256 at a time, so the second reply begins
 * with step 33. */
START_TEST(one_wrong_sum_is_counted_and_located)
{
    struct sterna_compare_result result;
    lie_at = 2;
    ck_assert_msg(compare("sim", 701, &result) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(result.mismatches, 1);
    ck_assert_uint_eq(result.first_step, 33);
    ck_assert_uint_eq(result.first_output, 0);
    ck_assert_int_ne(result.got, result.expected);
    ck_assert_int_eq((uint8_t)(result.expected + 3), (uint8_t)result.got);
}
END_TEST

enum { FRAMES = 9, FEATURES = 6, CLASSES = 4, SEQUENCES = 3 };

/* A random model of dense inputs for sequences. */
static void make_classifier(enum sterna_head head)
{
    const struct sterna_model_shape shape = {STERNA_CELL_LSTM, FEATURES, HIDDEN, 2, CLASSES};
    sterna_model_free(model);
    model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 3);
    ck_assert_ptr_nonnull(model);
    model->one_hot = false;
    model->input_fraction = 5;
    model->head = head;
}

/* -log2 p of a sequence's label: the logits of its last step, or the mean of all its steps' logits. */
static double bits_by_hand(const int8_t *frames, size_t steps, size_t label, size_t *best)
{
    struct sterna_fixed_state state;
    double logit[CLASSES] = {0}, total = 0.0;
    ck_assert_int_eq(sterna_fixed_new(model, &state, &error), STERNA_OK);
    for (size_t t = 0; t < steps; t++) {
        int32_t sums[CLASSES];
        float now[CLASSES];
        sterna_fixed_step(model, &state, frames + t * FEATURES, sums);
        sterna_model_logits(model, sums, now);
        for (size_t c = 0; c < CLASSES; c++)
            logit[c] =
                model->head == STERNA_HEAD_MEAN ? logit[c] + (double)now[c] / (double)steps : (double)now[c];
    }
    sterna_fixed_free(&state);
    *best = 0;
    for (size_t c = 0; c < CLASSES; c++) {
        total += exp(logit[c]);
        *best = logit[c] > logit[*best] ? c : *best;
    }
    return log2(total) - logit[label] / log(2.0);
}

START_TEST(figure_of_sequences_is_that_of_fixed)
{
    size_t start[SEQUENCES + 1] = {0, 4, 5, FRAMES};
    uint8_t label[SEQUENCES];
    int8_t frames[FRAMES * FEATURES];
    uint64_t seed = 8;
    double bits = 0.0;
    make_classifier(_i ? STERNA_HEAD_MEAN : STERNA_HEAD_LAST);
    for (size_t i = 0; i < FRAMES * FEATURES; i++)
        frames[i] = (int8_t)((int)random_below(&seed, 255) - 127);
    for (size_t i = 0; i < SEQUENCES; i++) {
        const int8_t *from = frames + start[i] * FEATURES;
        size_t best = 0;
        (void)bits_by_hand(from, start[i + 1] - start[i], 0, &best);
        label[i] = (uint8_t)(i == 0 ? best : (best + i) % CLASSES); /* one is right */
        bits += bits_by_hand(from, start[i + 1] - start[i], label[i], &best);
    }
    const struct sterna_sequence_set set = {SEQUENCES, start, label, frames};
    const struct sterna_trial trial = {
        .set = &set, .count = SEQUENCES, .sequences = {.features = FEATURES, .classes = CLASSES}};
    const struct sterna_eval_options options = {.on = "reference"};
    struct sterna_device_run run = {.cycles = 0};
    ck_assert_msg(sterna_run_on_device(model, &trial, &options, &run, NULL, &error) == STERNA_OK, "%s",
                  error.reason);
    ck_assert_uint_eq(run.tally.steps, FRAMES);
    ck_assert_double_eq_tol(run.tally.bits, bits, 1e-4);
    ck_assert_double_eq_tol(sterna_tally_value(&run.tally), 100.0 / SEQUENCES, 1e-9);
    sterna_tally_free(&run.tally);
}
END_TEST

/* From sound to sums: train, quantize, and compare on the accelerator in software, on recordings of 3 to 10 frames. */
START_TEST(trained_sequences_have_no_mismatch)
{
    char checkpoint[SCRATCH_PATH], model_path[SCRATCH_PATH];
    struct sterna_recipe recipe = tiny_sequences(&scratch);
    struct sterna_compare_result result;
    (void)snprintf(recipe.head, sizeof recipe.head, "%s", _i ? "mean" : "last");
    ck_assert_msg(tiny_train(&scratch, &recipe, 1, &error) == STERNA_OK, "%s", error.reason);
    scratch_path(&scratch, "checkpoint.safetensors", checkpoint);
    scratch_path(&scratch, "model.safetensors", model_path);
    ck_assert_msg(sterna_quantize(checkpoint, model_path, &error) == STERNA_OK, "%s", error.reason);
    const struct sterna_eval_options options = {
        .path = model_path, .data = recipe.data, .on = "reference:up5k", .split = STERNA_TEST};
    ck_assert_msg(sterna_compare(&options, &result, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(result.mismatches, 0);
    ck_assert_uint_eq(result.sequences, 30);
    ck_assert_uint_eq(result.outputs, 10 * result.steps);
    ck_assert_uint_eq(result.counters.steps, result.steps);
    ck_assert_uint_gt(result.steps, 30 * 3);
    ck_assert_str_eq(result.metric, "accuracy");
    struct sterna_eval_result eval = {.value = 0.0};
    ck_assert_int_eq(sterna_eval(&options, &eval, &error), STERNA_OK);
    ck_assert_double_eq(eval.value, result.value);
    sterna_eval_result_free(&eval);
}
END_TEST

START_TEST(a_missing_model_is_reported)
{
    struct sterna_compare_result result;
    struct sterna_eval_options options = {.path = "nowhere", .data = "text:nowhere", .on = "reference"};
    ck_assert_int_eq(sterna_compare(&options, &result, &error), STERNA_ERR_IO);
    ck_assert_int_gt(error.reason[0], 0);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *tests = tcase_create("compare");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bits_per_character_is_that_of_fixed);
    tcase_add_test(tests, two_characters_are_one_prediction);
    tcase_add_test(tests, the_stop_flag_interrupts);
    tcase_add_test(tests, an_honest_device_has_no_mismatch);
    tcase_add_test(tests, one_wrong_sum_is_counted_and_located);
    tcase_add_loop_test(tests, figure_of_sequences_is_that_of_fixed, 0, 2);
    tcase_add_loop_test(tests, trained_sequences_have_no_mismatch, 0, 2);
    tcase_add_test(tests, a_missing_model_is_reported);
    suite_add_tcase(suite, tests);
    return suite;
}
