/* test_row_sender.c - hw/rtl/row_sender.v against a bank of rows, read in every other cycle and sent to a
 * stalling stream. */
#include "row_sender_model.h"
#include "seeded.h"

#include <check.h>

enum { BANK = 256, UNSTALLED = 5 };

/* Send `rows` rows; returns the cycles it took. */
static unsigned check_bank(struct row_sender_model *model, struct seeded *random, unsigned rows,
                           unsigned stall_percent)
{
    uint32_t bank[BANK];
    for (unsigned i = 0; i < BANK; i++)
        bank[i] = seeded_next(random) & 0xFFFFFF;
    unsigned bytes = 0, done = 0, cycles = 0;
    uint32_t odd = 0; /* row of the word read before */
    *model->rows = (uint8_t)rows;
    *model->start = 1;
    do {
        *model->m_ready = !seeded_percent(random, stall_percent);
        row_sender_model_eval(model);
        uint32_t data = *model->turn ? bank[2 * *model->word] : odd;
        odd = *model->turn ? bank[2 * *model->word + 1] : 0;
        if (*model->m_valid && *model->m_ready) {
            ck_assert_uint_eq(*model->m_data, bank[bytes / 3] >> 8 * (bytes % 3) & 255);
            bytes++;
        }
        bool held = *model->m_valid && !*model->m_ready;
        uint8_t byte = *model->m_data;
        done += *model->done;
        row_sender_model_tick(model);
        ck_assert(!held || (*model->m_valid && *model->m_data == byte));
        *model->read_data = data;
        *model->turn = !*model->turn;
        *model->start = 0;
        ck_assert_uint_lt(cycles++, 100000);
    } while (!*model->idle);
    ck_assert_uint_eq(bytes, 3 * rows);
    ck_assert_uint_eq(done, 1);
    return cycles;
}

START_TEST(rows_go_out_least_significant_byte_first)
{
    struct row_sender_model *model = row_sender_model_new();
    struct seeded random = {16};
    *model->rst = 1;
    row_sender_model_tick(model);
    *model->rst = 0;
    for (unsigned i = 0; i < 300; i++) {
        unsigned rows = i % 20 == 0 ? BANK : 1 + i % (BANK - 1), stall_percent = i % 4 * 30;
        unsigned cycles = check_bank(model, &random, rows, stall_percent);
        if (stall_percent == 0)
            ck_assert_uint_le(cycles, UNSTALLED * rows + 8);
    }
    row_sender_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("row_sender");
    TCase *tests = tcase_create("row_sender");
    tcase_add_test(tests, rows_go_out_least_significant_byte_first);
    suite_add_tcase(suite, tests);
    return suite;
}
