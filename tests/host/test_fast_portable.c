/* test_fast_portable.c - the kernel that the others are checked against. */
#include "kernel_check.h"

START_TEST(products_are_exact_in_every_layout_and_shape)
{
    kernel_check(&sterna_fast_portable, (enum sterna_fast_layout)_i);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_portable");
    TCase *tests = tcase_create("fast_portable");
    tcase_add_loop_test(tests, products_are_exact_in_every_layout_and_shape, 0, STERNA_FAST_LAYOUTS);
    suite_add_tcase(suite, tests);
    return suite;
}
