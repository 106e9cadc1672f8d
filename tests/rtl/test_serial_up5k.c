/* test_serial_up5k.c - hw/board/serial_up5k.v: the driver and a network over the board's own serial line. */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "driver.h"
#include "fixed.h"
#include "queue.h"
#include "seeded.h"
#include "serial_up5k_model.h"

#include <check.h>

/* The host's end of the line is 13 cycles a bit too: 39 MHz, 3 Mbaud. */
enum { BIT = 13, INPUTS = 7, HIDDEN = 12, OUTPUTS = 5, STEPS = 30 };

struct serial_link {
    struct sterna_link link;
    struct serial_up5k_model *model;
    struct sterna_queue output;
    struct seeded random;
    unsigned one_in;    /* bytes: so seldom a stop bit to the device is low; 0 never */
    unsigned read_wait; /* cycles until the next bit of the device is sampled */
    unsigned read_bit;  /* 0: idle */
    unsigned read_byte;
    uint64_t cycles, errors;
};

/* One cycle; reads the device's line on the way. */
static void tick(struct serial_link *self, bool rx)
{
    *self->model->rx = rx;
    serial_up5k_model_tick(self->model);
    self->cycles++;
    bool tx = *self->model->tx;
    if (self->read_bit == 0 && !tx) {
        self->read_bit = 1;
        self->read_wait = BIT + BIT / 2;
    } else if (self->read_bit > 0 && --self->read_wait == 0) {
        self->read_wait = BIT;
        if (self->read_bit == 9) {
            uint8_t byte = (uint8_t)self->read_byte;
            ck_assert(tx);
            ck_assert_int_eq(sterna_queue_put(&self->output, &byte, 1), STERNA_OK);
            self->read_bit = 0;
        } else {
            self->read_byte = self->read_byte >> 1 | (tx ? 0x80u : 0);
            self->read_bit++;
        }
    }
}

static void hold(struct serial_link *self, bool rx)
{
    for (unsigned i = 0; i < BIT; i++)
        tick(self, rx);
}

static enum sterna_status send_serial(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                      struct sterna_error *error)
{
    struct serial_link *self = (struct serial_link *)link;
    (void)error;
    for (size_t i = 0; i < size; i++) {
        bool broken = self->one_in && seeded_below(&self->random, self->one_in) == 0;
        self->errors += broken;
        hold(self, false);
        for (unsigned bit = 0; bit < 8; bit++)
            hold(self, (bytes[i] >> bit & 1) != 0);
        hold(self, !broken);
        if (broken)
            hold(self, true);
    }
    return STERNA_OK;
}

static enum sterna_status receive_serial(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                         size_t size, size_t *got, struct sterna_error *error)
{
    struct serial_link *self = (struct serial_link *)link;
    (void)error;
    for (uint64_t waited = 0; waited < patience && self->output.size == 0; waited++)
        tick(self, true);
    *got = sterna_queue_take(&self->output, bytes, size);
    return STERNA_OK;
}

static void close_serial(struct sterna_link *link)
{
    struct serial_link *self = (struct serial_link *)link;
    serial_up5k_model_free(self->model);
    sterna_queue_free(&self->output);
    free(self);
}

static const struct sterna_link_backend backend = {
    .name = "serial", .send = send_serial, .receive = receive_serial, .close = close_serial};

static struct serial_link *serial;
static struct sterna_device *device;
static struct sterna_model *network;
static struct sterna_error error;
static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];
static uint16_t inputs[STEPS];

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void setup(void)
{
    struct sterna_fixed_state state;
    uint64_t seed = 2;
    serial = calloc(1, sizeof *serial);
    ck_assert_ptr_nonnull(serial);
    *serial = (struct serial_link){.link.backend = &backend, .model = serial_up5k_model_new(), .random = {3}};
    *serial->model->ready = 1;
    for (unsigned i = 0; i < 50; i++)
        tick(serial, true);
    must(sterna_device_open_link(&serial->link, &device, &error));
    network = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    ck_assert_ptr_nonnull(network);
    must(sterna_fixed_new(network, &state, &error));
    for (size_t i = 0; i < STEPS; i++) {
        inputs[i] = (uint16_t)random_below(&seed, INPUTS);
        sterna_fixed_step_one_hot(network, &state, inputs[i], expected[i]);
    }
    sterna_fixed_free(&state);
}

static void teardown(void)
{
    sterna_device_close(device);
    sterna_model_free(network);
}

START_TEST(the_device_introduces_itself)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(device, &geometry);
    ck_assert_str_eq(geometry.name, "up5k");
    ck_assert_uint_eq(geometry.clock_khz, 39000);
}
END_TEST

START_TEST(a_network_runs_over_the_line)
{
    must(sterna_device_load(device, network, NULL, &error));
    must(sterna_device_step(device, inputs, STEPS, got[0], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
}
END_TEST

START_TEST(line_errors_cost_repetitions_and_never_a_result)
{
    must(sterna_device_load(device, network, NULL, &error));
    serial->one_in = 60;
    for (size_t i = 0; i < STEPS; i++)
        must(sterna_device_step(device, inputs + i, 1, got[i], &error));
    serial->one_in = 0;
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_gt(serial->errors, 5);
    ck_assert_uint_gt(sterna_device_repeats(device), 3);
    struct sterna_counters counters;
    must(sterna_device_counters(device, false, &counters, &error));
    ck_assert_uint_ge(counters.bad_frames, sterna_device_repeats(device));
    ck_assert_uint_eq(counters.steps, STEPS);
}
END_TEST

START_TEST(the_led_glows_after_traffic)
{
    ck_assert(!*serial->model->led);
    for (unsigned i = 0; i < (1u << 20) + 100; i++)
        tick(serial, true);
    ck_assert(*serial->model->led);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("serial_up5k");
    TCase *tests = tcase_create("serial_up5k");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_device_introduces_itself);
    tcase_add_test(tests, a_network_runs_over_the_line);
    tcase_add_test(tests, line_errors_cost_repetitions_and_never_a_result);
    tcase_add_test(tests, the_led_glows_after_traffic);
    suite_add_tcase(suite, tests);
    return suite;
}
