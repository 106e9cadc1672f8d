/* test_network.c - hw/rtl/network.v against the contract's own walk (network_reference.h): results, state and
 * activations of random small networks over many steps. */
#include <stdio.h>

#include "network_model.h"
#include "network_reference.h"

#include <check.h>

enum { STEP_CYCLES = 200000 };

/* The network in hardware, and what its last step was seen to do. */
struct device {
    struct network_model *model;
    struct seeded random;
    unsigned stall_percent;
    uint8_t results[NET_RESULTS];
    size_t result_bytes;
    unsigned cycles, streaming, build_wait, gate_wait;
};

/* One clock cycle; the result stream is taken at random, and must hold its byte until it is taken. */
static void device_tick(struct device *device)
{
    struct network_model *model = device->model;
    *model->m_ready = !seeded_percent(&device->random, device->stall_percent);
    network_model_eval(model);
    bool stalled = *model->m_valid && !*model->m_ready;
    uint8_t byte = *model->m_data;
    if (*model->m_valid && *model->m_ready) {
        ck_assert_uint_lt(device->result_bytes, NET_RESULTS);
        device->results[device->result_bytes++] = byte;
    }
    device->streaming += *model->event_streaming;
    device->build_wait += *model->event_build_wait;
    device->gate_wait += *model->event_gate_wait;
    device->cycles++;
    bool reset = *model->rst;
    network_model_tick(model);
    if (stalled && !reset) {
        ck_assert(*model->m_valid);
        ck_assert_uint_eq(*model->m_data, byte);
    }
}

static void device_reset(struct device *device)
{
    *device->model->rst = 1;
    device_tick(device);
    *device->model->rst = 0;
}

static struct device *device_new(uint32_t seed)
{
    struct device *device = calloc(1, sizeof *device);
    ck_assert_ptr_nonnull(device);
    device->model = network_model_new();
    device->random.state = seed;
    ck_assert_ptr_nonnull(device->model);
    device_reset(device);
    return device;
}

static void device_free(struct device *device)
{
    network_model_free(device->model);
    free(device);
}

static void device_write(struct device *device, unsigned memory, unsigned address, uint8_t byte)
{
    *device->model->mem_select = (uint8_t)memory;
    *device->model->mem_address = address;
    *device->model->mem_wdata = byte;
    *device->model->mem_write = 1;
    device_tick(device);
    *device->model->mem_write = 0;
}

static uint8_t device_read(struct device *device, unsigned memory, unsigned address)
{
    *device->model->mem_select = (uint8_t)memory;
    *device->model->mem_address = address;
    *device->model->mem_read = 1;
    device_tick(device);
    *device->model->mem_read = 0;
    *device->model->mem_select = 7; /* the address need not be held */
    *device->model->mem_address = 0xFFFFF;
    for (unsigned i = 0; i < 8 && !*device->model->mem_rvalid; i++)
        device_tick(device);
    ck_assert(*device->model->mem_rvalid);
    return *device->model->mem_rdata;
}

static void device_write_all(struct device *device, unsigned memory, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        device_write(device, memory, (unsigned)i, ((const uint8_t *)bytes)[i]);
}

static void device_check_all(struct device *device, unsigned memory, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ck_assert_msg(device_read(device, memory, (unsigned)i) == ((const uint8_t *)bytes)[i],
                      "memory %u byte %zu", memory, i);
}

static void device_load(struct device *device, const struct net *net)
{
    device_write_all(device, STERNA_MEM_WEIGHTS, net->weights, net->weight_bytes);
    device_write_all(device, STERNA_MEM_PROGRAMS, net->programs, net->program_bytes);
    device_write_all(device, STERNA_MEM_SCALES, net->scale, 2 * net->scales);
    device_write_all(device, STERNA_MEM_BIASES, net->bias, 2 * net->biases);
    device_write_all(device, STERNA_MEM_STATE, net->state, 2 * net->states);
    device_write_all(device, STERNA_MEM_ACTIVATIONS, net->activation, NET_ACTIVATIONS);
}

static void device_wait(struct device *device)
{
    for (unsigned i = 0; *device->model->busy; i++) {
        ck_assert_uint_lt(i, STEP_CYCLES);
        device_tick(device);
        ck_assert(!*device->model->step_done || !*device->model->busy);
    }
}

static void device_step(struct device *device, bool emit)
{
    device->result_bytes = 0;
    device->cycles = device->streaming = device->build_wait = device->gate_wait = 0;
    *device->model->step_emit = emit;
    *device->model->step_start = 1;
    device_tick(device);
    *device->model->step_start = 0;
    *device->model->step_emit = !emit;
    device_wait(device);
    ck_assert(*device->model->step_done);
    device_tick(device);
    ck_assert(!*device->model->step_done);
}

static void clear_device(struct device *device)
{
    *device->model->clear = 1;
    device_tick(device);
    *device->model->clear = 0;
    ck_assert(*device->model->busy);
    device_wait(device);
}

static void random_input(struct device *device, struct net *net, unsigned columns, struct seeded *random)
{
    for (unsigned i = 0; i < columns; i++) {
        net->activation[i] = (int8_t)((int)seeded_below(random, 255) - 127);
        device_write(device, STERNA_MEM_ACTIVATIONS, i, (uint8_t)net->activation[i]);
    }
}

static void check_step(struct device *device, struct net *net, bool emit)
{
    device_step(device, emit);
    net_step(net);
    ck_assert_uint_eq(device->result_bytes, emit ? net->result_bytes : 0);
    ck_assert_mem_eq(device->results, net->results, device->result_bytes);
    ck_assert_uint_eq(device->streaming, net->rows);
    ck_assert_uint_eq(*device->model->phase, net->phase);
}

/* One GRU or two, and an output layer; everything else at random. */
struct sizes {
    unsigned inputs, layers, tiles, units_full, units_last, output_tiles, outputs_full, outputs_last;
};

static struct net *make_net(const struct sizes *sizes, struct seeded *random)
{
    struct net *net = calloc(1, sizeof *net);
    ck_assert_ptr_nonnull(net);
    net_make_programs(net, random);
    net->free_word = 64;
    for (unsigned k = 0; k <= sizes->layers; k++) {
        bool output = k == sizes->layers;
        struct net_layer *layer = &net->layer[k];
        layer->tiles = output ? sizes->output_tiles : sizes->tiles;
        layer->units_full = output ? sizes->outputs_full : sizes->units_full;
        layer->units_last = output ? sizes->outputs_last : sizes->units_last;
        if (output)
            net_add_output(net, random);
        else
            net_add_gru(net, k ? layer - 1 : NULL, k ? net_all_units(layer - 1) : sizes->inputs, random);
    }
    ck_assert_uint_le(net->weight_bytes, NET_WEIGHTS);
    ck_assert_uint_le(net->free_word, NET_ACTIVATIONS / 8);
    for (unsigned i = 0; i < NET_ACTIVATIONS;
         i++) /* also beyond the vectors: padding is summed like the rest */
        net->activation[i] = (int8_t)((int)seeded_below(random, 255) - 127);
    for (unsigned i = 0; i < net->states; i++)
        net->state[i] = (int16_t)((int)seeded_below(random, 65535) - 32767);
    return net;
}

static void check_net(const struct sizes *sizes, unsigned steps, uint32_t seed)
{
    struct device *device = device_new(seed);
    struct net *net = make_net(sizes, &device->random);
    device_load(device, net);
    for (unsigned step = 0; step < steps; step++) {
        device->stall_percent = seeded_below(&device->random, 3) * 40;
        random_input(device, net, sizes->inputs, &device->random);
        check_step(device, net, !seeded_percent(&device->random, 20));
    }
    device_check_all(device, STERNA_MEM_STATE, net->state, 2 * net->states);
    device_check_all(device, STERNA_MEM_ACTIVATIONS, net->activation, NET_ACTIVATIONS);
    device_check_all(device, STERNA_MEM_WEIGHTS, net->weights, net->weight_bytes);
    free(net);
    device_free(device);
}

/* Rows of 1 to 42 units: every parity, the shortest blocks, uneven last tiles, one and two layers. */
static const struct sizes shapes[] = {
    {3, 1, 1, 1, 1, 1, 1, 1},     {9, 1, 3, 1, 1, 3, 1, 1},    {40, 1, 2, 42, 7, 1, 73, 73},
    {73, 1, 3, 21, 1, 2, 128, 9}, {17, 2, 2, 5, 3, 2, 11, 2},  {1, 2, 1, 42, 42, 1, 255, 255},
    {65, 2, 5, 2, 2, 4, 2, 1},    {30, 2, 3, 13, 12, 3, 3, 3}, {100, 1, 4, 30, 30, 7, 1, 2},
};

START_TEST(steps_match_the_reference)
{
    check_net(&shapes[_i], 12, (uint32_t)_i + 1);
}
END_TEST

START_TEST(random_networks_match_the_reference)
{
    struct seeded random = {(uint32_t)_i + 1000};
    unsigned tiles = 1 + seeded_below(&random, 4), full = 1 + seeded_below(&random, 42 / tiles + 8);
    unsigned outputs = 1 + seeded_below(&random, 100);
    struct sizes sizes = {1 + seeded_below(&random, 120),
                          1 + seeded_below(&random, 2),
                          tiles,
                          full,
                          1 + seeded_below(&random, full),
                          1 + seeded_below(&random, 3),
                          outputs,
                          1 + seeded_below(&random, outputs)};
    check_net(&sizes, 8, (uint32_t)_i + 77);
}
END_TEST

START_TEST(clearing_leaves_a_fresh_network)
{
    struct device *device = device_new(5);
    struct net *net = make_net(&shapes[4], &device->random);
    device_load(device, net);
    check_step(device, net, true);
    clear_device(device);
    memset(net->activation, 0, sizeof net->activation);
    memset(net->state, 0, sizeof net->state);
    net->phase = 0;
    device_check_all(device, STERNA_MEM_STATE, net->state, sizeof net->state);
    device_check_all(device, STERNA_MEM_ACTIVATIONS, net->activation, NET_ACTIVATIONS);
    check_step(device, net, true);
    check_step(device, net, true);
    free(net);
    device_free(device);
}
END_TEST

START_TEST(the_phase_can_be_set)
{
    struct device *device = device_new(6);
    struct net *net = make_net(&shapes[4], &device->random);
    device_load(device, net);
    for (unsigned i = 0; i < 6; i++) {
        net->phase = i % 3 == 0;
        *device->model->phase_write = 1;
        *device->model->phase_wdata = (uint8_t)net->phase;
        device_tick(device);
        *device->model->phase_write = 0;
        check_step(device, net, true);
    }
    free(net);
    device_free(device);
}
END_TEST

/* Reload what a step may have changed; everything else must have kept its contents. */
static void check_recovery(struct device *device, struct net *net)
{
    device_reset(device);
    ck_assert(!*device->model->busy);
    ck_assert(!*device->model->m_valid);
    net->phase = 0;
    device_write_all(device, STERNA_MEM_STATE, net->state, 2 * net->states);
    device_write_all(device, STERNA_MEM_ACTIVATIONS, net->activation, NET_ACTIVATIONS);
    check_step(device, net, true);
}

START_TEST(reset_stops_a_step_anywhere)
{
    struct device *device = device_new(8);
    struct net *net = make_net(&shapes[7], &device->random);
    device_load(device, net);
    for (unsigned i = 0; i < 300; i++) {
        device->stall_percent = 50;
        *device->model->step_emit = 1;
        *device->model->step_start = 1;
        device_tick(device);
        *device->model->step_start = 0;
        for (unsigned cycles = seeded_below(&device->random, 4000); cycles > 0 && *device->model->busy;
             cycles--)
            device_tick(device);
        check_recovery(device, net);
    }
    free(net);
    device_free(device);
}
END_TEST

START_TEST(reset_recovers_from_any_header)
{
    struct device *device = device_new(9);
    struct net *net = make_net(&shapes[4], &device->random);
    device_load(device, net);
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned byte = 0; byte < 64; byte++)
            device_write(device, STERNA_MEM_WEIGHTS, byte,
                         byte == 0 && i % 2 ? 1 : seeded_byte(&device->random));
        *device->model->step_start = 1;
        device_tick(device);
        *device->model->step_start = 0;
        for (unsigned cycles = 0; cycles < 3000; cycles++)
            device_tick(device);
        device_reset(device);
        device_write_all(device, STERNA_MEM_WEIGHTS, net->weights, 64);
        check_recovery(device, net);
    }
    free(net);
    device_free(device);
}
END_TEST

static bool all_ternary(const struct net *net)
{
    for (unsigned k = 0; k < net->layers; k++)
        for (unsigned p = 0; p < 2; p++)
            if (net->layer[k].part[p].blocks && net->layer[k].part[p].program != &net->program[0])
                return false;
    return true;
}

/* Whole tiles of ternary rows: after a layer's first tables, every block's are built behind the rows of the
 * block before, and nothing else costs time but the gates of each layer's last tile and its header. */
START_TEST(full_ternary_tiles_hide_their_builds)
{
    struct device *device = device_new(10);
    struct sizes sizes = {80, 1, 3, 42, 42, 1, 126, 126};
    struct net *net = make_net(&sizes, &device->random);
    while (!all_ternary(net)) {
        free(net);
        net = make_net(&sizes, &device->random);
    }
    device_load(device, net);
    check_step(device, net, true);
    ck_assert_uint_le(device->build_wait, 2 * 130);
    ck_assert_uint_le(device->gate_wait, 42 * 12 + 60 + 4 * 126 + 20);
    ck_assert_uint_le(device->cycles, net->rows + device->build_wait + device->gate_wait + 2 * 12);
    free(net);
    device_free(device);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, steps_match_the_reference, 0, (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_loop_test(tests, random_networks_match_the_reference, 0, 30);
    tcase_add_test(tests, clearing_leaves_a_fresh_network);
    tcase_add_test(tests, the_phase_can_be_set);
    tcase_add_test(tests, reset_stops_a_step_anywhere);
    tcase_add_test(tests, reset_recovers_from_any_header);
    tcase_add_test(tests, full_ternary_tiles_hide_their_builds);
    suite_add_tcase(suite, tests);
    return suite;
}
