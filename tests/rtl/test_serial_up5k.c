/* test_serial_up5k.c - hw/board/serial_up5k.v: the driver and a network over the board's own serial line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driven_network.h"
#include "queue.h"
#include "seeded.h"
#include "serial_up5k_model.h"

/* The host's end of the line is 16 cycles a bit too: 48 MHz, 3 Mbaud. LATENCY: 1.25 ms, what a serial chip keeps a byte back for
 * and two microframes of USB. */
enum { BIT = 16, BYTE = 10 * BIT, LATENCY = 60000 };

/* Bytes to the device leave one after the other from a queue, as from the buffer of a serial chip; bytes from it reach the host
 * `latency` cycles after they have arrived. */
struct serial_link {
    struct sterna_link link;
    struct serial_up5k_model *model;
    struct sterna_queue input;
    unsigned send_wait, send_bit; /* cycles left of this bit; bits left of this byte */
    unsigned send_bits;           /* the one on the line lowest */
    struct {
        uint8_t byte;
        uint64_t at;
    } output[4096]; /* a ring */
    size_t put, taken;
    struct seeded random;
    unsigned one_in;    /* bytes: so seldom a stop bit to the device is low; 0 never */
    unsigned read_wait; /* cycles until the next bit of the device is sampled */
    unsigned read_bit;  /* 0: idle */
    unsigned read_byte;
    uint64_t cycles, errors, latency;
};

enum { OUTPUT = sizeof((struct serial_link *)0)->output / sizeof *((struct serial_link *)0)->output };

/* The level of the line to the device in this cycle. */
static bool drive(struct serial_link *self)
{
    uint8_t byte = 0;
    if (self->send_wait == 0 && self->send_bit > 0) {
        self->send_bits >>= 1;
        self->send_bit--;
        self->send_wait = BIT;
    }
    if (self->send_bit == 0 && sterna_queue_take(&self->input, &byte, 1) == 1) {
        const bool broken = self->one_in && seeded_below(&self->random, self->one_in) == 0;
        self->errors += broken;
        self->send_bits =
            (unsigned)byte << 1 | (broken ? 0x400u : 0x200u); /* a bit of rest after a low stop */
        self->send_bit = broken ? 11 : 10;
        self->send_wait = BIT;
    }
    self->send_wait -= self->send_bit > 0;
    return self->send_bit == 0 || (self->send_bits & 1) != 0;
}

static void keep(struct serial_link *self, uint8_t byte)
{
    ck_assert_uint_lt(self->put - self->taken, OUTPUT);
    self->output[self->put % OUTPUT].byte = byte;
    self->output[self->put++ % OUTPUT].at = self->cycles + self->latency;
}

/* One cycle; reads the device's line on the way. */
static void tick(struct serial_link *self)
{
    *self->model->rx = drive(self);
    serial_up5k_model_tick(self->model);
    self->cycles++;
    bool tx = *self->model->tx;
    if (self->read_bit == 0 && !tx) {
        self->read_bit = 1;
        self->read_wait = BIT + BIT / 2;
    } else if (self->read_bit > 0 && --self->read_wait == 0) {
        self->read_wait = BIT;
        if (self->read_bit == 9) {
            ck_assert(tx);
            keep(self, (uint8_t)self->read_byte);
            self->read_bit = 0;
        } else {
            self->read_byte = self->read_byte >> 1 | (tx ? 0x80u : 0);
            self->read_bit++;
        }
    }
}

static enum sterna_status send_serial(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                      struct sterna_error *error)
{
    (void)error;
    return sterna_queue_put(&((struct serial_link *)link)->input, bytes, size);
}

static bool is_there(const struct serial_link *self)
{
    return self->taken < self->put && self->output[self->taken % OUTPUT].at <= self->cycles;
}

/* Patience counts from when all that was sent has gone. */
static enum sterna_status receive_serial(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                         size_t size, size_t *got, struct sterna_error *error)
{
    struct serial_link *self = (struct serial_link *)link;
    (void)error;
    for (uint64_t waited = 0; waited < patience + 2 * self->latency && !is_there(self);
         waited += self->input.size == 0)
        tick(self);
    for (*got = 0; *got < size && is_there(self); self->taken++)
        bytes[(*got)++] = self->output[self->taken % OUTPUT].byte;
    return STERNA_OK;
}

static void wire_serial(const struct sterna_link *link, struct sterna_wire *wire)
{
    (void)link;
    *wire = (struct sterna_wire){3000000 / 10, 0};
}

static void close_serial(struct sterna_link *link)
{
    struct serial_link *self = (struct serial_link *)link;
    serial_up5k_model_free(self->model);
    sterna_queue_free(&self->input);
    free(self);
}

static const struct sterna_link_backend backend = {.name = "serial",
                                                   .send = send_serial,
                                                   .receive = receive_serial,
                                                   .wire = wire_serial,
                                                   .close = close_serial};

static struct serial_link *serial;
static void setup(void)
{
    serial = calloc(1, sizeof *serial);
    ck_assert_ptr_nonnull(serial);
    *serial = (struct serial_link){.link.backend = &backend, .model = serial_up5k_model_new(), .random = {3}};
    *serial->model->ready = 1;
    for (unsigned i = 0; i < 50; i++)
        tick(serial);
    open_driven(&serial->link);
}

START_TEST(the_device_introduces_itself)
{
    struct sterna_geometry geometry;
    sterna_device_geometry(driven.device, &geometry);
    ck_assert_str_eq(geometry.name, "up5k");
    ck_assert_uint_eq(geometry.clock_khz, 48000);
}
END_TEST

START_TEST(a_network_runs_over_the_line)
{
    check_driven();
}
END_TEST

/* The transport's raw time: the image's bytes and nothing else, one after the other. */
START_TEST(a_full_model_loads_in_little_more_than_its_bytes_take)
{
    size_t image = 0;
    serial->latency = LATENCY;
    const uint64_t took = load_full(240, 110000, &serial->cycles, &image); /* of 131072 */
    check_load(took, image * BYTE);
}
END_TEST

/* ---- pace ---- */

enum { FRAMES = 32, SUM = 3, AROUND = 12 /* bytes of a frame beside inputs and results */ };

struct pace {
    uint64_t alone, batch,
        bound; /* cycles of a frame: each by itself, in a batch, that the wire and the steps take */
};

static uint64_t run_frames(const uint16_t *inputs, const int8_t *dense, size_t steps, size_t call,
                           const struct sterna_model_shape *shape, int32_t *sums)
{
    must(sterna_device_reset(driven.device, &driven.error));
    const uint64_t begun = serial->cycles;
    for (size_t i = 0; i < steps; i += call)
        must(dense ? sterna_device_step_dense(driven.device, dense + i * shape->inputs, call,
                                              sums + i * shape->outputs, &driven.error)
                   : sterna_device_step(driven.device, inputs + i, call, sums + i * shape->outputs,
                                        &driven.error));
    return serial->cycles - begun;
}

/* Steps of random inputs in frames of so many; the sums are the same either way, and those of fixed.h. */
static struct pace pace_of(const struct sterna_model_shape *shape, bool is_dense, size_t most)
{
    struct sterna_model *model = random_model_of(shape, STERNA_FORMAT_TERNARY, 4);
    const size_t steps = FRAMES * most, outputs = shape->outputs;
    uint16_t *inputs = calloc(steps, sizeof *inputs);
    int8_t *dense = calloc(steps, shape->inputs);
    int32_t *sums = calloc(steps * outputs, sizeof *sums), *batch = calloc(steps * outputs, sizeof *batch);
    int32_t *fixed = calloc(steps * outputs, sizeof *fixed);
    struct sterna_fixed_state state;
    struct sterna_counters counters;
    uint64_t seed = 5;
    ck_assert(model && inputs && dense && sums && batch && fixed);
    for (size_t i = 0; i < steps; i++)
        inputs[i] = (uint16_t)random_below(&seed, shape->inputs);
    for (size_t i = 0; i < steps * shape->inputs; i++)
        dense[i] = (int8_t)((int)random_below(&seed, 255) - 127);
    must(sterna_fixed_new(model, &state, &driven.error));
    for (size_t i = 0; i < steps; i++)
        if (is_dense)
            sterna_fixed_step(model, &state, dense + i * shape->inputs, fixed + i * outputs);
        else
            sterna_fixed_step_one_hot(model, &state, inputs[i], fixed + i * outputs);
    sterna_fixed_free(&state);
    must(sterna_device_load(driven.device, model, NULL, &driven.error));
    must(sterna_device_counters(driven.device, true, &counters, &driven.error));
    serial->latency = LATENCY;
    const uint64_t alone = run_frames(inputs, is_dense ? dense : NULL, steps, most, shape, sums);
    must(sterna_device_counters(driven.device, true, &counters, &driven.error));
    const uint64_t together = run_frames(inputs, is_dense ? dense : NULL, steps, steps, shape, batch);
    ck_assert_mem_eq(sums, fixed, steps * outputs * sizeof *sums);
    ck_assert_mem_eq(batch, fixed, steps * outputs * sizeof *sums);
    ck_assert_uint_eq(sterna_device_repeats(driven.device), 0);
    const uint64_t request = (AROUND + most * (is_dense ? shape->inputs : 2)) * BYTE;
    const uint64_t answer = (AROUND + most * SUM * outputs) * BYTE + counters.cycles / FRAMES;
    free(inputs);
    free(dense);
    free(sums);
    free(batch);
    free(fixed);
    sterna_model_free(model);
    return (struct pace){alone / FRAMES, together / FRAMES, request > answer ? request : answer};
}

/* A latency of 1.25 ms: one by one the way there and back would be half of the time. */
START_TEST(in_a_batch_the_line_is_the_limit)
{
    static const struct {
        struct sterna_model_shape shape;
        bool dense;
        size_t most; /* steps in a frame */
    } batches[] = {
        {{STERNA_CELL_GRU, 64, 32, 1, 100}, false, 1},
        {{STERNA_CELL_GRU, 120, 32, 1, 10}, true, 4},
    };
    const struct pace pace = pace_of(&batches[_i].shape, batches[_i].dense, batches[_i].most);
    const double alone = (double)pace.alone / (double)pace.bound;
    const double batch = (double)pace.batch / (double)pace.bound;
    printf("frames of %zu steps: one by one %.2f, in a batch %.2f times what the line and the steps take\n",
           batches[_i].most, alone, batch);
    ck_assert(alone > 1.8 && batch < 1.3);
}
END_TEST

START_TEST(line_errors_while_loading_cost_repetitions_and_no_byte)
{
    serial->one_in = 1000;
    must(sterna_device_load(driven.device, driven.network, NULL, &driven.error));
    serial->one_in = 0;
    must(sterna_device_step(driven.device, driven.inputs, STEPS, driven.got[0], &driven.error));
    ck_assert_mem_eq(driven.got, driven.expected, sizeof driven.got);
    ck_assert_uint_gt(sterna_device_repeats(driven.device), 0);
}
END_TEST

START_TEST(line_errors_cost_repetitions_and_never_a_result)
{
    must(sterna_device_load(driven.device, driven.network, NULL, &driven.error));
    serial->one_in = 60;
    for (size_t i = 0; i < STEPS; i++)
        must(sterna_device_step(driven.device, driven.inputs + i, 1, driven.got[i], &driven.error));
    serial->one_in = 0;
    ck_assert_mem_eq(driven.got, driven.expected, sizeof driven.got);
    ck_assert_uint_gt(serial->errors, 5);
    ck_assert_uint_gt(sterna_device_repeats(driven.device), 3);
    struct sterna_counters counters;
    must(sterna_device_counters(driven.device, false, &counters, &driven.error));
    ck_assert_uint_ge(counters.bad_frames, sterna_device_repeats(driven.device));
    ck_assert_uint_eq(counters.steps, STEPS);
}
END_TEST

START_TEST(the_led_glows_after_traffic)
{
    ck_assert(!*serial->model->led);
    for (unsigned i = 0; i < (1u << 20) + 100; i++)
        tick(serial);
    ck_assert(*serial->model->led);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("serial_up5k");
    TCase *tests = tcase_create("serial_up5k");
    tcase_add_checked_fixture(tests, setup, close_driven);
    tcase_add_test(tests, the_device_introduces_itself);
    tcase_add_test(tests, a_network_runs_over_the_line);
    tcase_add_test(tests, a_full_model_loads_in_little_more_than_its_bytes_take);
    tcase_add_loop_test(tests, in_a_batch_the_line_is_the_limit, 0, 2);
    tcase_add_test(tests, line_errors_while_loading_cost_repetitions_and_no_byte);
    tcase_add_test(tests, line_errors_cost_repetitions_and_never_a_result);
    tcase_add_test(tests, the_led_glows_after_traffic);
    suite_add_tcase(suite, tests);
    return suite;
}
