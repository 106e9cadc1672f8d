/* test_driver.c - the driver against software devices of odd sizes, and one that does not store what it is
 * sent. (What every back end must do is tests/link/test_link.c.) */
#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "driver.h"
#include "fixed.h"
#include "frame.h"
#include "pack.h"
#include "protocol.h"

#include <check.h>

enum { INPUTS = 6, HIDDEN = 10, OUTPUTS = 4, STEPS = 30 };

/* A software device of any geometry; the bad_write-th WRITE arrives with its last byte changed. */
struct odd {
    struct sterna_link link;
    struct sterna_software_device *device;
    struct sterna_queue output;
    struct sterna_frame_decoder decoder;
    uint8_t request[70000];
    size_t writes, bad_write, steps;
    size_t longest; /* request seen */
};

static enum sterna_status send_odd(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                   struct sterna_error *error)
{
    static uint8_t frame[STERNA_FRAME_MAX(70000)];
    struct odd *self = (struct odd *)link;
    (void)error;
    for (size_t i = 0; i < size; i++) {
        if (!sterna_frame_decode(&self->decoder, bytes[i]))
            continue;
        size_t length = self->decoder.size;
        self->longest = length > self->longest ? length : self->longest;
        self->steps += self->request[0] == STERNA_OP_STEP;
        self->writes += self->request[0] == STERNA_OP_WRITE;
        if (self->request[0] == STERNA_OP_WRITE && self->writes == self->bad_write)
            self->request[length - 1] ^= 0x10;
        size_t coded = sterna_frame_encode(self->request, length, frame);
        ck_assert_int_eq(sterna_software_device_feed(self->device, frame, coded, &self->output), STERNA_OK);
    }
    return STERNA_OK;
}

static enum sterna_status receive_odd(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                      size_t size, size_t *got, struct sterna_error *error)
{
    (void)patience;
    (void)error;
    *got = sterna_queue_take(&((struct odd *)link)->output, bytes, size);
    return STERNA_OK;
}

static void close_odd(struct sterna_link *link)
{
    struct odd *self = (struct odd *)link;
    sterna_software_device_free(self->device);
    sterna_queue_free(&self->output);
}

static const struct sterna_link_backend backend_odd = {
    .name = "odd", .send = send_odd, .receive = receive_odd, .close = close_odd};

static struct odd odd;
static struct sterna_device *device;
static struct sterna_model *model;
static struct sterna_error error;
static uint16_t inputs[STEPS];
static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];

static void expect(void)
{
    uint64_t seed = 1;
    struct sterna_fixed_state state;
    memset(got, 0x55, sizeof got);
    ck_assert_int_eq(sterna_fixed_new(model, &state, &error), STERNA_OK);
    for (size_t i = 0; i < STEPS; i++) {
        inputs[i] = (uint16_t)random_below(&seed, INPUTS);
        sterna_fixed_step_one_hot(model, &state, inputs[i], expected[i]);
    }
    sterna_fixed_free(&state);
}

static void setup(void)
{
    device = NULL;
    error.reason[0] = '\0';
    model = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    ck_assert_ptr_nonnull(model);
    expect();
}

static void teardown(void)
{
    sterna_device_close(device);
    sterna_model_free(model);
}

static void open_odd(const struct sterna_geometry *geometry)
{
    memset(&odd, 0, sizeof odd);
    odd.link.backend = &backend_odd;
    sterna_frame_decoder_init(&odd.decoder, odd.request, sizeof odd.request);
    ck_assert_int_eq(sterna_software_device_new(geometry, &odd.device), STERNA_OK);
    ck_assert_msg(sterna_device_open_link(&odd.link, &device, &error) == STERNA_OK, "%s", error.reason);
}

static void check_steps(void)
{
    ck_assert_msg(sterna_device_step(device, inputs, STEPS, got[0], &error) == STERNA_OK, "%s", error.reason);
    ck_assert_mem_eq(got, expected, sizeof got);
}

START_TEST(buffers_of_any_size_are_kept_to)
{
    static const unsigned request_bytes[] = {16, 17, 64, 1000, 65535},
                          reply_bytes[] = {59, 60, 100, 1000, 65535};
    for (size_t i = 0; i < 5; i++) {
        struct sterna_geometry geometry = *sterna_geometry_of("up5k");
        geometry.request_bytes = request_bytes[i];
        geometry.reply_bytes = reply_bytes[4 - i];
        open_odd(&geometry);
        ck_assert_msg(sterna_device_load(device, model, NULL, &error) == STERNA_OK, "%s", error.reason);
        uint8_t *state = malloc(sterna_device_state_bytes(device));
        ck_assert_ptr_nonnull(state);
        ck_assert_int_eq(sterna_device_state_get(device, state, &error), STERNA_OK);
        check_steps();
        ck_assert_int_eq(sterna_device_state_set(device, state, &error), STERNA_OK);
        check_steps();
        ck_assert_uint_le(odd.longest, request_bytes[i]);
        free(state);
        sterna_device_close(device);
        device = NULL;
    }
}
END_TEST

/* 64 x 127 is too large for the tables of an ecp5-25f, whose device sends two sums for each output then. */
START_TEST(an_output_in_halves_comes_back_whole)
{
    uint64_t seed = 3;
    struct sterna_geometry geometry = *sterna_geometry_of("ecp5-25f");
    geometry.reply_bytes = 59; /* of three steps' sums, two fit */
    sterna_model_set_formats(model, STERNA_FORMAT_TERNARY, STERNA_FORMAT_TERNARY, STERNA_FORMAT_POW2);
    random_fill(model, &seed);
    model->output.code[0] = 64;
    model->output.code[1] = -64;
    expect();
    open_odd(&geometry);
    ck_assert_msg(sterna_device_load(device, model, NULL, &error) == STERNA_OK, "%s", error.reason);
    check_steps();
    ck_assert_uint_eq(odd.steps, STEPS / 2);
}
END_TEST

START_TEST(steps_are_batched_as_far_as_the_buffers_go)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    geometry.request_bytes = 6 + 2 * 7; /* 7 inputs */
    open_odd(&geometry);
    ck_assert_int_eq(sterna_device_load(device, model, NULL, &error), STERNA_OK);
    check_steps();
    ck_assert_uint_eq(odd.steps, 5); /* 30 steps by 7 */
    sterna_device_close(device);
    geometry.request_bytes = 512;
    geometry.reply_bytes = 3 + 3 * OUTPUTS * 15 + 11; /* 15 results */
    open_odd(&geometry);
    ck_assert_int_eq(sterna_device_load(device, model, NULL, &error), STERNA_OK);
    check_steps();
    ck_assert_uint_eq(odd.steps, 2);
}
END_TEST

START_TEST(a_device_that_stores_something_else_is_found_out)
{
    open_odd(sterna_geometry_of("up5k"));
    ck_assert_int_eq(sterna_device_load(device, model, NULL, &error), STERNA_OK);
    odd.bad_write = odd.writes + 1; /* the next load goes wrong, and there is no model any more */
    ck_assert_int_eq(sterna_device_load(device, model, NULL, &error), STERNA_ERR_DEVICE);
    ck_assert_ptr_nonnull(strstr(error.reason, "does not hold the weights that were written"));
    ck_assert_int_eq(sterna_device_step(device, inputs, 1, got[0], &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "no model is loaded on the device");
    ck_assert_int_eq(sterna_device_load(device, model, NULL, &error), STERNA_OK);
    check_steps();
}
END_TEST

START_TEST(a_dense_input_longer_than_a_request_is_refused)
{
    struct sterna_geometry geometry = *sterna_geometry_of("up5k");
    static const int8_t dense[20];
    struct sterna_model *wide = random_model(20, HIDDEN, 1, OUTPUTS, 3);
    geometry.request_bytes = 25; /* 19 inputs */
    open_odd(&geometry);
    ck_assert_int_eq(sterna_device_load(device, wide, NULL, &error), STERNA_OK);
    ck_assert_int_eq(sterna_device_step_dense(device, dense, 1, got[0], &error), STERNA_ERR_FIT);
    wide->one_hot = false;
    ck_assert_int_eq(sterna_device_load(device, wide, NULL, &error), STERNA_ERR_FIT);
    ck_assert_ptr_nonnull(
        strstr(error.reason, "needs 20 bytes for the input of one step, the device has 19"));
    sterna_device_close(device);
    device = NULL;
    sterna_model_free(wide);
}
END_TEST

START_TEST(a_snapshot_of_nonsense_is_refused)
{
    open_odd(sterna_geometry_of("up5k"));
    ck_assert_int_eq(sterna_device_load(device, model, NULL, &error), STERNA_OK);
    uint8_t *state = calloc(sterna_device_state_bytes(device), 1);
    ck_assert_ptr_nonnull(state);
    state[0] = 2;
    ck_assert_int_eq(sterna_device_state_set(device, state, &error), STERNA_ERR_FORMAT);
    state[0] = 0;
    state[sterna_device_state_bytes(device) - 1] = 0x80; /* no activation */
    ck_assert_int_eq(sterna_device_state_set(device, state, &error), STERNA_ERR_FORMAT);
    state[sterna_device_state_bytes(device) - 1] = 0x81;
    ck_assert_int_eq(sterna_device_state_set(device, state, &error), STERNA_OK);
    state[2 * HIDDEN] = 0x80; /* the last h16: -32768 */
    ck_assert_int_eq(sterna_device_state_set(device, state, &error), STERNA_ERR_FORMAT);
    state[2 * HIDDEN - 1] = 0x01;
    ck_assert_int_eq(sterna_device_state_set(device, state, &error), STERNA_OK);
    free(state);
    ck_assert_int_eq(sterna_device_reset(device, &error), STERNA_OK);
    check_steps();
}
END_TEST

START_TEST(the_report_counts_what_the_model_takes)
{
    struct sterna_load_report report;
    open_odd(sterna_geometry_of("up5k"));
    ck_assert_int_eq(sterna_device_load(device, model, &report, &error), STERNA_OK);
    struct sterna_image image;
    ck_assert_int_eq(sterna_pack(model, sterna_geometry_of("up5k"), &image, &error), STERNA_OK);
    ck_assert_uint_eq(report.ideal_cycles, 30 * 2 + 4);
    ck_assert_uint_eq(report.weight_bytes, image.memory[STERNA_MEM_WEIGHTS].size);
    ck_assert_uint_eq(report.scales, 60);
    ck_assert_uint_eq(report.biases, 40);
    ck_assert_uint_eq(report.program_bytes, image.memory[STERNA_MEM_PROGRAMS].size);
    ck_assert_uint_eq(report.activation_bytes, image.activation_bytes);
    ck_assert_uint_eq(report.states, 10);
    sterna_image_free(&image);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("driver");
    TCase *tests = tcase_create("driver");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, buffers_of_any_size_are_kept_to);
    tcase_add_test(tests, an_output_in_halves_comes_back_whole);
    tcase_add_test(tests, steps_are_batched_as_far_as_the_buffers_go);
    tcase_add_test(tests, a_device_that_stores_something_else_is_found_out);
    tcase_add_test(tests, a_dense_input_longer_than_a_request_is_refused);
    tcase_add_test(tests, a_snapshot_of_nonsense_is_refused);
    tcase_add_test(tests, the_report_counts_what_the_model_takes);
    suite_add_tcase(suite, tests);
    return suite;
}
