/* test_buffer.c - memory that is zeroed and aligned, or refused. */
#include "buffer.h"

#include <math.h>
#include <stdlib.h>

#include <check.h>

START_TEST(buffer_is_zeroed_and_aligned)
{
    for (size_t count = 0; count < 100; count++) {
        float *buffer = sterna_buffer_new(count, sizeof *buffer);
        ck_assert_ptr_nonnull(buffer);
        ck_assert_uint_eq((uintptr_t)buffer % 64, 0);
        for (size_t i = 0; i < count; i++)
            ck_assert(buffer[i] == 0.0f);
        free(buffer);
    }
}
END_TEST

START_TEST(overflowing_size_is_refused)
{
    ck_assert_ptr_null(sterna_buffer_new(SIZE_MAX / 2, 4));
    ck_assert_ptr_null(sterna_buffer_new(SIZE_MAX, 1));
}
END_TEST

START_TEST(nan_and_infinity_are_seen_anywhere)
{
    float value[5] = {0};
    ck_assert(sterna_buffer_finite(value, 5));
    for (int i = 0; i < 5; i++) {
        value[i] = i % 2 ? NAN : -INFINITY;
        ck_assert(!sterna_buffer_finite(value, 5));
        value[i] = 1e38f;
    }
    ck_assert(sterna_buffer_finite(value, 5));
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("buffer");
    TCase *tcase = tcase_create("buffer");
    tcase_add_test(tcase, buffer_is_zeroed_and_aligned);
    tcase_add_test(tcase, overflowing_size_is_refused);
    tcase_add_test(tcase, nan_and_infinity_are_seen_anywhere);
    suite_add_tcase(suite, tcase);
    return suite;
}
