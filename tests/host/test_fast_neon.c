/* test_fast_neon.c - on 64-bit Arm, or under qemu-user: make test-neon; elsewhere nothing is run, and main.c says so. */
#include "kernel_check.h"

#if defined(__aarch64__)
START_TEST(products_are_exact_in_every_layout_and_shape)
{
    kernel_check(&sterna_fast_neon, (enum sterna_fast_layout)_i);
}
END_TEST
#endif

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("fast_neon");
    TCase *tests = tcase_create("fast_neon");
#if defined(__aarch64__)
    tcase_add_loop_test(tests, products_are_exact_in_every_layout_and_shape, 0, STERNA_FAST_LAYOUTS);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
