/* test_crc32_byte.c - hw/rtl/crc32_byte.v against division bit by bit. */
#include "crc32_byte_model.h"
#include "seeded.h"

#include <check.h>

static uint32_t one_byte(uint32_t crc, uint8_t byte)
{
    for (unsigned i = 0; i < 8; i++) {
        bool out = ((crc ^ (uint32_t)(byte >> i)) & 1) != 0;
        crc = crc >> 1 ^ (out ? 0xEDB88320u : 0);
    }
    return crc;
}

START_TEST(every_byte_is_divided_as_bit_by_bit)
{
    struct crc32_byte_model *model = crc32_byte_model_new();
    struct seeded random = {1};
    for (unsigned i = 0; i < 256 * 40; i++) {
        uint32_t crc = i < 256 ? 0 : i < 512 ? 0xFFFFFFFFu : seeded_next(&random);
        *model->crc = crc;
        *model->data = (uint8_t)i;
        crc32_byte_model_eval(model);
        ck_assert_uint_eq(*model->next, one_byte(crc, (uint8_t)i));
    }
    crc32_byte_model_free(model);
}
END_TEST

START_TEST(the_published_check_value_comes_out)
{
    struct crc32_byte_model *model = crc32_byte_model_new();
    uint32_t crc = 0xFFFFFFFFu;
    for (const char *c = "123456789"; *c; c++) {
        *model->crc = crc;
        *model->data = (uint8_t)*c;
        crc32_byte_model_eval(model);
        crc = *model->next;
    }
    ck_assert_uint_eq(crc ^ 0xFFFFFFFFu, 0xCBF43926u);
    crc32_byte_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("crc32_byte");
    TCase *tests = tcase_create("crc32_byte");
    tcase_add_test(tests, every_byte_is_divided_as_bit_by_bit);
    tcase_add_test(tests, the_published_check_value_comes_out);
    suite_add_tcase(suite, tests);
    return suite;
}
