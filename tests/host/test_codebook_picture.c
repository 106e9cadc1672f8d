/* test_codebook_picture.c - the picture has a curve for each way of quantizing, through the errors. */
#include <math.h>
#include <string.h>

#include "file.h"
#include "scratch.h"
#include "sterna.h"

#include <check.h>

START_TEST(each_way_has_its_curve)
{
    static const struct sterna_product_report
        without[2] = {{.plain = 0.2, .corrected = NAN, .projected = 0.25, .alone = 0.15},
                      {.plain = 0.3, .corrected = NAN, .projected = NAN, .alone = 0.15}},
        with[2] = {{.plain = 0.2, .corrected = 0.1, .projected = NAN, .alone = 0.1},
                   {.plain = 0.3, .corrected = 0.1, .projected = 0.1, .alone = 0.1}};
    static struct scratch scratch;
    struct sterna_error error;
    char path[SCRATCH_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    scratch_open(&scratch);
    scratch_path(&scratch, "picture.svg", path);
    ck_assert_int_eq(sterna_product_picture(path, "A title", without, with, 2, &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_read(path, &bytes, &size, &error), STERNA_OK);
    char *text = strndup((const char *)bytes, size);
    ck_assert_ptr_nonnull(strstr(text, "A title"));
    ck_assert_ptr_nonnull(strstr(text, "k-means, alone"));
    ck_assert_ptr_nonnull(strstr(text, "k-means, with those before"));
    ck_assert_ptr_nonnull(strstr(text, "corrected, alone"));
    ck_assert_ptr_nonnull(strstr(text, "corrected, with those before"));
    ck_assert_ptr_nonnull(strstr(text, ">30<")); /* the largest, in percent, is on the axis */
    ck_assert_ptr_null(strstr(text, "nan"));
    free(text);
    free(bytes);
    scratch_close(&scratch);
}
END_TEST

Suite *sterna_suite(void);

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("codebook_picture");
    TCase *tests = tcase_create("codebook_picture");
    tcase_add_test(tests, each_way_has_its_curve);
    suite_add_tcase(suite, tests);
    return suite;
}
