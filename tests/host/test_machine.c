/* test_machine.c - the interpreter of images: any bytes end a step within the memories; sums wrap as the
 * hardware's do. (That it computes what fixed.c computes is test_pack.c's claim.) */
#include <string.h>

#include "../random_model.h"
#include "device.h"
#include "machine.h"
#include "protocol.h"

#include <check.h>

static struct sterna_machine *new_machine(void)
{
    struct sterna_machine *machine = malloc(sizeof *machine);
    ck_assert_ptr_nonnull(machine);
    ck_assert_int_eq(sterna_machine_init(machine, sterna_geometry_of("up5k")), STERNA_OK);
    return machine;
}

static void free_machine(struct sterna_machine *machine)
{
    sterna_machine_free(machine);
    free(machine);
}

/* A header whose fields make sense, mostly. */
static void random_header(uint8_t *header, uint64_t *seed)
{
    for (size_t i = 0; i < 32; i++)
        header[i] = (uint8_t)random_bits(seed);
    header[0] = (uint8_t)random_below(seed, STERNA_KINDS);
    header[1] = (uint8_t)((header[1] & 0xFE) | (random_below(seed, 4) == 0));
    header[2] = (uint8_t)(1 + random_below(seed, 3));
    header[20] = (uint8_t)(1 + random_below(seed, 4));
    header[28] = (uint8_t)random_below(seed, 4);
    header[21] = (uint8_t)(1 + random_below(seed, 8));
    header[29] = (uint8_t)(1 + random_below(seed, 8));
    if (random_below(seed, 2))
        header[23] = header[31] = 0; /* programs within their memory */
}

START_TEST(any_image_ends_its_step_within_the_memories)
{
    uint64_t seed = 1;
    struct sterna_machine *machine = new_machine();
    uint8_t bytes[64];
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < STERNA_MEMORIES; i++)
            for (size_t j = 0; j < machine->size[i]; j++)
                machine->memory[i][j] = (uint8_t)random_bits(&seed);
        for (size_t at = 0; at + 32 <= 64 * 1024 && round % 4; at += 8 * (4 + random_below(&seed, 200)))
            random_header(machine->memory[STERNA_MEM_WEIGHTS] + at, &seed);
        struct sterna_results results = {.bytes = bytes, .capacity = sizeof bytes};
        unsigned phase = machine->phase;
        sterna_machine_step(machine, &results);
        ck_assert_uint_eq(machine->phase, 1 - phase);
    }
    free_machine(machine);
}
END_TEST

START_TEST(an_empty_image_sends_nothing)
{
    struct sterna_machine *machine = new_machine();
    uint8_t bytes[64];
    struct sterna_results results = {.bytes = bytes, .capacity = sizeof bytes};
    sterna_machine_step(machine, &results);
    ck_assert_uint_eq(results.size, 0);
    free_machine(machine);
}
END_TEST

/* One output row of one block: the byte 0x80 | 1 of table 2, whose program gives entry 1 = (x_0 << 6) - x_1.
 */
START_TEST(a_byte_with_the_top_bit_subtracts_its_entry)
{
    static const uint8_t program[] = {0x80 | 7 << 3, 6 << 3, 0xC1, 0x38};
    struct sterna_machine *machine = new_machine();
    uint8_t *weights = machine->memory[STERNA_MEM_WEIGHTS];
    weights[1] = STERNA_LAYER_LAST;
    weights[2] = weights[4] = weights[6] = 1;
    weights[20] = 1;
    weights[21] = 2;
    weights[32 + 2] = 0x81;
    memcpy(machine->memory[STERNA_MEM_PROGRAMS], program, sizeof program);
    machine->memory[STERNA_MEM_ACTIVATIONS][2] = 100;           /* x_0 of lane 2 */
    machine->memory[STERNA_MEM_ACTIVATIONS][8 + 2] = 0x100 - 5; /* x_1 = -5 */
    uint8_t bytes[8];
    struct sterna_results results = {.bytes = bytes, .capacity = sizeof bytes};
    sterna_machine_step(machine, &results);
    ck_assert_uint_eq(results.size, 3);
    uint32_t expected = (uint32_t) - (100 * 64 + 5) & 0xFFFFFF;
    ck_assert_uint_eq(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16, expected);
    free_machine(machine);
}
END_TEST

START_TEST(a_header_without_rows_or_units_or_blocks_ends_the_step)
{
    static const size_t counts[] = {2, 4, 6, 20, 21};
    struct sterna_machine *machine = new_machine();
    uint8_t *weights = machine->memory[STERNA_MEM_WEIGHTS], bytes[8];
    for (size_t i = 0; i <= sizeof counts / sizeof *counts; i++) {
        memset(weights, 0, 32);
        weights[1] = STERNA_LAYER_LAST;
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++)
            weights[counts[j]] = j != i;
        struct sterna_results results = {.bytes = bytes, .capacity = sizeof bytes};
        sterna_machine_step(machine, &results);
        ck_assert_uint_eq(results.size, i < sizeof counts / sizeof *counts ? 0 : 3);
    }
    free_machine(machine);
}
END_TEST

START_TEST(clear_leaves_weights_alone_and_zeroes_the_rest)
{
    struct sterna_machine *machine = new_machine();
    for (size_t i = 0; i < STERNA_MEMORIES; i++)
        memset(machine->memory[i], 9, machine->size[i]);
    machine->phase = 1;
    sterna_machine_clear(machine);
    ck_assert_uint_eq(machine->phase, 0);
    for (size_t i = 0; i < STERNA_MEMORIES; i++)
        ck_assert_uint_eq(machine->memory[i][machine->size[i] - 1], i < STERNA_MEM_ACTIVATIONS ? 9 : 0);
    free_machine(machine);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *tests = tcase_create("machine");
    tcase_add_test(tests, any_image_ends_its_step_within_the_memories);
    tcase_add_test(tests, an_empty_image_sends_nothing);
    tcase_add_test(tests, a_byte_with_the_top_bit_subtracts_its_entry);
    tcase_add_test(tests, a_header_without_rows_or_units_or_blocks_ends_the_step);
    tcase_add_test(tests, clear_leaves_weights_alone_and_zeroes_the_rest);
    suite_add_tcase(suite, tests);
    return suite;
}
