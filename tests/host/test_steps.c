/* test_steps.c - batches of steps to a software device behind a link that loses or changes one frame, whichever: the sums are those of
 * fixed.c (steps.c, pipeline.c, snapshot.c). */
#include <stdlib.h>
#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "driver.h"
#include "fixed.h"
#include "protocol.h"

#include <check.h>

enum { INPUTS = 6, HIDDEN = 10, OUTPUTS = 100, STEPS = 40, ONE = 15 /* no batch worth a snapshot */ };

enum harm { REQUEST_LOST, REQUEST_CHANGED, REPLY_LOST, REPLY_CHANGED, HARMS };

struct harmed {
    struct sterna_link link;
    struct sterna_software_device *device;
    struct sterna_queue output;
    enum harm harm;
    size_t victim;            /* frame that suffers, counted from 1; 0: none */
    size_t frames;            /* sent */
    size_t ahead, most_ahead; /* sent and nothing received since */
    bool dead;
};

static enum sterna_status send_harmed(struct sterna_link *link, const uint8_t *bytes, size_t size,
                                      struct sterna_error *error)
{
    struct harmed *self = (struct harmed *)link;
    const bool hit = ++self->frames == self->victim;
    struct sterna_queue reply = {0};
    uint8_t *frame = malloc(size);
    (void)error;
    ck_assert_ptr_nonnull(frame);
    memcpy(frame, bytes, size);
    self->most_ahead = ++self->ahead > self->most_ahead ? self->ahead : self->most_ahead;
    if (hit && self->harm == REQUEST_CHANGED)
        frame[size - 3] ^= 4; /* of the check sum, or an escape */
    if (!self->dead && !(hit && self->harm == REQUEST_LOST))
        ck_assert_int_eq(sterna_software_device_feed(self->device, frame, size, &reply), STERNA_OK);
    if (hit && self->harm == REPLY_CHANGED && reply.size > 3)
        reply.bytes[reply.first + 3] ^= 4;
    if (!(hit && self->harm == REPLY_LOST))
        ck_assert_int_eq(sterna_queue_put(&self->output, reply.bytes + reply.first, reply.size), STERNA_OK);
    sterna_queue_free(&reply);
    free(frame);
    return STERNA_OK;
}

static enum sterna_status receive_harmed(struct sterna_link *link, uint64_t patience, uint8_t *bytes,
                                         size_t size, size_t *got, struct sterna_error *error)
{
    struct harmed *self = (struct harmed *)link;
    (void)patience;
    (void)error;
    *got = sterna_queue_take(&self->output, bytes, size);
    self->ahead = 0;
    return STERNA_OK;
}

static void wire_harmed(const struct sterna_link *link, struct sterna_wire *wire)
{
    (void)link;
    *wire = (struct sterna_wire){300000, 0};
}

static void close_harmed(struct sterna_link *link)
{
    struct harmed *self = (struct harmed *)link;
    sterna_software_device_free(self->device);
    sterna_queue_free(&self->output);
}

static const struct sterna_link_backend backend = {.name = "harmed",
                                                   .send = send_harmed,
                                                   .receive = receive_harmed,
                                                   .wire = wire_harmed,
                                                   .close = close_harmed};

static struct harmed harmed;
static struct sterna_device *device;
static struct sterna_model *model;
static struct sterna_error error;
static int8_t dense[STEPS][INPUTS];
static uint16_t indices[STEPS];
static int32_t expected[2][STEPS][OUTPUTS], got[STEPS][OUTPUTS];

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void setup(void)
{
    uint64_t seed = 3;
    struct sterna_fixed_state state;
    harmed = (struct harmed){.link.backend = &backend};
    model = random_model(INPUTS, HIDDEN, 1, OUTPUTS, 2);
    ck_assert_ptr_nonnull(model);
    for (size_t i = 0; i < STEPS; i++) {
        indices[i] = (uint16_t)random_below(&seed, INPUTS);
        for (size_t k = 0; k < INPUTS; k++)
            dense[i][k] = (int8_t)((int)random_below(&seed, 255) - 127);
    }
    for (int kind = 0; kind < 2; kind++) {
        must(sterna_fixed_new(model, &state, &error));
        for (size_t i = 0; i < STEPS; i++)
            if (kind)
                sterna_fixed_step(model, &state, dense[i], expected[kind][i]);
            else
                sterna_fixed_step_one_hot(model, &state, indices[i], expected[kind][i]);
        sterna_fixed_free(&state);
    }
    must(sterna_software_device_new(sterna_geometry_of("up5k"), &harmed.device));
    must(sterna_device_open_link(&harmed.link, &device, &error));
    must(sterna_device_load(device, model, NULL, &error));
}

static void teardown(void)
{
    sterna_device_close(device);
    sterna_model_free(model);
}

/* From a state of zero; the counts start afresh. */
static void run(int kind, size_t count)
{
    memset(got, 0x55, sizeof got);
    must(sterna_device_reset(device, &error));
    harmed.frames = harmed.ahead = harmed.most_ahead = 0;
    must(kind ? sterna_device_step_dense(device, dense[0], count, got[0], &error)
              : sterna_device_step(device, indices, count, got[0], &error));
    ck_assert_mem_eq(got, expected[kind], count * sizeof got[0]);
}

START_TEST(two_frames_of_a_batch_are_under_way)
{
    run(_i, STEPS);
    ck_assert_uint_eq(harmed.most_ahead, 2);
    ck_assert_uint_eq(sterna_device_repeats(device), 0);
}
END_TEST

START_TEST(a_few_frames_go_one_by_one)
{
    run(_i, ONE);
    ck_assert_uint_eq(harmed.frames, ONE);
    ck_assert_uint_eq(harmed.most_ahead, 1);
}
END_TEST

/* All of them: of the snapshot, the first and the last of the steps. */
START_TEST(any_frame_may_be_lost_or_changed)
{
    run(_i, STEPS);
    for (size_t victim = harmed.frames; victim > 0; victim--)
        for (int harm = 0; harm < HARMS; harm++) {
            const uint64_t repeats = sterna_device_repeats(device);
            must(sterna_device_reset(device, &error));
            harmed.harm = (enum harm)harm;
            harmed.victim = victim;
            run(_i, STEPS);
            harmed.victim = 0;
            ck_assert_uint_gt(sterna_device_repeats(device), repeats);
        }
}
END_TEST

START_TEST(a_device_that_falls_silent_is_a_time_out)
{
    harmed.dead = true;
    ck_assert_int_eq(sterna_device_step(device, indices, STEPS, got[0], &error), STERNA_ERR_TIMEOUT);
    harmed.dead = false;
    run(0, STEPS);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("steps");
    TCase *tests = tcase_create("steps");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, two_frames_of_a_batch_are_under_way, 0, 2);
    tcase_add_loop_test(tests, a_few_frames_go_one_by_one, 0, 2);
    tcase_add_loop_test(tests, any_frame_may_be_lost_or_changed, 0, 2);
    tcase_add_test(tests, a_device_that_falls_silent_is_a_time_out);
    suite_add_tcase(suite, tests);
    return suite;
}
