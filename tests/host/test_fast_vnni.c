/* test_fast_vnni.c - where the processor has it; elsewhere nothing is run, and main.c says so. */
#include "kernel_check.h"

#if defined(__x86_64__)
START_TEST(products_are_exact_in_every_layout_and_shape)
{
    kernel_check(&sterna_fast_vnni, (enum sterna_fast_layout)_i);
}
END_TEST
#endif

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_vnni");
    TCase *tests = tcase_create("fast_vnni");
#if defined(__x86_64__)
    if (sterna_fast_vnni.runs())
        tcase_add_loop_test(tests, products_are_exact_in_every_layout_and_shape, 0, STERNA_FAST_LAYOUTS);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
