/* test_program.c - running a program as the table builders do gives each byte the weights that it codes. */
#include <string.h>

#include "program.h"

#include <check.h>

enum { ENTRIES = 128, VECTORS = 256, VALUES = 255 };

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
    for (unsigned format = 0; format < STERNA_FORMATS; format++) {
        for (size_t n = 1; n <= sterna_program_most((enum sterna_format)format); n++) {
            struct sterna_program program;
            sterna_program_make((enum sterna_format)format, n, &program);
            ck_assert_uint_ge(program.size, 9);
            ck_assert_uint_le(program.size, STERNA_PROGRAM_MAX);
            for (size_t i = 0; i + 1 < program.size; i++)
                ck_assert((program.step[i] & 0xB8) != 0x38);
            ck_assert_uint_eq(program.step[program.size - 1] & 0xB8, 0x38);
            ck_assert_uint_eq(program.elements, n);
        }
    }
}
END_TEST

/* Bytes of the full programs, as hw/README.md gives them. */
START_TEST(programs_are_as_long_as_the_contract_says)
{
    static const struct {
        enum sterna_format format;
        size_t most, size, entries;
    } said[] = {{STERNA_FORMAT_TERNARY, 5, 123, 122},
                {STERNA_FORMAT_POW2, 2, 114, 113},
                {STERNA_FORMAT_BINARY, 8, 136, 128},
                {STERNA_FORMAT_INT4, 2, 114, 113},
                {STERNA_FORMAT_INT8, 1, 129, 128}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct sterna_program program;
        ck_assert_uint_eq(sterna_program_most(said[i].format), said[i].most);
        sterna_program_make(said[i].format, said[i].most, &program);
        ck_assert_uint_eq(program.size, said[i].size);
        ck_assert_uint_eq(program.entries, said[i].entries);
    }
}
END_TEST

/* The values that a weight of the format can have. */
static size_t values_of(enum sterna_format format, int8_t *value)
{
    size_t values = 0;
    for (int code = -127; code <= 127; code++)
        if (sterna_format_has(format, code))
            value[values++] = (int8_t)code;
    return values;
}

/* Every vector of n weights has a byte of its own, which names their sum. */
static void check_bytes(enum sterna_format format, size_t n)
{
    struct sterna_program program;
    int entry[ENTRIES][STERNA_PROGRAM_ELEMENTS];
    bool used[256] = {false};
    int8_t value[VALUES];
    size_t values = values_of(format, value), vectors = 1;
    sterna_program_make(format, n, &program);
    ck_assert_uint_eq(expand(&program, entry), program.entries);
    for (size_t j = 0; j < n; j++)
        vectors *= values;
    ck_assert_uint_le(vectors, VECTORS);
    for (size_t vector = 0; vector < vectors; vector++) {
        int8_t weights[STERNA_PROGRAM_ELEMENTS] = {0};
        for (size_t j = 0, rest = vector; j < n; j++, rest /= values)
            weights[j] = value[rest % values];
        uint8_t byte = sterna_program_code(format, n, weights);
        ck_assert(!used[byte]);
        used[byte] = true;
        ck_assert_uint_lt(byte & 0x7F, program.entries);
        for (size_t j = 0; j < STERNA_PROGRAM_ELEMENTS; j++)
            ck_assert_int_eq((byte & 0x80 ? -1 : 1) * entry[byte & 0x7F][j], weights[j]);
    }
}

START_TEST(every_byte_names_the_sum_of_its_weights)
{
    for (unsigned format = 0; format < STERNA_FORMATS; format++)
        for (size_t n = 1; n <= sterna_program_most((enum sterna_format)format); n++)
            check_bytes((enum sterna_format)format, n);
}
END_TEST

START_TEST(zero_weights_are_byte_zero)
{
    const int8_t zero[STERNA_PROGRAM_ELEMENTS] = {0};
    for (unsigned format = 0; format < STERNA_FORMATS; format++)
        for (size_t n = 1; n <= sterna_program_most((enum sterna_format)format); n++)
            ck_assert_uint_eq(sterna_program_code((enum sterna_format)format, n, zero), 0);
}
END_TEST

START_TEST(sums_reach_what_their_weights_can_sum_to)
{
    static const uint64_t reach[STERNA_FORMATS] = {[STERNA_FORMAT_TERNARY] = 5 * 127,
                                                   [STERNA_FORMAT_POW2] = 128 * 127,
                                                   [STERNA_FORMAT_BINARY] = 8 * 127,
                                                   [STERNA_FORMAT_INT4] = 14 * 127,
                                                   [STERNA_FORMAT_INT8] = 127 * 127};
    for (unsigned format = 0; format < STERNA_FORMATS; format++) {
        struct sterna_program program;
        if (sterna_program_most((enum sterna_format)format) == 0) /* codebook: test_program_codebook.c */
            continue;
        sterna_program_make((enum sterna_format)format, sterna_program_most((enum sterna_format)format),
                            &program);
        ck_assert_uint_eq(sterna_program_reach(&program), reach[format]);
    }
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
    tcase_add_test(tests, programs_are_as_long_as_the_contract_says);
    tcase_add_test(tests, every_byte_names_the_sum_of_its_weights);
    tcase_add_test(tests, zero_weights_are_byte_zero);
    tcase_add_test(tests, sums_reach_what_their_weights_can_sum_to);
    tcase_add_test(tests, reach_counts_shifts_and_the_largest_on_the_way);
    suite_add_tcase(suite, tests);
    return suite;
}
