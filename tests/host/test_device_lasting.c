/* test_device_lasting.c - a board that is unplugged at any moment: what a lasting device computes does not show it. */
#include <stdio.h>
#include <string.h>

#include "../random_model.h"
#include "device_lasting.h"
#include "driver.h"
#include "fixed.h"

#include <check.h>

enum { INPUTS = 7, HIDDEN = 12, OUTPUTS = 5, STEPS = 600, AT_ONCE = 8 };

/* A board: the software device, until so many requests have gone to it. */
struct brittle {
    struct sterna_link link;
    struct sterna_link *inner;
    long left;
};

static struct {
    long lives[8]; /* requests that the boards take, one after the other; negative: any number */
    size_t boards; /* plugged in so far */
    unsigned awaited;
    enum sterna_status refusal; /* of the next open */
    char heard[2][600];         /* the last two lines reported */
} desk;

static enum sterna_status send_brittle(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                       struct sterna_error *error)
{
    struct brittle *self = (struct brittle *)link;
    if (self->left == 0)
        return sterna_fail(error, STERNA_ERR_UNPLUGGED, "desk: the board was unplugged");
    self->left -= self->left > 0;
    return self->inner->backend->send(self->inner, bytes, size, error);
}

static enum sterna_status receive_brittle(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                          size_t size, size_t *got, struct sterna_error *error)
{
    struct brittle *self = (struct brittle *)link;
    return self->inner->backend->receive(self->inner, patience, bytes, size, got, error);
}

static void close_brittle(struct sterna_link *link)
{
    struct brittle *self = (struct brittle *)link;
    sterna_link_close(self->inner);
    free(self);
}

static const struct sterna_link_backend backend = {
    .name = "desk", .send = send_brittle, .receive = receive_brittle, .close = close_brittle};

static enum sterna_status await(const char *address, struct sterna_error *error)
{
    (void)error;
    ck_assert_str_eq(address, "desk");
    desk.awaited++;
    return STERNA_OK;
}

static enum sterna_status plug(const char *address, struct sterna_device **device, struct sterna_error *error)
{
    struct brittle *link = calloc(1, sizeof *link);
    ck_assert_str_eq(address, "desk");
    ck_assert_ptr_nonnull(link);
    if (desk.refusal != STERNA_OK) {
        free(link);
        return sterna_fail(error, desk.refusal, "desk: no");
    }
    *link = (struct brittle){.link.backend = &backend, .left = desk.lives[desk.boards++]};
    ck_assert_int_eq(sterna_link_open("reference:up5k", &link->inner, error), STERNA_OK);
    return sterna_device_open_link(&link->link, device, error);
}

static void hear(const char *line, const void *context)
{
    ck_assert_ptr_eq(context, &desk);
    memcpy(desk.heard[0], desk.heard[1], sizeof desk.heard[0]);
    (void)snprintf(desk.heard[1], sizeof desk.heard[1], "%s", line);
}

static const struct sterna_reopen reopen = {await, plug};
static const struct sterna_wait wait = {hear, &desk};
static struct sterna_device *device;
static struct sterna_model *model;
static struct sterna_error error;
static uint16_t inputs[STEPS];
static int8_t frames[STEPS][INPUTS];
static int32_t expected[STEPS][OUTPUTS], got[STEPS][OUTPUTS];

static void setup(void)
{
    uint64_t seed = 4;
    memset(&desk, 0, sizeof desk);
    for (size_t i = 0; i < 8; i++)
        desk.lives[i] = -1;
    model = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    ck_assert_ptr_nonnull(model);
    for (size_t i = 0; i < STEPS; i++) {
        inputs[i] = (uint16_t)random_below(&seed, INPUTS);
        for (size_t k = 0; k < INPUTS; k++)
            frames[i][k] = (int8_t)((int)random_below(&seed, 255) - 127);
    }
}

static void teardown(void)
{
    sterna_device_close(device);
    device = NULL;
    sterna_model_free(model);
}

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void open_device(void)
{
    must(sterna_device_lasting_new("desk", &wait, &reopen, &device, &error));
}

/* Steps on frames in the middle third, else on indices. */
static bool is_dense(size_t step)
{
    return step / (STEPS / 3) == 1;
}

static void compute_expected(void)
{
    struct sterna_fixed_state state;
    must(sterna_fixed_new(model, &state, &error));
    for (size_t i = 0; i < STEPS; i++)
        if (is_dense(i))
            sterna_fixed_step(model, &state, frames[i], expected[i]);
        else
            sterna_fixed_step_one_hot(model, &state, inputs[i], expected[i]);
    sterna_fixed_free(&state);
}

static void run_all(void)
{
    for (size_t i = 0; i < STEPS; i += AT_ONCE)
        must(is_dense(i) ? sterna_device_step_dense(device, frames[i], AT_ONCE, got[i], &error)
                         : sterna_device_step(device, inputs + i, AT_ONCE, got[i], &error));
}

/* The first board goes after _i requests, the second soon, the third late: within load, steps, snapshots, replay. */
START_TEST(results_are_those_of_an_undisturbed_run_whenever_the_board_goes)
{
    desk.lives[0] = _i;
    desk.lives[1] = 3 + _i % 25;
    desk.lives[2] = 50 + _i / 3;
    compute_expected();
    open_device();
    must(sterna_device_load(device, model, NULL, &error));
    run_all();
    ck_assert_mem_eq(got, expected, sizeof got);
    ck_assert_uint_ge(desk.awaited, 2);
    ck_assert_uint_eq(desk.boards, desk.awaited + 1);
}
END_TEST

START_TEST(snapshots_and_reset_survive_an_unplug)
{
    static uint8_t state[4096];
    open_device();
    must(sterna_device_load(device, model, NULL, &error));
    must(sterna_device_step(device, inputs, 10, got[0], &error));
    ck_assert_uint_le(sterna_device_state_bytes(device), sizeof state);
    must(sterna_device_state_get(device, state, &error));
    must(sterna_device_step(device, inputs + 10, 10, expected[0], &error));
    sterna_device_close(device);
    desk.lives[desk.boards] = 9 + _i; /* somewhere in what follows */
    open_device();
    must(sterna_device_load(device, model, NULL, &error));
    must(sterna_device_state_set(device, state, &error));
    must(sterna_device_step(device, inputs + 10, 10, got[0], &error));
    ck_assert_mem_eq(got, expected, 10 * sizeof got[0]);
    must(sterna_device_state_set(device, state, &error));
    must(sterna_device_reset(device, &error));
    must(sterna_device_step(device, inputs, 10, got[10], &error));
    must(sterna_device_reset(device, &error));
    must(sterna_device_step(device, inputs, 10, got[20], &error));
    ck_assert_mem_eq(got[10], got[20], 10 * sizeof got[0]);
    ck_assert_uint_eq(desk.awaited, 1);
}
END_TEST

START_TEST(it_says_what_it_waits_for_and_what_came_of_it)
{
    desk.lives[0] = 12;
    open_device();
    must(sterna_device_load(device, model, NULL, &error));
    must(sterna_device_step(device, inputs, STEPS, got[0], &error));
    ck_assert_str_eq(desk.heard[0], "desk: the board was unplugged; waiting for it");
    ck_assert_str_eq(desk.heard[1], "desk: the board is back; model loaded and checked, state restored");
}
END_TEST

START_TEST(any_other_failure_is_the_end)
{
    struct sterna_model *large = random_model(INPUTS, 300, 3, OUTPUTS, 2);
    ck_assert_ptr_nonnull(large);
    open_device();
    ck_assert_int_eq(sterna_device_load(device, large, NULL, &error), STERNA_ERR_FIT);
    sterna_model_free(large);
    ck_assert_uint_eq(desk.awaited, 0);
    must(sterna_device_load(device, model, NULL, &error));
    sterna_device_close(device);
    device = NULL;
    desk.refusal = STERNA_ERR_DEVICE;
    ck_assert_int_eq(sterna_device_lasting_new("desk", &wait, &reopen, &device, &error), STERNA_ERR_DEVICE);
    ck_assert_str_eq(error.reason, "desk: no");
    ck_assert_ptr_null(device);
}
END_TEST

START_TEST(without_a_report_it_is_a_plain_device)
{
    static const struct sterna_wait none = {NULL, NULL};
    must(sterna_device_open_lasting("reference", &none, &device, &error));
    sterna_device_close(device);
    must(sterna_device_open_lasting("reference:up5k", NULL, &device, &error));
    must(sterna_device_load(device, model, NULL, &error));
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("device_lasting");
    TCase *tests = tcase_create("device_lasting");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, results_are_those_of_an_undisturbed_run_whenever_the_board_goes, 0, 70);
    tcase_add_loop_test(tests, snapshots_and_reset_survive_an_unplug, 0, 12);
    tcase_add_test(tests, it_says_what_it_waits_for_and_what_came_of_it);
    tcase_add_test(tests, any_other_failure_is_the_end);
    tcase_add_test(tests, without_a_report_it_is_a_plain_device);
    suite_add_tcase(suite, tests);
    return suite;
}
