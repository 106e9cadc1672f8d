/* test_model_file.c - model files: what is saved is loaded, and every corruption is refused with its reason. */
#include <math.h>

#include "model_scratch.h"
#include "safetensors.h"
#include "safetensors_strict.h"

static void expect_same_matrix(const struct sterna_matrix *a, const struct sterna_matrix *b)
{
    ck_assert_uint_eq(a->rows, b->rows);
    ck_assert_uint_eq(a->cols, b->cols);
    ck_assert_int_eq((int)a->format, (int)b->format);
    ck_assert_mem_eq(a->code, b->code, a->rows * a->cols);
    ck_assert_mem_eq(a->scale_m, b->scale_m, a->rows);
    ck_assert_mem_eq(a->scale_s, b->scale_s, a->rows);
    ck_assert_uint_eq(a->book.elements, b->book.elements);
    ck_assert_uint_eq(a->book.groups, b->book.groups);
    if (a->book.elements == 0)
        return;
    ck_assert_mem_eq(a->book.word, b->book.word, STERNA_CODEBOOK_WORDS * a->book.elements);
    ck_assert_mem_eq(a->book.name, b->book.name, a->rows * a->book.groups);
}

static void expect_same_network(const struct sterna_model *a, const struct sterna_model *b)
{
    ck_assert_uint_eq(a->layers, b->layers);
    for (size_t k = 0; k < a->layers; k++) {
        const struct sterna_layer *one = &a->layer[k], *other = &b->layer[k];
        ck_assert_int_eq((int)one->cell, (int)other->cell);
        ck_assert_uint_eq(one->inputs, other->inputs);
        ck_assert_uint_eq(one->hidden, other->hidden);
        expect_same_matrix(&one->ih, &other->ih);
        expect_same_matrix(&one->hh, &other->hh);
        ck_assert_mem_eq(one->bias, other->bias,
                         sterna_cell_biases(one->cell) * one->hidden * sizeof(int16_t));
    }
    expect_same_matrix(&a->output, &b->output);
    ck_assert_mem_eq(a->output_bias, b->output_bias, a->output.rows * sizeof(int16_t));
    ck_assert_int_eq((int)a->head, (int)b->head);
    ck_assert(a->one_hot == b->one_hot);
    ck_assert_uint_eq(a->input_fraction, b->input_fraction);
    ck_assert_uint_eq(a->symbols, b->symbols);
    ck_assert_mem_eq(a->alphabet, b->alphabet, sizeof a->alphabet);
    ck_assert_uint_eq(a->classes, b->classes);
    for (size_t i = 0; i < a->classes; i++)
        ck_assert_str_eq(a->class_name[i], b->class_name[i]);
    ck_assert_uint_eq(a->rate, b->rate);
}

static struct sterna_model *load(void)
{
    struct sterna_model *loaded = NULL;
    ck_assert_msg(sterna_model_load(path, &loaded, &error) == STERNA_OK, "%s", error.reason);
    return loaded;
}

START_TEST(saved_model_of_text_loads_the_same)
{
    save();
    struct sterna_model *loaded = load();
    expect_same_network(loaded, model);
    ck_assert_str_eq(loaded->data, model->data);
    ck_assert_str_eq(loaded->recipe, model->recipe);
    ck_assert_uint_eq(loaded->updates, 1234);
    ck_assert_uint_eq(loaded->seed, UINT64_MAX);
    ck_assert_str_eq(loaded->metric, "bpc");
    ck_assert_double_eq(loaded->valid, 1.0 / 3);
    sterna_model_free(loaded);
}
END_TEST

/* Cell by format by head; input and output weights take the two formats after the recurrent ones'. */
START_TEST(every_cell_format_and_head_survives_a_file)
{
    for (int format = 0; format < STERNA_FORMATS; format++) {
        for (int head = 0; head < STERNA_HEADS; head++) {
            const struct sterna_model_shape shape = {(enum sterna_cell)_i, 7, 11, 2, 3};
            struct sterna_model *saved = NULL;
            uint64_t seed = 1 + 10 * (uint64_t)format + (uint64_t)head;
            ck_assert_int_eq(sterna_model_new(&shape, &saved, &error), STERNA_OK);
            sterna_model_set_formats(saved, (enum sterna_format)((format + 1) % STERNA_FORMATS),
                                     (enum sterna_format)format,
                                     (enum sterna_format)((format + 2) % STERNA_FORMATS));
            random_fill(saved, &seed);
            saved->head = (enum sterna_head)head;
            saved->input_fraction = (unsigned)(head + format);
            ck_assert_msg(sterna_model_save(saved, path, &error) == STERNA_OK, "%s", error.reason);
            struct sterna_model *loaded = load();
            expect_same_network(loaded, saved);
            ck_assert_str_eq(loaded->data, "");
            ck_assert_ptr_null(loaded->recipe);
            ck_assert_double_nan(loaded->valid);
            sterna_model_free(loaded);
            sterna_model_free(saved);
        }
    }
}
END_TEST

/* rnn-tanh of 3 units on 7 inputs, words of 4 for the inputs alone: 8 groups of 4 columns. */
static void save_codebook(void)
{
    const struct sterna_model_shape shape = {STERNA_CELL_RNN_TANH, 7, 3, 1, 2};
    struct sterna_model *saved = random_model_of(&shape, STERNA_FORMAT_TERNARY, 3);
    ck_assert_int_eq(sterna_codebook_new(&saved->layer[0].ih, 4, &error), STERNA_OK);
    memset(saved->layer[0].ih.book.word, 1, 4 * (size_t)STERNA_CODEBOOK_WORDS);
    sterna_codebook_expand(&saved->layer[0].ih);
    ck_assert_msg(sterna_model_save(saved, path, &error) == STERNA_OK, "%s", error.reason);
    sterna_model_free(saved);
}

START_TEST(codebooks_of_another_shape_are_refused)
{
    static const struct {
        const char *from, *to, *reason;
    } change[] = {
        {"[128,4]", "[512,1]", "weight_ih_l0.codebook"},
        {"[3,8]", "[8,3]", "weight_ih_l0.names"},
        {"weight_ih_l0.names", "weight_ih_l0.namen", "weight_ih_l0.names"},
        {"weight_ih_l0.codebook", "weight_ih_l0.kodebook", "weight_ih_l0.codebook"},
    };
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        save_codebook();
        sterna_model_free(load());
        corrupt(change[i].from, change[i].to);
        expect_refusal(change[i].reason);
    }
}
END_TEST

START_TEST(model_of_sound_keeps_its_front_end_to_the_bit)
{
    static char names[3][STERNA_CLASS_NAME] = {"ja", "n\xC3\xA9in", "a name of thirty-one bytes, so"};
    const struct sterna_model_shape shape = {STERNA_CELL_LSTM, 6, 4, 1, 3};
    struct sterna_model *saved = random_model_of(&shape, STERNA_FORMAT_INT4, 3);
    saved->one_hot = false;
    saved->input_fraction = 5;
    saved->head = STERNA_HEAD_MEAN;
    make_sound(saved);
    ck_assert_int_eq(sterna_model_set_classes(saved, 3, names, &error), STERNA_OK);
    ck_assert_msg(sterna_model_save(saved, path, &error) == STERNA_OK, "%s", error.reason);
    struct sterna_model *loaded = load();
    expect_same_network(loaded, saved);
    ck_assert_str_eq(loaded->front_end.features, saved->front_end.features);
    ck_assert_double_eq(loaded->front_end.window_ms, saved->front_end.window_ms);
    ck_assert_double_eq(loaded->front_end.hop_ms, saved->front_end.hop_ms);
    ck_assert_double_eq(loaded->front_end.low_hz, saved->front_end.low_hz);
    ck_assert_double_eq(loaded->front_end.high_hz, saved->front_end.high_hz);
    ck_assert_uint_eq(loaded->front_end.bands, saved->front_end.bands);
    ck_assert_uint_eq(loaded->front_end.coefficients, saved->front_end.coefficients);
    ck_assert_double_eq(loaded->front_end.adapt_ms, saved->front_end.adapt_ms);
    ck_assert_uint_eq(loaded->front_end.deltas, saved->front_end.deltas);
    ck_assert_mem_eq(loaded->mean, saved->mean, 6 * sizeof(float));
    ck_assert_mem_eq(loaded->deviation, saved->deviation, 6 * sizeof(float));
    sterna_model_free(loaded);
    sterna_model_free(saved);
}
END_TEST

/* As someone with PyTorch would write it: int8 codes in place of packed ones. */
START_TEST(plain_int8_codes_are_read_in_every_format)
{
    struct sterna_tensors *tensors = NULL, *plain = NULL;
    static const char *const keys[] = {
        "format",        "version",           "cell",           "layers", "inputs", "hidden",  "outputs",
        "weights_input", "weights_recurrent", "weights_output", "head",   "input",  "alphabet"};
    save();
    ck_assert_int_eq(sterna_tensors_open(path, &tensors, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_new(&plain, &error), STERNA_OK);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_int_eq(
            sterna_tensors_set_metadata(plain, keys[i], sterna_tensors_metadata(tensors, keys[i]), &error),
            STERNA_OK);
    const struct {
        const char *name;
        const struct sterna_matrix *matrix;
    } codes[] = {{"weight_ih_l0.code", &model->layer[0].ih},
                 {"weight_hh_l0.code", &model->layer[0].hh},
                 {"weight_ih_l1.code", &model->layer[1].ih},
                 {"weight_hh_l1.code", &model->layer[1].hh},
                 {"linear.weight.code", &model->output}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const size_t shape[2] = {codes[i].matrix->rows, codes[i].matrix->cols};
        ck_assert_int_eq(
            sterna_tensors_add(plain, codes[i].name, STERNA_I8, 2, shape, codes[i].matrix->code, &error),
            STERNA_OK);
    }
    for (size_t i = 0; i < sterna_tensors_count(tensors); i++) {
        const struct sterna_tensor *at = sterna_tensors_at(tensors, i);
        if (!strstr(at->name, ".packed"))
            ck_assert_int_eq(
                sterna_tensors_add(plain, at->name, at->dtype, at->rank, at->shape, at->data, &error),
                STERNA_OK);
    }
    ck_assert_int_eq(sterna_tensors_save(plain, path, &error), STERNA_OK);
    struct sterna_model *loaded = load();
    expect_same_network(loaded, model);
    sterna_model_free(loaded);
    sterna_tensors_close(plain);
    sterna_tensors_close(tensors);
}
END_TEST

START_TEST(model_file_obeys_the_published_format)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct strict_reader reader;
    save();
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    ck_assert_ptr_null(strict_read(&reader, bytes, size));
    ck_assert_uint_eq(reader.tensors, 7 * LAYERS + 4);
    free(bytes);
}
END_TEST

/* 50 symbols, 512 units: 1,176,576 ternary weights. At 1.6 bits a weight they are 235 KB; scales, biases and header come on top. */
START_TEST(ternary_lstm_of_512_units_takes_less_than_260_kilobytes)
{
    const struct sterna_model_shape shape = {STERNA_CELL_LSTM, 50, 512, 1, 50};
    struct sterna_model *large = random_model_of(&shape, STERNA_FORMAT_TERNARY, 2);
    uint8_t *bytes = NULL;
    size_t size = 0;
    ck_assert_ptr_nonnull(large);
    ck_assert_msg(sterna_model_save(large, path, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    ck_assert_uint_lt(size, 260000);
    free(bytes);
    struct sterna_model *loaded = load();
    expect_same_network(loaded, large);
    sterna_model_free(loaded);
    sterna_model_free(large);
}
END_TEST

START_TEST(bytes_that_hold_no_codes_are_refused)
{
    save_with_byte("weight_ih_l0.packed", 8, 243); /* 9 rows of one byte */
    expect_refusal("weight_ih_l0.packed: byte 243 at 0 of row 8 holds no codes of ternary");
    save_with_byte("weight_hh_l1.packed", 2,
                   1 + 3 * 1 + 9 * 1 + 27 * 1 + 81 * 2); /* 3 columns, then not zero */
    expect_refusal("weight_hh_l1.packed: byte 202 at 0 of row 2 holds no codes of ternary");
    sterna_model_set_formats(model, STERNA_FORMAT_TERNARY, STERNA_FORMAT_INT8, STERNA_FORMAT_INT4);
    save_with_byte("weight_hh_l1.code", 7, 0x80);
    expect_refusal("weight_hh_l1: code -128 in row 2 is none of int8");
    save_with_byte("linear.weight.packed", 3, 0x80); /* 5 rows of two bytes */
    expect_refusal("linear.weight.packed: byte 128 at 1 of row 1 holds no codes of int4");
    save_with_byte("linear.weight.scale_s", 4, 32);
    expect_refusal("linear.weight: scale_s 32 in row 4, at most 31");
}
END_TEST

START_TEST(tensor_too_many_is_refused)
{
    static const uint8_t byte = 0;
    struct sterna_tensors *tensors = NULL;
    save();
    ck_assert_int_eq(sterna_tensors_open(path, &tensors, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "extra", STERNA_U8, 0, NULL, &byte, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_save(tensors, path, &error), STERNA_OK);
    sterna_tensors_close(tensors);
    expect_refusal("19 tensors, expected 18");
}
END_TEST

START_TEST(truncation_at_every_byte_is_refused)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    save();
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    free(bytes);
    while (size > 0) {
        ck_assert_int_eq(truncate(path, (off_t)--size), 0);
        expect_refusal("not a safetensors file");
    }
}
END_TEST

/* Whatever byte changes: a valid model, or one line that names the file. */
START_TEST(any_changed_byte_is_harmless)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t seed = 5;
    unsigned refused = 0;
    save();
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    for (size_t at = 0; at < size; at++) {
        const uint8_t before = bytes[at];
        struct sterna_model *loaded = NULL;
        FILE *file = fopen(path, "wb"); /* sterna_file_write would wait for the disk each time */
        ck_assert_ptr_nonnull(file);
        bytes[at] = (uint8_t)(before ^ (1 + random_below(&seed, 255)));
        ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
        ck_assert_int_eq(fclose(file), 0);
        bytes[at] = before;
        if (sterna_model_load(path, &loaded, &error) == STERNA_OK) {
            ck_assert_int_eq(sterna_model_check(loaded, &error), STERNA_OK);
            sterna_model_free(loaded);
            continue;
        }
        refused++;
        ck_assert_ptr_nonnull(strstr(error.reason, "/model.safetensors: "));
        for (const char *c = error.reason; *c != '\0'; c++)
            ck_assert(*c != '\n' && *c != '\r' && *c != 27);
    }
    ck_assert_uint_gt(refused, size / 4);
    free(bytes);
}
END_TEST

START_TEST(invalid_model_is_not_saved_over_a_good_one)
{
    save();
    model->layer[1].hh.code[0] = 2;
    ck_assert_int_eq(sterna_model_save(model, path, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "weight_hh_l1: code 2 in row 0"));
    sterna_model_free(load());
    ck_assert_uint_eq(scratch_files(&scratch, 0), 1);
}
END_TEST

START_TEST(missing_model_is_told)
{
    struct sterna_model *loaded = NULL;
    ck_assert_int_eq(sterna_model_load(path, &loaded, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/model.safetensors: cannot open: No such file or directory"));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model_file");
    TCase *tcase = tcase_create("model_file");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, saved_model_of_text_loads_the_same);
    tcase_add_loop_test(tcase, every_cell_format_and_head_survives_a_file, 0, STERNA_CELLS);
    tcase_add_test(tcase, model_of_sound_keeps_its_front_end_to_the_bit);
    tcase_add_test(tcase, plain_int8_codes_are_read_in_every_format);
    tcase_add_test(tcase, model_file_obeys_the_published_format);
    tcase_add_test(tcase, ternary_lstm_of_512_units_takes_less_than_260_kilobytes);
    tcase_add_test(tcase, bytes_that_hold_no_codes_are_refused);
    tcase_add_test(tcase, tensor_too_many_is_refused);
    tcase_add_test(tcase, truncation_at_every_byte_is_refused);
    tcase_add_test(tcase, any_changed_byte_is_harmless);
    tcase_add_test(tcase, codebooks_of_another_shape_are_refused);
    tcase_add_test(tcase, invalid_model_is_not_saved_over_a_good_one);
    tcase_add_test(tcase, missing_model_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
