/* test_layer_header.c - hw/rtl/layer_header.v against the field table of hw/README.md. */
#include "layer_header_model.h"
#include "protocol.h"
#include "seeded.h"

#include <check.h>

static void check_fields(const struct layer_header_model *model, const uint8_t header[32], unsigned phase)
{
    ck_assert_uint_eq(*model->kind, header[0]);
    ck_assert_uint_eq(*model->is_last, (header[1] & STERNA_LAYER_LAST) != 0);
    ck_assert_uint_eq(*model->is_fresh, (header[1] & STERNA_LAYER_FRESH) != 0);
    ck_assert_uint_eq(*model->continues, (header[1] & STERNA_LAYER_CONTINUES) != 0);
    ck_assert_uint_eq(*model->tiles, header[2]);
    ck_assert_uint_eq(*model->units, header[4]);
    ck_assert_uint_eq(*model->rows, header[6]);
    ck_assert_uint_eq(*model->write_word, header[8 + 2 * phase]); /* the device has 256 words */
    ck_assert_uint_eq(*model->x_word, header[16 + 2 * phase]);
    ck_assert_uint_eq(*model->x_blocks, header[20]);
    ck_assert_uint_eq(*model->x_words, header[21] & 15);
    ck_assert_uint_eq(*model->x_program, (header[22] | header[23] << 8) & 511);
    ck_assert_uint_eq(*model->h_word, header[24 + 2 * phase]);
    ck_assert_uint_eq(*model->h_blocks, header[28]);
    ck_assert_uint_eq(*model->h_words, header[29] & 15);
    ck_assert_uint_eq(*model->h_program, (header[30] | header[31] << 8) & 511);
}

START_TEST(fields_are_where_the_contract_says)
{
    struct layer_header_model *model = layer_header_model_new();
    struct seeded random = {21};
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t header[32];
        for (unsigned byte = 0; byte < 32; byte++)
            header[byte] = seeded_byte(&random);
        header[0] = (uint8_t)seeded_below(&random, STERNA_KINDS);
        *model->phase = i & 1;
        for (unsigned word = 0; word < 4; word++) {
            *model->load = 1;
            *model->s_index = (uint8_t)word;
            *model->s_word = 0;
            for (unsigned byte = 0; byte < 8; byte++)
                *model->s_word |= (uint64_t)header[8 * word + byte] << 8 * byte;
            layer_header_model_tick(model);
        }
        *model->load = 0;
        *model->s_word = seeded_next(&random);
        layer_header_model_tick(model);
        check_fields(model, header, i & 1);
    }
    layer_header_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("layer_header");
    TCase *tests = tcase_create("layer_header");
    tcase_add_test(tests, fields_are_where_the_contract_says);
    suite_add_tcase(suite, tests);
    return suite;
}
