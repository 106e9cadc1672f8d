/* test_usb_small.c - hw/board/usb_small.v: the driver and a network over D+ and D-, packet by packet. */
#include <stdlib.h>
#include <string.h>

#define USB_CHIP usb_small_model
#include "usb_small_model.h"

#include "../random_model.h"
#include "driver.h"
#include "fixed.h"
#include "little_endian.h"
#include "queue.h"
#include "usb_host.h"

/* 19 packets of 64 bytes go into a frame of 1 ms. What the device sends is known to the program when the frame is over. */
enum { ADDRESS = 9, FRAME = 48000, PACKET = 64, RATE = 19 * 64 * 1000 };
enum { INPUTS = 7, HIDDEN = 12, OUTPUTS = 5, STEPS = 30, RING = 1 << 14 };

struct bus_link {
    struct sterna_link link;
    struct usb_host host;
    struct sterna_queue input; /* to the device: a length of 2 bytes, then as many, and so on */
    size_t transfer;           /* bytes of the present transfer not yet in a packet */
    uint8_t packet[PACKET];    /* of it, until acknowledged */
    size_t packet_size;
    unsigned outs, ins; /* packets so far: toggles */
    struct {
        uint8_t byte;
        uint64_t at;
    } output[RING];
    size_t put, taken;
    uint64_t next_frame;
    unsigned one_in; /* packets: so seldom one of the host's is broken; 0 never */
    size_t broken;
};

static int toggle(unsigned number)
{
    return number % 2 ? PID_DATA1 : PID_DATA0;
}

static void slip(struct bus_link *self)
{
    if (self->one_in == 0 || seeded_below(&self->host.random, self->one_in) > 0)
        return;
    self->host.slip = (enum usb_slip)(1 + seeded_below(&self->host.random, SLIPS - 1));
    self->broken++;
}

static void push(struct bus_link *self)
{
    uint8_t length[2] = {0};
    if (self->packet_size == 0 && self->transfer == 0 && sterna_queue_take(&self->input, length, 2) == 2)
        self->transfer = sterna_get_le16(length);
    if (self->packet_size == 0) {
        const size_t size = self->transfer < PACKET ? self->transfer : PACKET;
        self->packet_size = sterna_queue_take(&self->input, self->packet, size);
        self->transfer -= self->packet_size;
    }
    if (self->packet_size == 0)
        return;
    usb_send_token(&self->host, PID_OUT, ADDRESS, 1);
    slip(self);
    usb_send_data(&self->host, toggle(self->outs), self->packet, self->packet_size);
    if (usb_receive(&self->host) != PID_ACK)
        return;
    self->packet_size = 0;
    self->outs++;
}

static void pull(struct bus_link *self)
{
    slip(self);
    if (usb_in(&self->host, ADDRESS, 1, true) != toggle(self->ins))
        return; /* none, or one that we have already */
    self->ins++;
    for (size_t i = 0; i < self->host.size; i++) {
        usb_must(self->put - self->taken < RING);
        self->output[self->put % RING].byte = self->host.packet[i];
        self->output[self->put++ % RING].at = self->next_frame;
    }
}

/* What a host controller does next; the bus rests if there is nothing to send. */
static void work(struct bus_link *self)
{
    const bool sends = self->input.size > 0 || self->packet_size > 0;
    if (self->host.cycle >= self->next_frame) {
        usb_send_token(&self->host, PID_SOF, 5, 0);
        self->next_frame += FRAME;
    }
    push(self);
    pull(self);
    usb_host_idle(&self->host, sends ? 2 : 200);
}

static enum sterna_status send_bus(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                   struct sterna_error *error)
{
    struct bus_link *self = (struct bus_link *)link;
    uint8_t length[2];
    (void)error;
    sterna_put_le16(length, (uint32_t)size);
    enum sterna_status status = sterna_queue_put(&self->input, length, sizeof length);
    return status == STERNA_OK ? sterna_queue_put(&self->input, bytes, size) : status;
}

static bool is_there(const struct bus_link *self)
{
    return self->taken < self->put && self->output[self->taken % RING].at <= self->host.cycle;
}

static enum sterna_status receive_bus(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                      size_t size, size_t *got, struct sterna_error *error)
{
    struct bus_link *self = (struct bus_link *)link;
    (void)error;
    for (uint64_t since = self->host.cycle;
         !is_there(self) && self->host.cycle < since + patience + 2 * FRAME;) {
        if (self->input.size > 0)
            since = self->host.cycle;
        work(self);
    }
    for (*got = 0; *got < size && is_there(self); self->taken++)
        bytes[(*got)++] = self->output[self->taken % RING].byte;
    return STERNA_OK;
}

static void wire_bus(const struct sterna_link *link, struct sterna_wire *wire)
{
    (void)link;
    *wire = (struct sterna_wire){RATE, PACKET};
}

static void close_bus(struct sterna_link *link)
{
    struct bus_link *self = (struct bus_link *)link;
    usb_small_model_free(self->host.model);
    sterna_queue_free(&self->input);
    free(self);
}

static const struct sterna_link_backend backend = {
    .name = "bus", .send = send_bus, .receive = receive_bus, .wire = wire_bus, .close = close_bus};

static struct bus_link *bus;
static struct sterna_device *device;
static struct sterna_model *network;
static struct sterna_error error;
static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];
static uint16_t inputs[STEPS];

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void enumerate(void)
{
    static const uint8_t address[8] = {0, 5, ADDRESS}, configuration[8] = {0, 9, 1};
    usb_host_reset(&bus->host);
    ck_assert_int_eq(usb_control(&bus->host, 0, address, NULL), 0);
    ck_assert_int_eq(usb_control(&bus->host, ADDRESS, configuration, NULL), 0);
}

static void setup(void)
{
    struct sterna_fixed_state state;
    uint64_t seed = 2;
    bus = calloc(1, sizeof *bus);
    ck_assert_ptr_nonnull(bus);
    bus->link.backend = &backend;
    usb_host_begin(&bus->host, usb_small_model_new(), 0.001, 0.2);
    *bus->host.model->ready = 1;
    usb_host_idle(&bus->host, 30);
    ck_assert(*bus->host.model->attach);
    enumerate();
    bus->next_frame = bus->host.cycle;
    must(sterna_device_open_link(&bus->link, &device, &error));
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
    ck_assert_str_eq(geometry.name, "small");
    ck_assert_uint_eq(geometry.weight_bytes, 65536);
    ck_assert_uint_eq(geometry.clock_khz, 48000);
    ck_assert(!*bus->host.model->led); /* there was traffic */
}
END_TEST

START_TEST(a_network_runs_over_the_bus)
{
    must(sterna_device_load(device, network, NULL, &error));
    must(sterna_device_step(device, inputs, STEPS, got[0], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
}
END_TEST

START_TEST(broken_packets_cost_no_result_and_no_repetition)
{
    bus->one_in = 10;
    must(sterna_device_load(device, network, NULL, &error));
    for (size_t i = 0; i < STEPS; i++)
        must(sterna_device_step(device, inputs + i, 1, got[i], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_gt(bus->broken, 20);
    ck_assert_uint_eq(sterna_device_repeats(device), 0); /* the bus repeats for itself */
}
END_TEST

START_TEST(the_device_goes_on_after_a_reset_of_the_bus)
{
    must(sterna_device_load(device, network, NULL, &error));
    must(sterna_device_step(device, inputs, 10, got[0], &error));
    enumerate();
    bus->outs = bus->ins = 0;
    must(sterna_device_step(device, inputs + 10, STEPS - 10, got[10], &error));
    ck_assert_mem_eq(got, expected, sizeof got);
}
END_TEST

/* Cycles that so many bytes take which mean nothing, in one transfer after the other. */
static uint64_t raw_time(size_t bytes)
{
    static uint8_t letters[1 << 15];
    const uint64_t begun = bus->host.cycle;
    memset(letters, 0x55, sizeof letters); /* which needs no stuffing */
    for (size_t done = 0; done < bytes; done += sizeof letters)
        must(send_bus(&bus->link, letters, bytes - done < sizeof letters ? bytes - done : sizeof letters,
                      &error));
    while (bus->input.size > 0 || bus->packet_size > 0)
        work(bus);
    return bus->host.cycle - begun;
}

START_TEST(a_full_model_loads_in_little_more_than_its_bytes_take)
{
    const struct sterna_model_shape shape = {STERNA_CELL_GRU, 64, 160, 1, 64};
    struct sterna_model *full = random_model_of(&shape, STERNA_FORMAT_INT4, 3);
    struct sterna_load_report report;
    ck_assert_ptr_nonnull(full);
    const uint64_t begun = bus->host.cycle;
    must(sterna_device_load(device, full, &report, &error));
    const uint64_t took = bus->host.cycle - begun;
    const uint64_t raw =
        raw_time(report.weight_bytes + 2 * (report.scales + report.biases) + report.program_bytes);
    ck_assert_uint_gt(report.weight_bytes, 50000); /* of 65536 */
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
    ck_assert_msg(took <= raw * 13 / 10, "%.3f times the raw time", (double)took / (double)raw);
    sterna_model_free(full);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("usb_small");
    TCase *tests = tcase_create("usb_small");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, the_device_introduces_itself);
    tcase_add_test(tests, a_network_runs_over_the_bus);
    tcase_add_test(tests, broken_packets_cost_no_result_and_no_repetition);
    tcase_add_test(tests, the_device_goes_on_after_a_reset_of_the_bus);
    tcase_add_test(tests, a_full_model_loads_in_little_more_than_its_bytes_take);
    suite_add_tcase(suite, tests);
    return suite;
}
