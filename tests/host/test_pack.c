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

static void image_computes_what_fixed_computes(size_t inputs, size_t hidden, size_t layers, size_t outputs,
                                               uint64_t seed)
{
    const struct sterna_geometry geometry = roomy();
    struct sterna_model *model = random_model(inputs, hidden, layers, outputs, seed);
    ck_assert_ptr_nonnull(model);
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
        ck_assert_mem_eq(machine->memory[STERNA_MEM_STATE], state.state,
                         2 * state.units); /* little-endian hosts */
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

/* Two layers of 50 units on 45 inputs, 9 outputs: 3 * 42 rows make a full tile, so tiles have 42 and 8 units;
 * 40 columns make a block of 5 words, so the input takes 10 words and each h buffer 10. */
START_TEST(headers_are_as_the_contract_says)
{
    static const uint8_t first[32] = {1, 0, 2, 0, 42, 8, 126, 24, 10, 0, 20, 0, 0, 0, 0, 0,
                                      0, 0, 0, 0, 2,  5, 0,   0,  20, 0, 10, 0, 2, 5, 0, 0};
    static const uint8_t second[32] = {1,  0, 2,  0, 42, 8, 126, 24, 30, 0, 40, 0, 0, 0, 0, 0,
                                       10, 0, 20, 0, 2,  5, 0,   0,  40, 0, 30, 0, 2, 5, 0, 0};
    static const uint8_t output[32] = {0,  1, 1,  0, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0,
                                       30, 0, 40, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct sterna_model *model = random_model(45, 50, 2, 9, 12);
    struct sterna_image image;
    pack(model, sterna_geometry_of("up5k"), &image);
    const uint8_t *bytes = image.memory[STERNA_MEM_WEIGHTS].bytes;
    ck_assert_mem_eq(bytes, first, 32);
    ck_assert_mem_eq(bytes + 8 * (4 + 150 * 4), second, 32);
    ck_assert_mem_eq(bytes + 8 * (8 + 300 * 4), output, 32);
    ck_assert_uint_eq(image.memory[STERNA_MEM_WEIGHTS].size, 8 * (12 + 300 * 4 + 9 * 2));
    ck_assert_uint_eq(image.ideal_cycles, 300 * 4 + 9 * 2);
    ck_assert_uint_eq(image.memory[STERNA_MEM_PROGRAMS].size, 123);
    ck_assert_uint_eq(image.activation_bytes, 8 * 50);
    ck_assert_uint_eq(image.h_address, 8 * 10);
    ck_assert_uint_eq(image.h_bytes, 8 * 40);
    ck_assert_uint_eq(image.states, 100);
    sterna_image_free(&image);
    sterna_model_free(model);
}
END_TEST

START_TEST(scales_and_biases_come_in_the_order_of_use)
{
    struct sterna_model *model = random_model(2, 2, 1, 1, 16);
    struct sterna_layer *layer = &model->layer[0];
    for (uint8_t row = 0; row < 6; row++) { /* rows r0 r1 z0 z1 n0 n1 */
        layer->ih.scale_m[row] = (uint8_t)(10 + row);
        layer->hh.scale_m[row] = (uint8_t)(20 + row);
        layer->ih.scale_s[row] = row;
        layer->hh.scale_s[row] = (uint8_t)(row + 8);
    }
    for (int16_t i = 0; i < 8; i++) /* r0 r1 z0 z1 xn0 xn1 hn0 hn1 */
        layer->bias[i] = (int16_t)(-300 - i);
    static const uint8_t scales[24] = {10, 0, 20, 8, 24, 12, 14, 4, 12, 2, 22, 10,
                                       11, 1, 21, 9, 25, 13, 15, 5, 13, 3, 23, 11};
    static const int16_t biases[8] = {-300, -306, -304, -302, -301, -307, -305, -303};
    struct sterna_image image;
    pack(model, sterna_geometry_of("up5k"), &image);
    ck_assert_uint_eq(image.memory[STERNA_MEM_SCALES].size, 24);
    ck_assert_mem_eq(image.memory[STERNA_MEM_SCALES].bytes, scales, 24);
    ck_assert_uint_eq(image.memory[STERNA_MEM_BIASES].size, 16);
    for (size_t i = 0; i < 8; i++) {
        const uint8_t *bias = image.memory[STERNA_MEM_BIASES].bytes + 2 * i;
        ck_assert_int_eq((int16_t)(bias[0] | bias[1] << 8), biases[i]);
    }
    sterna_image_free(&image);
    sterna_model_free(model);
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

START_TEST(a_model_that_is_too_large_is_told_by_how_much)
{
    const struct sterna_geometry up5k = *sterna_geometry_of("up5k");
    struct sterna_geometry geometry = up5k;
    /* GRU-400 on 73 inputs: 1200 rows x (2 + 10) blocks, 73 x 10 output words, 8 of headers: 15138 words,
     * 121104 bytes. */
    ck_assert_ptr_nonnull(
        strstr(refusal(73, 400, 1, 73, &up5k).reason, "needs 2400 row scales, the device has 1536, 864"));
    geometry.weight_bytes = 121103;
    ck_assert_ptr_nonnull(strstr(refusal(73, 400, 1, 73, &geometry).reason,
                                 "needs 121104 bytes of weight memory, the device has 121103, 1 too few"));
    geometry = up5k;
    geometry.biases = 39;
    ck_assert_ptr_nonnull(
        strstr(refusal(5, 10, 1, 5, &geometry).reason, "needs 40 biases, the device has 39"));
    geometry = up5k;
    geometry.program_bytes = 122;
    ck_assert_ptr_nonnull(strstr(refusal(5, 10, 1, 5, &geometry).reason, "needs 123 bytes of step programs"));
    geometry = up5k;
    geometry.activation_bytes = 119; /* input 5 words, h twice 5 */
    ck_assert_ptr_nonnull(
        strstr(refusal(5, 10, 1, 5, &geometry).reason, "needs 120 bytes of activation memory"));
    geometry = up5k;
    geometry.states = 19;
    ck_assert_ptr_nonnull(
        strstr(refusal(5, 10, 2, 5, &geometry).reason, "needs 20 units of recurrent state"));
    ck_assert_ptr_nonnull(
        strstr(refusal(5, 10, 1, 170, &up5k).reason, "needs 513 bytes for the results of one step"));
    geometry = up5k;
    geometry.psum_w = 11; /* 10 columns x 127 = 1270 */
    ck_assert_ptr_nonnull(strstr(refusal(5, 10, 1, 5, &geometry).reason,
                                 "needs 1270 as the largest sum of a row, the device has 1023"));
    geometry = up5k;
    geometry.table_w = 10; /* 635 */
    ck_assert_ptr_nonnull(strstr(refusal(2, 2, 1, 2, &geometry).reason, "needs 635 as the largest entry"));
    geometry = up5k;
    geometry.kinds = 1;
    ck_assert_ptr_nonnull(strstr(refusal(5, 10, 1, 5, &geometry).reason, "no layers of kind 1"));
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("pack");
    TCase *tests = tcase_create("pack");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, small_networks_equal_fixed);
    tcase_add_test(tests, networks_at_the_edges_of_blocks_and_tiles_equal_fixed);
    tcase_add_test(tests, output_layers_of_several_tiles_equal_fixed);
    tcase_add_test(tests, the_default_network_equals_fixed);
    tcase_add_test(tests, headers_are_as_the_contract_says);
    tcase_add_test(tests, scales_and_biases_come_in_the_order_of_use);
    tcase_add_test(tests, a_model_that_is_too_large_is_told_by_how_much);
    suite_add_tcase(suite, tests);
    return suite;
}
