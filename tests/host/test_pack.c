/* test_pack.c - the image byte by byte where that can be said by hand, and what it computes against fixed.c.
 */
#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "fixed.h"
#include "machine.h"
#include "pack.h"

#include <check.h>

static struct sterna_geometry roomy(void)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    geometry.weight_bytes = 1 << 20;
    geometry.scales = geometry.biases = geometry.states = 1 << 14;
    geometry.activation_bytes = 1 << 16;
    geometry.reply_bytes = 65535;
    return geometry;
}

static void pack(const struct sterna_model *model, const struct sterna_geometry *geometry,
                 struct sterna_image *image)
{
    struct sterna_error error = {""};
    ck_assert_msg(sterna_pack(model, geometry, image, &error) == STERNA_OK, "%s", error.reason);
}

/* Step a machine that holds the image; results as sums. */
static void step_machine(struct sterna_machine *machine, const int8_t *input, size_t inputs, int32_t *sums,
                         size_t outputs)
{
    uint8_t bytes[3 * 600];
    struct sterna_results results = {.bytes = bytes, .capacity = sizeof bytes};
    memcpy(machine->memory[STERNA_MEM_ACTIVATIONS], input, inputs);
    sterna_machine_step(machine, &results);
    ck_assert_uint_eq(results.size, 3 * outputs);
    for (size_t i = 0; i < outputs; i++) {
        uint32_t bits =
            (uint32_t)bytes[3 * i] | (uint32_t)bytes[3 * i + 1] << 8 | (uint32_t)bytes[3 * i + 2] << 16;
        sums[i] = bits & 0x800000 ? (int32_t)bits - 0x1000000 : (int32_t)bits;
    }
}

/* Frees the model. */
static void check_model_on(struct sterna_geometry geometry, struct sterna_model *model, uint64_t seed)
{
    ck_assert_ptr_nonnull(model);
    const size_t inputs = model->layer[0].inputs, outputs = model->output.rows;
    struct sterna_image image;
    pack(model, &geometry, &image);
    struct sterna_machine *machine = malloc(sizeof *machine);
    ck_assert_ptr_nonnull(machine);
    ck_assert_int_eq(sterna_machine_init(machine, &geometry), STERNA_OK);
    for (size_t i = 0; i < STERNA_IMAGE_MEMORIES; i++)
        memcpy(machine->memory[i], image.memory[i].bytes, image.memory[i].size);
    struct sterna_fixed_state state;
    ck_assert_int_eq(sterna_fixed_new(model, &state, NULL), STERNA_OK);
    int8_t *input = calloc(inputs, 1);
    int32_t *expected = calloc(outputs, sizeof *expected), *got = calloc(outputs, sizeof *got);
    ck_assert(input && expected && got);
    for (int step = 0; step < 12; step++) {
        for (size_t i = 0; i < inputs; i++) /* extremes now and then */
            input[i] = (int8_t)(random_below(&seed, 8) ? (int)random_below(&seed, 255) - 127 : 127);
        sterna_fixed_step(model, &state, input, expected);
        step_machine(machine, input, inputs, got, outputs);
        ck_assert_mem_eq(got, expected, outputs * sizeof *got);
        if (image.states > 0) /* little-endian hosts */
            ck_assert_mem_eq(machine->memory[STERNA_MEM_STATE], state.state, 2 * state.units);
    }
    free(input);
    free(expected);
    free(got);
    sterna_fixed_free(&state);
    sterna_machine_free(machine);
    free(machine);
    sterna_image_free(&image);
    sterna_model_free(model);
}

static void check_model(struct sterna_model *model, uint64_t seed)
{
    check_model_on(roomy(), model, seed);
}

static void image_computes_what_fixed_computes(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                               uint64_t seed)
{
    check_model(random_model(inputs, hidden, layers, outputs, seed), seed);
}

/* Every cell with every format, in sizes that leave every kind of rest: half pairs, part words, part blocks. */
START_TEST(every_cell_and_format_equals_fixed)
{
    const enum sterna_cell cell = (enum sterna_cell)(_i / STERNA_FORMATS);
    const enum sterna_format format = (enum sterna_format)(_i % STERNA_FORMATS);
    uint64_t seed = 500 + (uint64_t)_i;
    for (int round = 0; round < 4; round++) {
        const struct sterna_model_shape shape = {cell, 1 + random_below(&seed, 70),
                                                 1 + random_below(&seed, 70), 1 + random_below(&seed, 3),
                                                 1 + random_below(&seed, 30)};
        check_model(random_model_of(&shape, format, seed), seed);
    }
}
END_TEST

START_TEST(parts_may_differ_in_format)
{
    uint64_t seed = 77;
    for (int round = 0; round < 20; round++) {
        const struct sterna_model_shape shape = {(enum sterna_cell)random_below(&seed, STERNA_CELLS), 13, 21,
                                                 2, 5};
        struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, seed);
        ck_assert_ptr_nonnull(model);
        sterna_model_set_formats(model, (enum sterna_format)random_below(&seed, STERNA_FORMATS),
                                 (enum sterna_format)random_below(&seed, STERNA_FORMATS),
                                 (enum sterna_format)random_below(&seed, STERNA_FORMATS));
        random_fill(model, &seed);
        check_model(model, seed);
    }
}
END_TEST

/* A device of several streams with small tables. */
static struct sterna_geometry random_streams(uint64_t *seed)
{
    struct sterna_geometry geometry = roomy();
    geometry.tables = 8u << random_below(seed, 3);
    geometry.streams = 2 + (unsigned)random_below(seed, 9);
    geometry.entries_log2 = 4;
    geometry.table_w = random_below(seed, 2) ? 11 : 14;
    geometry.table_banks = 1 + (unsigned)random_below(seed, 2);
    geometry.weight_bytes = (uint32_t)(sterna_geometry_word_bytes(&geometry) * 16384);
    return geometry;
}

START_TEST(several_streams_equal_fixed)
{
    uint64_t seed = 4000 + (uint64_t)_i;
    for (int round = 0; round < 5; round++) {
        const struct sterna_geometry geometry = random_streams(&seed);
        const struct sterna_model_shape shape = {(enum sterna_cell)(_i % STERNA_CELLS),
                                                 1 + random_below(&seed, 200), 1 + random_below(&seed, 200),
                                                 1 + random_below(&seed, 2), 1 + random_below(&seed, 300)};
        const enum sterna_format format = (enum sterna_format)random_below(&seed, STERNA_FORMATS);
        if (sterna_geometry_most(&geometry, format) > 0)
            check_model_on(geometry, random_model_of(&shape, format, seed), seed);
    }
}
END_TEST

START_TEST(a_format_without_a_table_is_refused_by_layer)
{
    struct sterna_geometry geometry = *sterna_geometry_of("ecp5-25f");
    struct sterna_model *model = random_model(5, 10, 2, 5, 4);
    struct sterna_error error = {""};
    struct sterna_image image;
    sterna_model_set_formats(model, STERNA_FORMAT_TERNARY, STERNA_FORMAT_TERNARY, STERNA_FORMAT_INT8);
    ck_assert_int_eq(sterna_pack(model, &geometry, &image, &error), STERNA_ERR_FIT);
    ck_assert_msg(strstr(error.reason, "for int8 weights in the output layer"), "%s", error.reason);
    geometry.table_w = 16; /* it is then the entries */
    ck_assert_int_eq(sterna_pack(model, &geometry, &image, &error), STERNA_ERR_FIT);
    ck_assert_msg(strstr(error.reason,
                         "needs 128 table entries for int8 weights in the output layer, the device has 16"),
                  "%s", error.reason);
    sterna_model_free(model);
}
END_TEST

START_TEST(large_layers_of_every_cell_equal_fixed)
{
    const struct sterna_model_shape shape = {(enum sterna_cell)_i, 40, 256 + (size_t)_i, 1, 10};
    check_model(random_model_of(&shape, STERNA_FORMAT_TERNARY, 9), 9);
}
END_TEST

START_TEST(small_networks_equal_fixed)
{
    for (size_t hidden = 1; hidden <= 12; hidden++)
        image_computes_what_fixed_computes(1 + hidden % 5, hidden, 1 + hidden % 3, 1 + hidden % 7,
                                           100 + hidden);
}
END_TEST

START_TEST(networks_at_the_edges_of_blocks_and_tiles_equal_fixed)
{
    static const size_t edges[] = {39, 40, 41, 42, 43, 80, 81, 84, 85};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        image_computes_what_fixed_computes(edges[i], edges[sizeof edges / sizeof *edges - 1 - i], 2,
                                           edges[i] + 1, i);
}
END_TEST

START_TEST(output_layers_of_several_tiles_equal_fixed)
{
    image_computes_what_fixed_computes(3, 10, 1, 255, 7);
    image_computes_what_fixed_computes(3, 10, 1, 256, 8);
    image_computes_what_fixed_computes(3, 10, 1, 600, 9);
}
END_TEST

START_TEST(the_default_network_equals_fixed)
{
    image_computes_what_fixed_computes(73, 256, 1, 73, 10);
}
END_TEST

/* Two units on three inputs, one output: a tile of six rows; two weights to the byte, whose program of 8 steps and an end is the
 * shortest. The input takes 2 words, each h buffer 2. */
START_TEST(headers_are_as_the_contract_says)
{
    static const uint8_t first[32] = {1, 0, 1, 0, 2, 0, 6, 0, 2, 0, 4, 0, 0, 0, 0, 0,
                                      0, 0, 0, 0, 1, 2, 0, 0, 4, 0, 2, 0, 1, 2, 0, 0};
    static const uint8_t output[32] = {0, 3, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                       2, 0, 4, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct sterna_model *model = random_model(3, 2, 1, 1, 12);
    struct sterna_image image;
    pack(model, sterna_geometry_of("up5k"), &image);
    const uint8_t *bytes = image.memory[STERNA_MEM_WEIGHTS].bytes;
    ck_assert_mem_eq(bytes, first, 32);
    ck_assert_mem_eq(bytes + 8 * (4 + 6 * 2), output, 32);
    ck_assert_uint_eq(image.memory[STERNA_MEM_WEIGHTS].size, 8 * (8 + 6 * 2 + 1));
    ck_assert_uint_eq(image.ideal_cycles, 6 * 2 + 1);
    ck_assert_uint_eq(image.output_cycles, 1);
    ck_assert_uint_eq(image.memory[STERNA_MEM_PROGRAMS].size, 9);
    ck_assert_uint_eq(image.activation_bytes, 8 * 6);
    ck_assert_uint_eq(image.h_address, 8 * 2);
    ck_assert_uint_eq(image.h_bytes, 8 * 4);
    ck_assert_uint_eq(image.states, 2);
    sterna_image_free(&image);
    sterna_model_free(model);
}
END_TEST

/* The streams of a layer of three units whose numbers say where they are from, 100 * part + 10 * gate + unit: part X has scales
 * (128 + 10 * gate + unit) / 2^7, part H / 2^9, biases are 10 * k +
 * unit. The third unit is completed to a pair by zeros. */
static void check_streams(enum sterna_cell cell, const uint8_t *scales, size_t scale_count,
                          const int16_t *biases, size_t bias_count)
{
    const struct sterna_model_shape shape = {cell, 2, 3, 1, 1};
    struct sterna_model *model = random_model_of(&shape, STERNA_FORMAT_TERNARY, 16);
    ck_assert_ptr_nonnull(model);
    struct sterna_layer *layer = &model->layer[0];
    for (size_t row = 0; row < 3 * sterna_cell_gates(cell); row++) {
        layer->ih.scale_m[row] = layer->hh.scale_m[row] = (uint8_t)(128 + 10 * (row / 3) + row % 3);
        layer->ih.scale_s[row] = 7;
        layer->hh.scale_s[row] = 9;
    }
    for (size_t i = 0; i < 3 * sterna_cell_biases(cell); i++)
        layer->bias[i] = (int16_t)(10 * (i / 3) + i % 3);
    struct sterna_image image;
    pack(model, sterna_geometry_of("up5k"), &image);
    ck_assert_uint_eq(image.memory[STERNA_MEM_SCALES].size, 4 * scale_count);
    ck_assert_uint_eq(image.memory[STERNA_MEM_BIASES].size, 4 * bias_count);
    for (size_t i = 0; i < 2 * scale_count; i++) { /* the first pair, then the half one */
        const uint8_t *scale = image.memory[STERNA_MEM_SCALES].bytes + 2 * i, base = scales[i % scale_count];
        const bool there = i < scale_count || i % 2 == 0;
        const unsigned word = (base < 100 ? 7u : 9u) << 7 | (base % 100u + (i < scale_count ? 0u : 2u));
        ck_assert_uint_eq(scale[0] | scale[1] << 8, there ? word : 0);
    }
    for (size_t i = 0; i < 2 * bias_count; i++) {
        const uint8_t *bias = image.memory[STERNA_MEM_BIASES].bytes + 2 * i;
        const bool there = i < bias_count || i % 2 == 0;
        ck_assert_int_eq(bias[0] | bias[1] << 8,
                         there ? biases[i % bias_count] + (i < bias_count ? 0 : 2) : 0);
    }
    sterna_image_free(&image);
    sterna_model_free(model);
}

START_TEST(scales_and_biases_come_in_the_order_of_use)
{
    static const uint8_t gru[] = {0, 1, 100, 101, 120, 121, 10, 11, 110, 111, 20, 21};
    static const int16_t gru_bias[] = {0, 1, 30, 31, 10, 11, 20, 21}; /* r, hn, z, xn */
    static const uint8_t lstm[] = {0, 1, 100, 101, 20, 21, 120, 121, 10, 11, 110, 111, 30, 31, 130, 131};
    static const int16_t lstm_bias[] = {0, 1, 20, 21, 10, 11, 30, 31}; /* i, g, f, o */
    static const uint8_t rnn[] = {0, 1, 100, 101};
    check_streams(STERNA_CELL_GRU, gru, sizeof gru, gru_bias, 8);
    check_streams(STERNA_CELL_LSTM, lstm, sizeof lstm, lstm_bias, 8);
    check_streams(STERNA_CELL_RNN_RELU, rnn, sizeof rnn, (const int16_t[]){0, 1}, 2);
}
END_TEST

/* The reason for which the model is refused. */
static struct sterna_error refusal(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                   const struct sterna_geometry *geometry)
{
    struct sterna_error error = {""};
    struct sterna_image untouched, image;
    memset(&image, 0x5A, sizeof image);
    memcpy(&untouched, &image, sizeof image);
    struct sterna_model *model = random_model(inputs, hidden, layers, outputs, 4);
    ck_assert_int_eq(sterna_pack(model, geometry, &image, &error), STERNA_ERR_FIT);
    ck_assert_mem_eq(&image, &untouched, sizeof image);
    sterna_model_free(model);
    return error;
}

static void check_refusal(const struct sterna_error error, const char *reason)
{
    ck_assert_msg(strstr(error.reason, reason), "%s", error.reason);
}

START_TEST(a_model_that_is_too_large_is_told_by_how_much)
{
    const struct sterna_geometry up5k = *sterna_geometry_of("up5k");
    struct sterna_geometry geometry = up5k;
    /* GRU-400 on 73 inputs: 1200 rows x (2 + 10) blocks, 73 x 10 output words, 3 headers (400 = 9 x 42 + 22): 15142 words,
     * 121136 bytes. */
    check_refusal(refusal(73, 400, 1, 73, &up5k), "needs 2400 row scales, the device has 2048, 352");
    geometry.weight_bytes = 121135;
    check_refusal(refusal(73, 400, 1, 73, &geometry),
                  "needs 121136 bytes of weight memory, the device has 121135, 1 too few");
    geometry = up5k;
    geometry.biases = 39;
    check_refusal(refusal(5, 10, 1, 5, &geometry), "needs 40 biases, the device has 39");
    geometry = up5k;
    geometry.program_bytes = 8;
    check_refusal(refusal(5, 10, 1, 5, &geometry),
                  "needs 123 bytes of step programs (the longest, 123, for layer 0");
    geometry = up5k;
    geometry.activation_bytes = 47; /* input 2 words, h twice 2 */
    check_refusal(refusal(5, 10, 1, 5, &geometry), "bytes of activation memory");
    geometry = up5k;
    geometry.states = 19;
    check_refusal(refusal(5, 10, 2, 5, &geometry), "needs 20 units of recurrent state");
    check_refusal(refusal(5, 10, 1, 170, &up5k),
                  "needs 510 bytes for the results of one step, the device has 509");
    geometry = up5k;
    geometry.table_w = 7; /* one weight of 1: 127 */
    check_refusal(refusal(2, 2, 1, 2, &geometry),
                  "needs 127 as the largest table entry for ternary weights in layer 0");
    geometry = up5k;
    geometry.kinds = 1;
    check_refusal(refusal(5, 10, 1, 5, &geometry), "cannot run layer 0: it has no cell gru");
}
END_TEST

/* 10 columns of 1 in the second layer's recurrent matrix, whose other matrices are 0. */
START_TEST(a_sum_that_could_overflow_is_refused_by_layer)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    struct sterna_model *model = random_model(5, 10, 2, 5, 4);
    struct sterna_error error = {""};
    struct sterna_image image;
    for (size_t k = 0; k < 2; k++) {
        memset(model->layer[k].ih.code, 0, model->layer[k].ih.rows * model->layer[k].ih.cols);
        memset(model->layer[k].hh.code, 0, model->layer[k].hh.rows * model->layer[k].hh.cols);
    }
    memset(model->output.code, 0, model->output.rows * model->output.cols);
    memset(model->layer[1].hh.code, 1, 10);
    geometry.psum_w = 11;
    ck_assert_int_eq(sterna_pack(model, &geometry, &image, &error), STERNA_ERR_FIT);
    check_refusal(
        error, "needs 1270 as the largest sum, of row 0 of layer 1, recurrent weights, the device has 1023");
    geometry.psum_w = 12;
    ck_assert_int_eq(sterna_pack(model, &geometry, &image, &error), STERNA_OK);
    sterna_image_free(&image);
    sterna_model_free(model);
}
END_TEST

/* Codebooks of 50 words; no tables but eight are for them. */
START_TEST(codebooks_that_do_not_fit_are_refused_with_the_reason)
{
    const struct sterna_geometry up5k = *sterna_geometry_of("up5k");
    static const char *const reasons[] = {
        "for engines of 8 tables, this one has 16, and layer 0, input weights has one",
        "table entries for codebook weights in layer 0, input weights, the device has 32",
        "as the largest table entry for codebook weights in layer 0",
        "for layer 0, input weights), the device has 100"};
    for (int i = 0; i < 4; i++) {
        struct sterna_geometry geometry = up5k;
        struct sterna_error error = {""};
        struct sterna_model *model = NULL;
        struct sterna_image image;
        ck_assert_int_eq(sterna_model_random_codebook("gru", 40, 90, 3, 3, 50, 1, &model, NULL), STERNA_OK);
        ck_assert_msg(sterna_pack(model, &geometry, &image, &error) == STERNA_OK, "%s", error.reason);
        sterna_image_free(&image);
        geometry.tables = i == 0 ? 16 : 8;
        geometry.entries_log2 = i == 1 ? 5 : 7;
        geometry.table_w = i == 2 ? 10 : 16; /* 4 x 127 needs 10 bits, two of them 11 */
        geometry.program_bytes = i == 3 ? 100 : 512;
        ck_assert_int_eq(sterna_pack(model, &geometry, &image, &error), STERNA_ERR_FIT);
        check_refusal(error, reasons[i]);
        sterna_model_free(model);
    }
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("pack");
    TCase *tests = tcase_create("pack");
    tcase_add_test(tests, small_networks_equal_fixed);
    tcase_add_test(tests, networks_at_the_edges_of_blocks_and_tiles_equal_fixed);
    tcase_add_test(tests, output_layers_of_several_tiles_equal_fixed);
    tcase_add_test(tests, the_default_network_equals_fixed);
    tcase_add_loop_test(tests, every_cell_and_format_equals_fixed, 0, STERNA_CELLS * STERNA_FORMATS);
    tcase_add_test(tests, parts_may_differ_in_format);
    tcase_add_loop_test(tests, large_layers_of_every_cell_equal_fixed, 0, STERNA_CELLS);
    tcase_add_loop_test(tests, several_streams_equal_fixed, 0, 10 * STERNA_CELLS);
    tcase_add_test(tests, a_format_without_a_table_is_refused_by_layer);
    tcase_add_test(tests, headers_are_as_the_contract_says);
    tcase_add_test(tests, scales_and_biases_come_in_the_order_of_use);
    tcase_add_test(tests, a_model_that_is_too_large_is_told_by_how_much);
    tcase_add_test(tests, codebooks_that_do_not_fit_are_refused_with_the_reason);
    tcase_add_test(tests, a_sum_that_could_overflow_is_refused_by_layer);
    suite_add_tcase(suite, tests);
    return suite;
}
