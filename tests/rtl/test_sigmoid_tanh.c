/* test_sigmoid_tanh.c - hw/rtl/sigmoid_tanh.v against fixed.c, for every pre-activation there is. */
#include "fixed.h"
#include "sigmoid_tanh_model.h"

#include <check.h>
#include <stdbool.h>

enum { LIMIT = 32767, LATENCY = 2 };

static void check_output(const struct sigmoid_tanh_model *model, int32_t pre, bool sigmoid)
{
    if (sigmoid)
        ck_assert_int_eq(*model->m_sigmoid, sterna_fixed_sigmoid(pre));
    else
        ck_assert_int_eq(*model->m_negative ? -*model->m_tanh : *model->m_tanh, sterna_fixed_tanh(pre));
}

START_TEST(every_pre_activation_matches_fixed)
{
    struct sigmoid_tanh_model *model = sigmoid_tanh_model_new();
    for (int32_t i = 0; i < 2 * (2 * LIMIT + 1) + LATENCY; i++) {
        *model->s_pre = (uint16_t)(i / 2 - LIMIT);
        *model->s_sigmoid = i & 1;
        sigmoid_tanh_model_eval(model);
        if (i >= LATENCY)
            check_output(model, (i - LATENCY) / 2 - LIMIT, i & 1);
        sigmoid_tanh_model_tick(model);
    }
    sigmoid_tanh_model_free(model);
}
END_TEST

Suite *sterna_suite(void);
Suite *sterna_suite(void)
{
    Suite *suite = suite_create("sigmoid_tanh");
    TCase *tests = tcase_create("sigmoid_tanh");
    tcase_add_test(tests, every_pre_activation_matches_fixed);
    suite_add_tcase(suite, tests);
    return suite;
}
