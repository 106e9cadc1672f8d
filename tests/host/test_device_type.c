/* test_device_type.c - an address names a device; what is wrong with a request is found before a device sees it. */
#include <string.h>

#include "../random_model.h"
#include "device_type.h"
#include "driver.h"

#include <check.h>

enum { INPUTS = 7, HIDDEN = 5, OUTPUTS = 3 };

static struct sterna_device *device;
static struct sterna_error error;

static void open_device(const char *address)
{
    ck_assert_msg(sterna_device_open(address, &device, &error) == STERNA_OK, "%s", error.reason);
}

static const char *name(void)
{
    static struct sterna_geometry geometry;
    sterna_device_geometry(device, &geometry);
    return geometry.name;
}

START_TEST(addresses_name_devices)
{
    open_device("reference");
    ck_assert_ptr_eq(device->type, &sterna_device_fixed);
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
    sterna_device_close(device);
    open_device("fast");
    ck_assert_ptr_eq(device->type, &sterna_device_fast);
    sterna_device_close(device);
    open_device(NULL);
    ck_assert_ptr_eq(device->type, &sterna_device_fixed);
    ck_assert_str_eq(name(), "any");
    sterna_device_close(device);
    open_device("reference:up5k");
    ck_assert_str_eq(name(), "up5k");
    sterna_device_close(device);
    device = NULL;
    ck_assert_int_eq(sterna_device_open("referenz", &device, &error), STERNA_ERR_MISSING);
    ck_assert_str_eq(error.reason,
                     "there is no device \"referenz\"; this program knows: reference, usb, fast");
    ck_assert_ptr_null(device);
    sterna_device_close(NULL);
}
END_TEST

/* As do the devices in this process. */
START_TEST(the_engine_takes_every_cell_and_format)
{
    static const char *const addresses[] = {"reference:up5k", "reference", "fast"};
    for (int i = 0; i < STERNA_CELLS * STERNA_FORMATS * 3; i++) {
        const struct sterna_model_shape shape = {(enum sterna_cell)(i / 3 % STERNA_CELLS), INPUTS, HIDDEN, 1,
                                                 OUTPUTS};
        struct sterna_model *model = random_model_of(&shape, (enum sterna_format)(i / 3 / STERNA_CELLS), 3);
        ck_assert_ptr_nonnull(model);
        open_device(addresses[i % 3]);
        ck_assert_msg(sterna_device_load(device, model, NULL, &error) == STERNA_OK, "%s", error.reason);
        sterna_device_close(device);
        sterna_model_free(model);
    }
    device = NULL;
}
END_TEST

START_TEST(bad_inputs_never_reach_the_device)
{
    static const struct sterna_device_type type = {.step = NULL,
                                                   .step_dense = NULL}; /* a step would be the end */
    struct sterna_model *model = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 1);
    struct sterna_device idle = {.type = &type};
    uint16_t index[3] = {0, 6, 0};
    int8_t dense[3 * INPUTS] = {0};
    int32_t sums[3 * OUTPUTS];
    ck_assert_int_eq(sterna_device_step(&idle, index, 1, sums, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "no model is loaded on the device");
    ck_assert_int_eq(sterna_device_step_dense(&idle, dense, 1, sums, &error), STERNA_ERR_RANGE);
    ck_assert_uint_eq(sterna_device_state_bytes(&idle), 0);
    ck_assert_uint_eq(sterna_device_simulated_cycles(&idle), 0);
    idle.model = model;
    index[2] = INPUTS;
    ck_assert_int_eq(sterna_device_step(&idle, index, 3, sums, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "input 2 is index 7, the model has 7 inputs");
    dense[2 * INPUTS + 3] = -128;
    ck_assert_int_eq(sterna_device_step_dense(&idle, dense, 3, sums, &error), STERNA_ERR_RANGE);
    ck_assert_str_eq(error.reason, "input 3 of step 2 is -128; activations are -127..127");
    sterna_model_free(model);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("device_type");
    TCase *tests = tcase_create("device_type");
    tcase_add_test(tests, addresses_name_devices);
    tcase_add_test(tests, the_engine_takes_every_cell_and_format);
    tcase_add_test(tests, bad_inputs_never_reach_the_device);
    suite_add_tcase(suite, tests);
    return suite;
}
