/* test_philox.c - random numbers by counting: the published answers, and that a number depends on its name
 * alone. */
#include "philox.h"

#include <stdlib.h>

#include <check.h>

/* The known answers of Random123 (kat_vectors, philox4x32 10): zeros, ones, and digits of pi. */
static const struct {
    uint32_t counter[4], key[2], word[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
    {{0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu},
     {0xffffffffu, 0xffffffffu},
     {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
    {{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
     {0xa4093822u, 0x299f31d0u},
     {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}},
};

START_TEST(published_answers_are_reproduced)
{
    uint32_t word[4];
    sterna_philox(known[_i].counter, known[_i].key, word);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(word[i], known[_i].word[i]);
}
END_TEST

START_TEST(number_depends_on_its_index_not_on_the_way_of_asking)
{
    const struct sterna_draw draw = {.seed = 7, .step = 3, .tensor = 2};
    enum { COUNT = 700 };
    float all[COUNT], part[COUNT];
    sterna_philox_uniform(&draw, 0, COUNT, all);
    for (size_t first = 0; first < COUNT; first += 37) {
        for (size_t count = 1; count <= COUNT - first; count += 29) {
            sterna_philox_uniform(&draw, first, count, part);
            ck_assert_mem_eq(part, all + first, count * sizeof *part);
        }
    }
}
END_TEST

/* 4 k to 4 k + 3 are the words of block k, whether made one by one or many together. */
START_TEST(numbers_are_the_words_of_the_blocks)
{
    const struct sterna_draw draw = {
        .seed = UINT64_C(0x123456789abcdef0), .step = UINT64_C(0xfedcba987654321), .tensor = 77};
    const uint32_t key[2] = {0x9abcdef0u, 0x12345678u};
    enum { COUNT = 600 };
    float uniform[COUNT];
    sterna_philox_uniform(&draw, 4000, COUNT, uniform);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t counter[4] = {1000 + i / 4, 77, 0x87654321u, 0x0fedcba9u};
        uint32_t word[4];
        sterna_philox(counter, key, word);
        ck_assert(uniform[i] == (float)(word[i % 4] >> 8) / 16777216.0f);
    }
}
END_TEST

START_TEST(seed_step_and_tensor_each_change_the_numbers)
{
    const struct sterna_draw draw[4] = {{1, 1, 1}, {2, 1, 1}, {1, 2, 1}, {1, 1, 2}};
    float uniform[4][8];
    for (int i = 0; i < 4; i++)
        sterna_philox_uniform(&draw[i], 0, 8, uniform[i]);
    for (int i = 1; i < 4; i++) {
        int same = 0;
        for (int j = 0; j < 8; j++)
            same += uniform[0][j] == uniform[i][j];
        ck_assert_int_eq(same, 0);
    }
}
END_TEST

START_TEST(numbers_are_uniform_below_one)
{
    const struct sterna_draw draw = {.seed = 11, .step = 0, .tensor = 0};
    enum { COUNT = 100000, BINS = 10 };
    static float uniform[COUNT];
    int bin[BINS] = {0};
    sterna_philox_uniform(&draw, 0, COUNT, uniform);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(uniform[i] >= 0.0f && uniform[i] < 1.0f);
        bin[(int)(uniform[i] * BINS)]++;
    }
    for (int i = 0; i < BINS; i++) /* 5 standard deviations of a binomial: 5 sqrt(100000 * 0.1 * 0.9) */
        ck_assert_int_lt(abs(bin[i] - COUNT / BINS), 475);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("philox");
    TCase *tcase = tcase_create("philox");
    tcase_add_loop_test(tcase, published_answers_are_reproduced, 0, 3);
    tcase_add_test(tcase, number_depends_on_its_index_not_on_the_way_of_asking);
    tcase_add_test(tcase, numbers_are_the_words_of_the_blocks);
    tcase_add_test(tcase, seed_step_and_tensor_each_change_the_numbers);
    tcase_add_test(tcase, numbers_are_uniform_below_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
