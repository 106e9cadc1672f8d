/* test_safetensors.c - files written here obey the published format; files that do not are refused. */
#include "file.h"
#include "safetensors.h"
#include "safetensors_strict.h"
#include "scratch.h"

#include <check.h>

static struct scratch scratch;
static struct sterna_error error;

static void set_up(void)
{
    scratch_open(&scratch);
    error.reason[0] = '\0';
}

static void tear_down(void)
{
    scratch_close(&scratch);
}

/* ---- helpers ------------------------------------------------------------------------------------------- */

/* Parse bytes from memory of exactly their size, so that a sanitizer sees a read beyond them. */
static enum sterna_status parse_exactly(const uint8_t *bytes, size_t size, struct sterna_tensors **tensors)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    enum sterna_status status = sterna_tensors_parse("bytes", copy, size, tensors, &error);
    free(copy);
    return status;
}

/* Save three tensors whose widths would misalign each other if kept in order. */
static void save_example(const char *path)
{
    static const int8_t codes[3] = {-1, 0, 1};
    static const double moments[2] = {0.5, -1e-300};
    static const int16_t biases[2][2] = {{1, 2}, {3, -4}};
    struct sterna_tensors *tensors = NULL;
    ck_assert_int_eq(sterna_tensors_new(&tensors, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_set_metadata(tensors, "note", "say \"\xC3\xA9\"\n", &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_set_metadata(tensors, "empty", "", &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "codes", STERNA_I8, 1, (size_t[]){3}, codes, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "none", STERNA_F32, 2, (size_t[]){0, 9}, NULL, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "m", STERNA_F64, 1, (size_t[]){2}, moments, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "biases", STERNA_I16, 2, (size_t[]){2, 2}, biases, &error),
                     STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "one", STERNA_I8, 0, NULL, codes, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_save(tensors, path, &error), STERNA_OK);
    sterna_tensors_close(tensors);
}

static void read_example(uint8_t **bytes, size_t *size)
{
    char path[SCRATCH_PATH];
    save_example(scratch_path(&scratch, "example.safetensors", path));
    ck_assert_int_eq(sterna_file_read(path, bytes, size, &error), STERNA_OK);
}

/* The tensor of this name, dtype and first dimension, as its reader gets it. */
static const void *values(const struct sterna_tensors *tensors, const char *name, enum sterna_dtype dtype,
                          size_t count)
{
    const struct sterna_tensor *tensor = NULL;
    ck_assert_int_eq(sterna_tensors_require(tensors, name, dtype, 1, &count, &tensor, &error), STERNA_OK);
    ck_assert_uint_eq((uintptr_t)tensor->data % 16, 0);
    return tensor->data;
}

/* ---- what is accepted ---------------------------------------------------------------------------------- */

START_TEST(saved_file_obeys_the_published_format)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct strict_reader reader;
    read_example(&bytes, &size);
    ck_assert_ptr_null(strict_read(&reader, bytes, size));
    ck_assert_uint_eq(reader.tensors, 5);
    ck_assert_uint_eq(reader.entries, 2);
    free(bytes);
}
END_TEST

START_TEST(saved_file_reads_back_the_same)
{
    char path[SCRATCH_PATH];
    struct sterna_tensors *tensors = NULL;
    save_example(scratch_path(&scratch, "example.safetensors", path));
    ck_assert_int_eq(sterna_tensors_open(path, &tensors, &error), STERNA_OK);
    ck_assert_uint_eq(sterna_tensors_count(tensors), 5);
    ck_assert_str_eq(sterna_tensors_metadata(tensors, "note"), "say \"\xC3\xA9\"\n");
    ck_assert_str_eq(sterna_tensors_metadata(tensors, "empty"), "");
    ck_assert_ptr_null(sterna_tensors_metadata(tensors, "other"));
    ck_assert_mem_eq(values(tensors, "codes", STERNA_I8, 3), ((int8_t[]){-1, 0, 1}), 3);
    ck_assert_mem_eq(values(tensors, "m", STERNA_F64, 2), ((double[]){0.5, -1e-300}), 16);
    const struct sterna_tensor *biases = sterna_tensors_find(tensors, "biases");
    ck_assert_ptr_nonnull(biases);
    ck_assert_mem_eq(biases->data, ((int16_t[]){1, 2, 3, -4}), 8);
    ck_assert_uint_eq(sterna_tensors_find(tensors, "one")->rank, 0);
    ck_assert_uint_eq(sterna_tensors_find(tensors, "none")->bytes, 0);
    sterna_tensors_close(tensors);
}
END_TEST

START_TEST(file_of_the_reference_implementation_is_read)
{
    struct sterna_tensors *tensors = NULL;
    ck_assert_int_eq(sterna_tensors_open("tests/golden/reference_writer.safetensors", &tensors, &error),
                     STERNA_OK);
    ck_assert_uint_eq(sterna_tensors_count(tensors), 8);
    const struct sterna_tensor *weight = NULL;
    ck_assert_int_eq(
        sterna_tensors_require(tensors, "weight", STERNA_F32, 2, (size_t[]){2, 3}, &weight, &error),
        STERNA_OK);
    ck_assert_mem_eq(weight->data, ((float[]){-0.625F, -0.375F, -0.125F, 0.125F, 0.375F, 0.625F}), 24);
    ck_assert_mem_eq(sterna_tensors_find(tensors, "codes")->data, ((int8_t[]){-1, 0, 1, 1, 1, -1, 0, 0, -1}),
                     9);
    ck_assert_mem_eq(values(tensors, "moments", STERNA_F64, 3), ((double[]){0, 1e-3, 2e-3}), 24);
    ck_assert_mem_eq(values(tensors, "biases", STERNA_I16, 3), ((int16_t[]){-32768, 0, 32767}), 6);
    ck_assert_mem_eq(values(tensors, "counter", STERNA_I64, 1), ((int64_t[]){4611686018427387905}), 8);
    ck_assert_mem_eq(values(tensors, "bytes", STERNA_U8, 3), ((uint8_t[]){0, 127, 255}), 3);
    ck_assert_mem_eq(sterna_tensors_find(tensors, "scalar")->data, ((int32_t[]){7}), 4);
    ck_assert_uint_eq(sterna_tensors_find(tensors, "nothing")->bytes, 0);
    ck_assert_str_eq(sterna_tensors_metadata(tensors, "quote"), "a \"b\" \\ \xC3\xA9\n");
    sterna_tensors_close(tensors);
}
END_TEST

START_TEST(file_of_the_reference_implementation_is_saved_to_the_same_bytes)
{
    static const char golden[] = "tests/golden/reference_writer.safetensors";
    char path[SCRATCH_PATH];
    struct sterna_tensors *tensors = NULL;
    uint8_t *bytes[2];
    size_t size[2];
    ck_assert_int_eq(sterna_tensors_open(golden, &tensors, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_save(tensors, scratch_path(&scratch, "copy", path), &error), STERNA_OK);
    sterna_tensors_close(tensors);
    ck_assert_int_eq(sterna_file_read(golden, &bytes[0], &size[0], &error), STERNA_OK);
    ck_assert_int_eq(sterna_file_read(path, &bytes[1], &size[1], &error), STERNA_OK);
    ck_assert_uint_eq(size[1], size[0]);
    ck_assert_mem_eq(bytes[1], bytes[0], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}
END_TEST

/* ---- what is refused ----------------------------------------------------------------------------------- */

START_TEST(header_length_beyond_the_file_is_refused)
{
    static const uint64_t lengths[] = {
        3, 4, 1000, 100000001, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX - 7, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct sterna_tensors *tensors = NULL;
        uint8_t bytes[10] = {[8] = '{', [9] = '}'};
        memcpy(bytes, &lengths[i], 8);
        ck_assert_int_eq(parse_exactly(bytes, sizeof bytes, &tensors), STERNA_ERR_FORMAT);
        ck_assert_ptr_nonnull(strstr(error.reason, "its header would be"));
    }
}
END_TEST

START_TEST(truncation_at_every_byte_is_refused)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct sterna_tensors *tensors = NULL;
    read_example(&bytes, &size);
    for (size_t kept = 0; kept < size; kept++)
        ck_assert_int_eq(parse_exactly(bytes, kept, &tensors), STERNA_ERR_FORMAT);
    ck_assert_int_eq(parse_exactly(bytes, size, &tensors), STERNA_OK);
    sterna_tensors_close(tensors);
    free(bytes);
}
END_TEST

/* What is accepted after a change of one header byte must still obey the rules that keep a reader in
 * bounds. */
START_TEST(changed_bytes_never_lead_out_of_bounds)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    read_example(&bytes, &size);
    for (size_t i = 0; i < size; i++) {
        uint8_t before = bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            struct sterna_tensors *tensors = NULL;
            bytes[i] = (uint8_t)(before ^ (1U << bit));
            if (parse_exactly(bytes, size, &tensors) != STERNA_OK)
                continue;
            size_t total = 0;
            for (size_t t = 0; t < sterna_tensors_count(tensors); t++)
                total += sterna_tensors_at(tensors, t)->bytes;
            ck_assert_uint_le(total, size);
            sterna_tensors_close(tensors);
        }
        bytes[i] = before;
    }
    free(bytes);
}
END_TEST

START_TEST(require_tells_what_it_found)
{
    char path[SCRATCH_PATH];
    char expected[2 * SCRATCH_PATH];
    const struct sterna_tensor *tensor = NULL;
    struct sterna_tensors *tensors = NULL;
    save_example(scratch_path(&scratch, "example", path));
    ck_assert_int_eq(sterna_tensors_open(path, &tensors, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_require(tensors, "b", STERNA_U8, 1, (size_t[]){4}, &tensor, &error),
                     STERNA_ERR_FORMAT);
    (void)snprintf(expected, sizeof expected, "%s: tensor \"b\" is missing", path);
    ck_assert_str_eq(error.reason, expected);
    ck_assert_int_eq(sterna_tensors_require(tensors, "biases", STERNA_I8, 1, (size_t[]){4}, &tensor, &error),
                     STERNA_ERR_FORMAT);
    (void)snprintf(expected, sizeof expected, "%s: tensor \"biases\" is I16 [2, 2], expected I8 [4]", path);
    ck_assert_str_eq(error.reason, expected);
    ck_assert_int_eq(sterna_tensors_require(tensors, "codes", STERNA_I8, 1, (size_t[]){4}, &tensor, &error),
                     STERNA_ERR_FORMAT);
    ck_assert_int_eq(
        sterna_tensors_require(tensors, "codes", STERNA_I8, 2, (size_t[]){3, 1}, &tensor, &error),
        STERNA_ERR_FORMAT);
    ck_assert_ptr_null(tensor);
    sterna_tensors_close(tensors);
}
END_TEST

START_TEST(what_no_reader_would_take_is_not_added)
{
    struct sterna_tensors *tensors = NULL;
    static const size_t shape[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const uint8_t byte = 0;
    ck_assert_int_eq(sterna_tensors_new(&tensors, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "a", STERNA_U8, 9, shape, &byte, &error), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_tensors_add(tensors, "a", STERNA_U8, 2, (size_t[]){SIZE_MAX, 2}, &byte, &error),
                     STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_tensors_add(tensors, "\xFF", STERNA_U8, 1, shape, &byte, &error),
                     STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_tensors_add(tensors, "__metadata__", STERNA_U8, 1, shape, &byte, &error),
                     STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_tensors_add(tensors, "a", STERNA_U8, 1, shape, &byte, &error), STERNA_OK);
    ck_assert_int_eq(sterna_tensors_add(tensors, "a", STERNA_U8, 1, shape, &byte, &error), STERNA_ERR_RANGE);
    ck_assert_int_eq(sterna_tensors_set_metadata(tensors, "k", "\xC3", &error), STERNA_ERR_RANGE);
    ck_assert_uint_eq(sterna_tensors_count(tensors), 1);
    sterna_tensors_close(tensors);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tcase = tcase_create("safetensors");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, saved_file_obeys_the_published_format);
    tcase_add_test(tcase, saved_file_reads_back_the_same);
    tcase_add_test(tcase, file_of_the_reference_implementation_is_read);
    tcase_add_test(tcase, file_of_the_reference_implementation_is_saved_to_the_same_bytes);
    tcase_add_test(tcase, header_length_beyond_the_file_is_refused);
    tcase_add_test(tcase, truncation_at_every_byte_is_refused);
    tcase_add_test(tcase, changed_bytes_never_lead_out_of_bounds);
    tcase_add_test(tcase, require_tells_what_it_found);
    tcase_add_test(tcase, what_no_reader_would_take_is_not_added);
    suite_add_tcase(suite, tcase);
    return suite;
}
