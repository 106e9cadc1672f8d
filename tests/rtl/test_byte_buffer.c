/* test_byte_buffer.c - hw/rtl/byte_buffer.v against an array. */
#include "byte_buffer_model.h"
#include "seeded.h"

#include <check.h>

enum { BYTES = 512 };

static struct byte_buffer_model *model;

static void setup(void)
{
    model = byte_buffer_model_new();
}

static void teardown(void)
{
    byte_buffer_model_free(model);
}

static void write_byte(unsigned index, uint8_t data)
{
    *model->write = 1;
    *model->write_index = (uint16_t)index;
    *model->write_data = data;
    *model->read = 0;
    byte_buffer_model_tick(model);
    *model->write = 0;
}

static uint8_t read_byte(unsigned index)
{
    *model->read = 1;
    *model->read_index = (uint16_t)index;
    byte_buffer_model_tick(model);
    *model->read = 0;
    return *model->read_data;
}

START_TEST(every_byte_is_kept_apart)
{
    for (unsigned i = 0; i < BYTES; i++)
        write_byte(i, (uint8_t)(i ^ i >> 8));
    for (unsigned i = BYTES; i-- > 0;)
        ck_assert_uint_eq(read_byte(i), (uint8_t)(i ^ i >> 8));
}
END_TEST

START_TEST(a_byte_read_while_it_is_written_is_neither_the_old_nor_the_new_one)
{
    static const unsigned indices[] = {0, 1, 255, 256, BYTES - 1};
    for (unsigned i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        write_byte(indices[i], 0x3C);
        *model->write = 1;
        *model->write_data = 0x5A;
        const uint8_t read = read_byte(indices[i]);
        ck_assert_uint_ne(read, 0x3C);
        ck_assert_uint_ne(read, 0x5A);
        *model->write = 0;
        ck_assert_uint_eq(read_byte(indices[i]), 0x5A);
    }
}
END_TEST

/* Any share of writes and reads, on all bytes and on a few, where they meet often. */
START_TEST(random_reads_give_the_bytes_of_the_array_and_are_held)
{
    struct seeded random = {31};
    uint8_t memory[BYTES];
    for (unsigned i = 0; i < BYTES; i++) {
        memory[i] = seeded_byte(&random);
        write_byte(i, memory[i]);
    }
    uint8_t expected = read_byte(0);
    for (unsigned i = 0; i < 200000; i++) {
        unsigned percent = i / 1000 % 5 * 25, range = i / 5000 % 2 ? 4 : BYTES;
        *model->write = seeded_percent(&random, percent);
        *model->write_index = (uint16_t)(BYTES - 1 - seeded_below(&random, range));
        *model->write_data = seeded_byte(&random);
        *model->read = seeded_percent(&random, 60);
        *model->read_index = (uint16_t)(BYTES - 1 - seeded_below(&random, range));
        if (*model->read)
            expected = *model->write && *model->write_index == *model->read_index
                           ? (uint8_t)~memory[*model->read_index]
                           : memory[*model->read_index];
        if (*model->write)
            memory[*model->write_index] = *model->write_data;
        byte_buffer_model_tick(model);
        ck_assert_uint_eq(*model->read_data, expected);
    }
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("byte_buffer");
    TCase *tests = tcase_create("byte_buffer");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_byte_is_kept_apart);
    tcase_add_test(tests, a_byte_read_while_it_is_written_is_neither_the_old_nor_the_new_one);
    tcase_add_test(tests, random_reads_give_the_bytes_of_the_array_and_are_held);
    suite_add_tcase(suite, tests);
    return suite;
}
