/* test_memory.c - what is written to a device's memories is there, and nothing else; a check finds one wrong byte. */
#include <string.h>

#include "../random_model.h"
#include "memory.h"
#include "protocol.h"

#include <check.h>

enum { WEIGHTS = 3000, ACTIVATIONS = 700, BEFORE = 5 };

static struct sterna_link *line;
static struct sterna_session *session;
static struct sterna_error error;
static uint8_t weights[WEIGHTS], activations[ACTIVATIONS], got[WEIGHTS + 1];

static void must(enum sterna_status status)
{
    ck_assert_msg(status == STERNA_OK, "%s", error.reason);
}

static void setup(void)
{
    uint64_t seed = 6;
    must(sterna_link_open("reference:up5k", &line, &error));
    must(sterna_session_open(line, &session, &error));
    for (size_t i = 0; i < WEIGHTS; i++)
        weights[i] = (uint8_t)random_below(&seed, 256);
    for (size_t i = 0; i < ACTIVATIONS; i++)
        activations[i] = (uint8_t)(1 + random_below(&seed, 255));
}

static void teardown(void)
{
    sterna_session_close(session);
}

static void write_both(void)
{
    const struct sterna_range range[] = {{STERNA_MEM_WEIGHTS, 0, WEIGHTS, weights},
                                         {STERNA_MEM_SCALES, 0, 0, weights},
                                         {STERNA_MEM_ACTIVATIONS, BEFORE, ACTIVATIONS, activations}};
    must(sterna_memory_write(session, range, 3, &error));
}

START_TEST(all_ranges_are_written_and_nothing_beside_them)
{
    write_both();
    must(sterna_memory_read(session, STERNA_MEM_WEIGHTS, 0, got, WEIGHTS + 1, &error));
    ck_assert_mem_eq(got, weights, WEIGHTS);
    ck_assert_uint_eq(got[WEIGHTS], 0);
    must(sterna_memory_read(session, STERNA_MEM_ACTIVATIONS, 0, got, BEFORE + ACTIVATIONS + 1, &error));
    ck_assert_mem_eq(got + BEFORE, activations, ACTIVATIONS);
    ck_assert(got[BEFORE - 1] == 0 && got[BEFORE + ACTIVATIONS] == 0);
}
END_TEST

START_TEST(a_range_without_bytes_is_zeros)
{
    const struct sterna_range zeros = {STERNA_MEM_ACTIVATIONS, BEFORE, ACTIVATIONS - 1, NULL};
    write_both();
    must(sterna_memory_write(session, &zeros, 1, &error));
    must(sterna_memory_read(session, STERNA_MEM_ACTIVATIONS, BEFORE, got, ACTIVATIONS, &error));
    for (size_t i = 0; i < ACTIVATIONS - 1; i++)
        ck_assert_uint_eq(got[i], 0);
    ck_assert_uint_eq(got[ACTIVATIONS - 1], activations[ACTIVATIONS - 1]);
}
END_TEST

START_TEST(a_check_finds_one_wrong_byte)
{
    const struct sterna_range whole = {STERNA_MEM_WEIGHTS, 0, WEIGHTS, weights};
    write_both();
    must(sterna_memory_check(session, &whole, &error));
    weights[WEIGHTS / 2] ^= 1;
    ck_assert_int_eq(sterna_memory_check(session, &whole, &error), STERNA_ERR_DEVICE);
    ck_assert_ptr_nonnull(strstr(error.reason, "the device does not hold the weights that were written"));
}
END_TEST

START_TEST(a_range_beyond_the_memory_is_refused)
{
    const struct sterna_range range = {STERNA_MEM_ACTIVATIONS, 1500, ACTIVATIONS, activations};
    ck_assert_int_eq(sterna_memory_write(session, &range, 1, &error), STERNA_ERR_DEVICE);
    ck_assert_int_eq(sterna_memory_read(session, STERNA_MEM_ACTIVATIONS, 1500, got, ACTIVATIONS, &error),
                     STERNA_ERR_DEVICE);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, all_ranges_are_written_and_nothing_beside_them);
    tcase_add_test(tests, a_range_without_bytes_is_zeros);
    tcase_add_test(tests, a_check_finds_one_wrong_byte);
    tcase_add_test(tests, a_range_beyond_the_memory_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
