/* test_program.c - running a program as the table builders do gives each byte the weights that it codes. */
#include <string.h>

#include "program.h"

#include <check.h>

enum { ENTRIES = 128, TRITS = 5, VECTORS = 243 };

/* Entries as coefficients of x: what the hardware sums, symbolically. Returns how many the program writes. */
static size_t expand(const struct sterna_program *program, int entry[ENTRIES][STERNA_PROGRAM_ELEMENTS])
{
    int sum[STERNA_PROGRAM_ELEMENTS] = {0};
    size_t next = 0;
    for (size_t i = 0; i < program->size; i++) {
        unsigned step = program->step[i], k = step >> 3 & 7, j = step & 7;
        if (k != 7)
            sum[j] += (step & 0x40 ? -1 : 1) * (1 << k);
        else if (!(step & 0x80))
            break;
        if (step & 0x80) {
            ck_assert_uint_lt(next, ENTRIES);
            memcpy(entry[next++], sum, sizeof sum);
        }
    }
    return next;
}

START_TEST(programs_are_long_enough_and_end)
{
    for (unsigned format = 0; format <= STERNA_FORMAT_POW2; format++) {
        struct sterna_program program;
        sterna_program_make((enum sterna_format)format, &program);
        ck_assert_uint_ge(program.size, 9);
        ck_assert_uint_le(program.size, STERNA_PROGRAM_MAX);
        for (size_t i = 0; i + 1 < program.size; i++)
            ck_assert((program.step[i] & 0xB8) != 0x38);
        ck_assert_uint_eq(program.step[program.size - 1] & 0xB8, 0x38);
        ck_assert_uint_ge(program.elements, 1);
        ck_assert_uint_le(program.elements, 8);
    }
}
END_TEST

START_TEST(every_ternary_byte_names_the_sum_of_its_weights)
{
    struct sterna_program program;
    sterna_program_make(STERNA_FORMAT_TERNARY, &program);
    ck_assert_uint_eq(program.elements, TRITS);
    int entry[ENTRIES][STERNA_PROGRAM_ELEMENTS];
    ck_assert_uint_eq(expand(&program, entry), 122);
    ck_assert_uint_eq(program.entries, 122);
    bool used[256] = {false};
    for (int vector = 0; vector < VECTORS; vector++) {
        int8_t weights[TRITS];
        for (int j = 0, rest = vector; j < TRITS; j++, rest /= 3)
            weights[j] = (int8_t)(rest % 3 - 1);
        uint8_t byte = sterna_program_code(STERNA_FORMAT_TERNARY, weights);
        ck_assert(!used[byte]);
        used[byte] = true;
        int sign = byte & 0x80 ? -1 : 1;
        for (size_t j = 0; j < STERNA_PROGRAM_ELEMENTS; j++)
            ck_assert_int_eq(sign * entry[byte & 0x7F][j], j < TRITS ? weights[j] : 0);
    }
}
END_TEST

START_TEST(every_pow2_byte_names_the_sum_of_its_weights)
{
    static const int8_t level[15] = {-64, -32, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32, 64};
    struct sterna_program program;
    sterna_program_make(STERNA_FORMAT_POW2, &program);
    ck_assert_uint_eq(program.elements, 2);
    int entry[ENTRIES][STERNA_PROGRAM_ELEMENTS];
    ck_assert_uint_eq(expand(&program, entry), 113);
    bool used[256] = {false};
    for (int a = 0; a < 15; a++) {
        for (int b = 0; b < 15; b++) {
            const int8_t weights[2] = {level[a], level[b]};
            uint8_t byte = sterna_program_code(STERNA_FORMAT_POW2, weights);
            ck_assert(!used[byte]);
            used[byte] = true;
            int sign = byte & 0x80 ? -1 : 1;
            for (size_t j = 0; j < STERNA_PROGRAM_ELEMENTS; j++)
                ck_assert_int_eq(sign * entry[byte & 0x7F][j], j < 2 ? weights[j] : 0);
        }
    }
}
END_TEST

START_TEST(zero_weights_are_byte_zero)
{
    const int8_t zero[STERNA_PROGRAM_ELEMENTS] = {0};
    for (unsigned format = 0; format <= STERNA_FORMAT_POW2; format++)
        ck_assert_uint_eq(sterna_program_code((enum sterna_format)format, zero), 0);
}
END_TEST

START_TEST(ternary_sums_reach_five_times_127)
{
    struct sterna_program program;
    sterna_program_make(STERNA_FORMAT_TERNARY, &program);
    ck_assert_uint_eq(sterna_program_reach(&program), 635);
}
END_TEST

START_TEST(reach_counts_shifts_and_the_largest_on_the_way)
{
    /* T = x0 * 64, then T = 64 x0 - 2 x1, then T = 63 x0 - 2 x1, of which the second is largest. */
    struct sterna_program program = {.step = {0x80 | 6 << 3, 0xC0 | 1 << 3 | 1, 0xC0, STERNA_STEP_END},
                                     .size = 4};
    ck_assert_uint_eq(sterna_program_reach(&program), 66 * 127);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("program");
    TCase *tests = tcase_create("program");
    tcase_add_test(tests, programs_are_long_enough_and_end);
    tcase_add_test(tests, every_ternary_byte_names_the_sum_of_its_weights);
    tcase_add_test(tests, every_pow2_byte_names_the_sum_of_its_weights);
    tcase_add_test(tests, zero_weights_are_byte_zero);
    tcase_add_test(tests, ternary_sums_reach_five_times_127);
    tcase_add_test(tests, reach_counts_shifts_and_the_largest_on_the_way);
    suite_add_tcase(suite, tests);
    return suite;
}
