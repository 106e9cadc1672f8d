/* test_sigmoid_tanh.c - hw/rtl/sigmoid_tanh.v against fixed.c, for every pre-activation there is. */
#include "fixed.h"
#include "sigmoid_tanh_model.h"

#include <check.h>
#include <stdbool.h>

enum { LIMIT = 32767, LATENCY = 2 };

static void show(struct sigmoid_tanh_model *model, int32_t pre)
{
    *model->s_negative = pre < 0;
    *model->s_bits = (uint16_t)(pre < 0 ? ~pre : pre);
}

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
        show(model, i / 2 - LIMIT < LIMIT ? i / 2 - LIMIT : LIMIT);
        *model->s_sigmoid = i & 1;
        *model->s_tanh = !(i & 1);
        sigmoid_tanh_model_eval(model);
        if (i >= LATENCY)
            check_output(model, (i - LATENCY) / 2 - LIMIT, i & 1);
        sigmoid_tanh_model_tick(model);
    }
    sigmoid_tanh_model_free(model);
}
END_TEST

START_TEST(every_pre_activation_has_its_relu)
{
    struct sigmoid_tanh_model *model = sigmoid_tanh_model_new();
    *model->s_relu = 1;
    for (int32_t pre = -LIMIT; pre <= LIMIT; pre++) {
        show(model, pre);
        sigmoid_tanh_model_tick(model);
        int32_t relu = *model->m_relu_negative ? 0 : *model->m_relu;
        ck_assert_int_eq(relu, sterna_fixed_rnn_unit(STERNA_CELL_RNN_RELU, pre, 0, 0));
        ck_assert_int_eq(*model->m_relu_negative ? -64 : 64,
                         sterna_fixed_rnn_unit(STERNA_CELL_RNN_SIGN, pre, 0, 0));
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
    tcase_add_test(tests, every_pre_activation_has_its_relu);
    suite_add_tcase(suite, tests);
    return suite;
}
