/* test_model.c - model files: what is saved is loaded, and every corruption is refused with its reason. */
#include <math.h>

#include "file.h"
#include "model.h"
#include "safetensors.h"
#include "safetensors_strict.h"
#include "scratch.h"

#include <check.h>

enum { INPUTS = 5, HIDDEN = 3, LAYERS = 2, OUTPUTS = 5 };

static struct scratch scratch;
static struct sterna_error error;
static struct sterna_model *model;
static char path[SCRATCH_PATH];

static void fill_matrix(struct sterna_matrix *matrix, unsigned seed)
{
    for (size_t i = 0; i < matrix->rows * matrix->cols; i++)
        matrix->code[i] = (int8_t)((seed + i * i) % 3) - 1;
    for (size_t r = 0; r < matrix->rows; r++) {
        matrix->scale_m[r] = (uint8_t)(128 + (seed * 7 + r * 31) % 128);
        matrix->scale_s[r] = (uint8_t)((seed + r) % 32);
    }
}

/* A model of which no two arrays are alike. */
static void set_up(void)
{
    scratch_open(&scratch);
    scratch_path(&scratch, "model.safetensors", path);
    ck_assert_int_eq(sterna_model_new(INPUTS, HIDDEN, LAYERS, OUTPUTS, &model, &error), STERNA_OK);
    for (size_t k = 0; k < LAYERS; k++) {
        fill_matrix(&model->layer[k].ih, (unsigned)(1 + 10 * k));
        fill_matrix(&model->layer[k].hh, (unsigned)(2 + 10 * k));
        for (size_t i = 0; i < 4 * (size_t)HIDDEN; i++)
            model->layer[k].bias[i] = (int16_t)(i * 5000 - 30000 + k);
    }
    fill_matrix(&model->output, 5);
    for (size_t i = 0; i < OUTPUTS; i++)
        model->output_bias[i] = (int16_t)(1000 * i - 2500);
    model->one_hot = true;
    model->symbols = INPUTS;
    memcpy(model->alphabet, "\n az\xFF", INPUTS);
    (void)snprintf(model->data, sizeof model->data, "text:\xC3\xA9.txt");
    model->recipe = strdup("hidden = 3\nrate = 0.1\n");
    model->updates = 1234;
    model->seed = UINT64_MAX;
    model->valid_bpc = 1.0 / 3;
}

static void tear_down(void)
{
    sterna_model_free(model);
    scratch_close(&scratch);
}

static void save(void)
{
    ck_assert_msg(sterna_model_save(model, path, &error) == STERNA_OK, "%s", error.reason);
}

static void expect_refusal(const char *reason)
{
    struct sterna_model *loaded = NULL;
    ck_assert_int_eq(sterna_model_load(path, &loaded, &error), STERNA_ERR_FORMAT);
    ck_assert_ptr_null(loaded);
    ck_assert_msg(strstr(error.reason, "/model.safetensors: ") != NULL, "no path: %s", error.reason);
    ck_assert_msg(strstr(error.reason, reason) != NULL, "%s, expected %s", error.reason, reason);
}

static void expect_same_matrix(const struct sterna_matrix *a, const struct sterna_matrix *b)
{
    ck_assert_uint_eq(a->rows, b->rows);
    ck_assert_uint_eq(a->cols, b->cols);
    ck_assert_int_eq((int)a->format, (int)b->format);
    ck_assert_mem_eq(a->code, b->code, a->rows * a->cols);
    ck_assert_mem_eq(a->scale_m, b->scale_m, a->rows);
    ck_assert_mem_eq(a->scale_s, b->scale_s, a->rows);
}

START_TEST(saved_model_loads_the_same)
{
    struct sterna_model *loaded = NULL;
    save();
    ck_assert_msg(sterna_model_load(path, &loaded, &error) == STERNA_OK, "%s", error.reason);
    ck_assert_uint_eq(loaded->layers, LAYERS);
    for (size_t k = 0; k < LAYERS; k++) {
        ck_assert_uint_eq(loaded->layer[k].inputs, model->layer[k].inputs);
        ck_assert_uint_eq(loaded->layer[k].hidden, HIDDEN);
        expect_same_matrix(&loaded->layer[k].ih, &model->layer[k].ih);
        expect_same_matrix(&loaded->layer[k].hh, &model->layer[k].hh);
        ck_assert_mem_eq(loaded->layer[k].bias, model->layer[k].bias, 4 * HIDDEN * sizeof(int16_t));
    }
    expect_same_matrix(&loaded->output, &model->output);
    ck_assert_mem_eq(loaded->output_bias, model->output_bias, OUTPUTS * sizeof(int16_t));
    ck_assert(loaded->one_hot);
    ck_assert_uint_eq(loaded->symbols, INPUTS);
    ck_assert_mem_eq(loaded->alphabet, model->alphabet, sizeof model->alphabet);
    ck_assert_str_eq(loaded->data, model->data);
    ck_assert_str_eq(loaded->recipe, model->recipe);
    ck_assert_uint_eq(loaded->updates, 1234);
    ck_assert_uint_eq(loaded->seed, UINT64_MAX);
    ck_assert_double_eq(loaded->valid_bpc, 1.0 / 3);
    sterna_model_free(loaded);
}
END_TEST

START_TEST(dense_model_without_provenance_loads_too)
{
    struct sterna_model *loaded = NULL;
    model->one_hot = false;
    model->symbols = 0;
    model->data[0] = '\0';
    model->valid_bpc = NAN;
    free(model->recipe);
    model->recipe = NULL;
    save();
    ck_assert_msg(sterna_model_load(path, &loaded, &error) == STERNA_OK, "%s", error.reason);
    ck_assert(!loaded->one_hot);
    ck_assert_uint_eq(loaded->symbols, 0);
    ck_assert_str_eq(loaded->data, "");
    ck_assert_ptr_null(loaded->recipe);
    ck_assert_double_nan(loaded->valid_bpc);
    sterna_model_free(loaded);
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

START_TEST(facts_count_weights_and_bytes)
{
    struct sterna_model_facts facts;
    sterna_model_facts(model, &facts);
    ck_assert_str_eq(facts.cell, "gru");
    ck_assert_str_eq(facts.format, "ternary");
    ck_assert_str_eq(facts.format_output, "ternary");
    ck_assert_uint_eq(facts.inputs, INPUTS);
    ck_assert_uint_eq(facts.hidden, HIDDEN);
    ck_assert_uint_eq(facts.layers, LAYERS);
    ck_assert_uint_eq(facts.outputs, OUTPUTS);
    /* [9, 5] [9, 3], [9, 3] [9, 3], [5, 3]: five weights a byte, two bytes a row, two a bias (12, 12, 5) */
    ck_assert_uint_eq(facts.weights, 45 + 27 + 27 + 27 + 15);
    ck_assert_uint_eq(facts.bytes, (9 + 6 + 6 + 6 + 3) + 2 * (4 * 9 + 5) + 2 * (12 + 12 + 5));
}
END_TEST

START_TEST(logits_are_the_scaled_sums)
{
    static const int32_t sums[OUTPUTS] = {3, -3, 8388607, -8388608, 0};
    float logits[OUTPUTS];
    static const uint8_t m[OUTPUTS] = {200, 200, 255, 255, 0};
    static const uint8_t s[OUTPUTS] = {4, 4, 0, 31, 0};
    static const int16_t bias[OUTPUTS] = {-1024, 0, 0, 2048, 32767};
    memcpy(model->output.scale_m, m, sizeof m);
    memcpy(model->output.scale_s, s, sizeof s);
    memcpy(model->output_bias, bias, sizeof bias);
    sterna_model_logits(model, sums, logits);
    ck_assert_float_eq(logits[0], -0.481689453125F); /* 600 / 2^15 - 1/2 */
    ck_assert_float_eq(logits[1], -0.018310546875F);
    ck_assert_float_eq(logits[2], (float)(8388607.0 * 255 / 2048));
    ck_assert_float_eq(logits[3], (float)(1 - 255.0 / 524288));
    ck_assert_float_eq(logits[4], 15.99951171875F);
}
END_TEST

/* Replace the first occurrence of `from` in the file by as many bytes. */
static void corrupt(const char *from, const char *to)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    size_t length = strlen(from);
    ck_assert_uint_eq(length, strlen(to));
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    size_t at = 0;
    while (at + length <= size && memcmp(bytes + at, from, length) != 0)
        at++;
    ck_assert_msg(at + length <= size, "no %s in the file", from);
    memcpy(bytes + at, to, length);
    ck_assert_int_eq(sterna_file_write(path, bytes, size, &error), STERNA_OK);
    free(bytes);
}

static const struct {
    const char *from, *to, *reason;
} changes[] = {
    {"\"sterna-model\"", "\"sterna-modem\"", "format is \"sterna-modem\", expected \"sterna-model\""},
    {"\"version\":\"1\"", "\"version\":\"2\"", "version is \"2\", expected \"1\""},
    {"\"version\"", "\"Version\"", "version is \"\""},
    {"\"cell\":\"gru\"", "\"cell\":\"rnn\"", "cell is \"rnn\", expected \"gru\""},
    {"\"weights\":\"ternary\"", "\"weights\":\"quinary\"", "weights of unknown format 'quinary'"},
    {"\"weights_output\":\"t", "\"weights_output\":\"b", "weights of unknown format 'bernary'"},
    {"\"layers\":\"2\"", "\"layers\":\"0\"", "layers is 0"},
    {"\"layers\":\"2\"", "\"layers\":\"3\"", "tensor \"weight_ih_l2.code\" is missing"},
    {"\"layers\":\"2\"", "\"layers\":\"1\"", "18 tensors, expected 11"},
    {"\"layers\":\"2\"", "\"layers\":\"x\"", "layers is \"x\", expected a whole number up to 64"},
    {"\"inputs\":\"5\"", "\"inputs\":\"6\"", "\"weight_ih_l0.code\" is I8 [9, 5], expected I8 [9, 6]"},
    {"\"hidden\":\"3\"", "\"hidden\":\"9\"", "\"linear.weight.code\" is I8 [5, 3], expected I8 [5, 9]"},
    {"\"outputs\":\"5\"", "\"outputs\":\"4\"", "\"linear.weight.code\" is I8 [5, 3], expected I8 [4, 3]"},
    {"\"input\":\"one-hot\"", "\"input\":\"two-hot\"", "input is \"two-hot\""},
    {"\"0a20617aff\"", "\"0a20617afg\"", "hexadecimal"},
    {"\"0a20617aff\"", "\"0a20617aFF\"", "hexadecimal"},
    {"\"0a20617aff\"", "\"20617aff\"  ", "an alphabet of 4 symbols for 5 inputs"},
    {"\"0a20617aff\"", "\"0a20617a7a\"", "not ascending at symbol 4"},
    {"\"updates\":\"1234\"", "\"updates\":\"-234\"", "updates is \"-234\""},
    {"\"seed\":\"1844", "\"seed\":\"1944", "seed is \"19446744073709551615\""},
    {"\"valid_bpc\":\"0.3", "\"valid_bpc\":\"x.3", "valid_bpc"},
    {"\"linear.bias\"", "\"linear.bios\"", "tensor \"linear.bias\" is missing"},
    {"\"weight_hh_l1.scale_s\":{\"dtype\":\"U8\"", "\"weight_hh_l1.scale_s\":{\"dtype\":\"I8\"",
     "\"weight_hh_l1.scale_s\" is I8 [9], expected U8 [9]"},
    {"\"bias_l0\":{\"dtype\":\"I16\",\"shape\":[12]", "\"bias_l0\":{\"dtype\":\"I32\",\"shape\":[6] ",
     "\"bias_l0\" is I32 [6], expected I16 [12]"},
};

START_TEST(every_corrupt_header_is_refused)
{
    save();
    corrupt(changes[_i].from, changes[_i].to);
    expect_refusal(changes[_i].reason);
}
END_TEST

/* Save the model, then change one byte of a tensor in the file: the checks of _save would not let it pass. */
static void save_with_byte(const char *name, size_t index, uint8_t byte)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t header = 0;
    save();
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    memcpy(&header, bytes, sizeof header);
    const char *entry = strstr((const char *)bytes + 8, name);
    ck_assert_ptr_nonnull(entry);
    const char *offset = strchr(strstr(entry, "data_offsets"), '[') + 1;
    bytes[8 + header + strtoul(offset, NULL, 10) + index] = byte;
    ck_assert_int_eq(sterna_file_write(path, bytes, size, &error), STERNA_OK);
    free(bytes);
}

START_TEST(codes_and_shifts_out_of_range_are_refused)
{
    save_with_byte("weight_hh_l1.code", 7, 2);
    expect_refusal("weight_hh_l1: code 2 in row 2 is none of ternary");
    save_with_byte("weight_ih_l0.code", 44, 0x80);
    expect_refusal("weight_ih_l0: code -128 in row 8");
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

START_TEST(invalid_model_is_not_saved_over_a_good_one)
{
    struct sterna_model *loaded = NULL;
    save();
    model->layer[1].hh.code[0] = 2;
    ck_assert_int_eq(sterna_model_save(model, path, &error), STERNA_ERR_RANGE);
    ck_assert_ptr_nonnull(strstr(error.reason, "weight_hh_l1: code 2 in row 0"));
    ck_assert_int_eq(sterna_model_load(path, &loaded, &error), STERNA_OK);
    sterna_model_free(loaded);
    ck_assert_uint_eq(scratch_files(&scratch, 0), 1);
}
END_TEST

START_TEST(sizes_without_sense_are_refused)
{
    static const size_t sizes[][4] = {{0, 1, 1, 1},     {1, 0, 1, 1},     {1, 1, 0, 1},  {1, 1, 1, 0},
                                      {16385, 1, 1, 1}, {1, 16385, 1, 1}, {1, 1, 65, 1}, {1, 1, 1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct sterna_model *created = NULL;
        ck_assert_int_eq(
            sterna_model_new(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], &created, &error),
            STERNA_ERR_RANGE);
        ck_assert_ptr_null(created);
    }
}
END_TEST

START_TEST(missing_model_is_told)
{
    struct sterna_model *loaded = NULL;
    ck_assert_int_eq(sterna_model_load(path, &loaded, &error), STERNA_ERR_IO);
    ck_assert_ptr_nonnull(strstr(error.reason, "/model.safetensors: cannot open: No such file or directory"));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, saved_model_loads_the_same);
    tcase_add_test(tcase, dense_model_without_provenance_loads_too);
    tcase_add_test(tcase, model_file_obeys_the_published_format);
    tcase_add_test(tcase, facts_count_weights_and_bytes);
    tcase_add_test(tcase, logits_are_the_scaled_sums);
    tcase_add_loop_test(tcase, every_corrupt_header_is_refused, 0, (int)(sizeof changes / sizeof changes[0]));
    tcase_add_test(tcase, codes_and_shifts_out_of_range_are_refused);
    tcase_add_test(tcase, tensor_too_many_is_refused);
    tcase_add_test(tcase, truncation_at_every_byte_is_refused);
    tcase_add_test(tcase, invalid_model_is_not_saved_over_a_good_one);
    tcase_add_test(tcase, sizes_without_sense_are_refused);
    tcase_add_test(tcase, missing_model_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
