/* test_safetensors_header.c - which headers are read, and which are refused with which words. */
#include <stdlib.h>
#include <string.h>

#include "safetensors.h"

#include <check.h>

static struct sterna_error error;

/* Parse a file put together from a header and a payload of so many bytes, in memory of exactly their size,
 * so that a sanitizer sees a read beyond them. */
static enum sterna_status parse_header(const char *header, size_t header_size, size_t payload,
                                       struct sterna_tensors **tensors)
{
    size_t size = 8 + header_size + payload;
    uint8_t *bytes = calloc(size, 1);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)header_size >> (8 * i));
    memcpy(bytes + 8, header, header_size);
    for (size_t i = 0; i < payload; i++)
        bytes[8 + header_size + i] = (uint8_t)(i + 1);
    enum sterna_status status = sterna_tensors_parse("bytes", bytes, size, tensors, &error);
    free(bytes);
    return status;
}

#define U8_4 "{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}"

static const struct {
    const char *header;
    size_t payload, tensors;
} good[] = {
    {"{}", 0, 0},
    {"{}      ", 0, 0},
    {"{\"a\":" U8_4 "}", 4, 1},
    {"{ \"a\" :\n{\"shape\":[ 2 , 2 ],\t\"data_offsets\":[0,4],\"dtype\":\"U8\"}\r\n}", 4, 1},
    {"{\"__metadata__\":{},\"a\":" U8_4 "}", 4, 1},
    {"{\"\\u0061 \\\" \\\\ \\n\":" U8_4 "}", 4, 1},
    {"{\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[1,5]},"
     "\"a\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
     5, 2},
    {"{\"a\":" U8_4
     ",\"z\":{\"dtype\":\"F64\",\"shape\":[0,999999999999999,999999999999999],\"data_offsets\":[4,4]}}",
     4, 2},
    {"{\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":" U8_4 "}", 4, 2},
};

START_TEST(every_valid_header_is_read)
{
    struct sterna_tensors *tensors = NULL;
    enum sterna_status status =
        parse_header(good[_i].header, strlen(good[_i].header), good[_i].payload, &tensors);
    ck_assert_msg(status == STERNA_OK, "%s: %s", good[_i].header, error.reason);
    ck_assert_uint_eq(sterna_tensors_count(tensors), good[_i].tensors);
    for (size_t i = 0; i < good[_i].tensors; i++)
        ck_assert_uint_eq((uintptr_t)sterna_tensors_at(tensors, i)->data % 16, 0);
    sterna_tensors_close(tensors);
}
END_TEST

#define TENSOR(dtype, shape, offsets) "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets)    "{\"a\":" TENSOR(dtype, shape, offsets) "}"

/* Each with a payload of 4 bytes. */
static const struct {
    const char *header, *reason;
} bad[] = {
    {"", "does not begin with {"},
    {" {}", "does not begin with {"},
    {"[]", "does not begin with {"},
    {"{", "not JSON"},
    {"{}x", "other than strings"},
    {"{}{}", "not JSON"},
    {"{\"a\"}", "not JSON"},
    {"{\"a\":" U8_4 ",}", "not JSON"},
    {"{\"a", "does not end"},
    {"{\"a\\", "does not end"},
    {"{\"a\n\":" U8_4 "}", "control character"},
    {"{\"a\\u0000b\":" U8_4 "}", "NUL"},
    {"{\"a\\q\":" U8_4 "}", "not JSON"},
    {"{\"\xC0\x80\":" U8_4 "}", "not UTF-8"},
    {"{\"\xED\xA0\x80\":" U8_4 "}", "not UTF-8"},
    {"{\"\xF4\x90\x80\x80\":" U8_4 "}", "not UTF-8"},
    {"{\"\xE2\x82\":" U8_4 "}", "not UTF-8"},
    {"{}", "bytes after the last tensor"},
    {"{\"a\":" U8_4 ",\"a\":" U8_4 "}", "\"a\" is there twice"},
    {"{\"a\":" U8_4 ",\"\\u0061\":" U8_4 "}", "\"a\" is there twice"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"},\"a\":" U8_4 "}", "\"k\" is there twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{},\"a\":" U8_4 "}", "\"__metadata__\" is there twice"},
    {"{\"__metadata__\":[\"x\"],\"a\":" U8_4 "}", "not an object"},
    {"{\"__metadata__\":\"x\",\"a\":" U8_4 "}", "not an object"},
    {"{\"__metadata__\":{\"k\":1},\"a\":" U8_4 "}", "other than strings"},
    {"{\"__metadata__\":{\"k\":{}},\"a\":" U8_4 "}", "other than strings"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}", "data_offsets, and only these"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"shape\":[4]}}", "data_offsets, and only these"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"x\":[]}}",
     "data_offsets, and only these"},
    {"{\"a\":[4]}", "data_offsets, and only these"},
    {"{\"a\":4}", "data_offsets, and only these"},
    {ONE("8", "[4]", "[0,4]"), "data_offsets, and only these"},
    {ONE("\"BF16\"", "[2]", "[0,4]"), "dtype \"BF16\", which is not supported"},
    {ONE("\"u8\"", "[4]", "[0,4]"), "not supported"},
    {ONE("\"U8\"", "4", "[0,4]"), "shape"},
    {ONE("\"U8\"", "[\"4\"]", "[0,4]"), "shape"},
    {ONE("\"U8\"", "[4,1,1,1,1,1,1,1,1]", "[0,4]"), "shape"},
    {ONE("\"U8\"", "[-4]", "[0,4]"), "other than strings"},
    {ONE("\"U8\"", "[4.0]", "[0,4]"), "other than strings"},
    {ONE("\"U8\"", "[4e0]", "[0,4]"), "other than strings"},
    {ONE("\"U8\"", "[04]", "[0,4]"), "other than strings"},
    {ONE("\"U8\"", "[null]", "[0,4]"), "other than strings"},
    {ONE("\"U8\"", "[18446744073709551620]", "[0,4]"), "other than strings"},
    {ONE("\"U8\"", "[1073741824,1073741824,1073741824]", "[0,4]"), "overflows"},
    {ONE("\"F64\"", "[999999999999999,2306]", "[0,4]"), "overflows"},
    {ONE("\"U8\"", "[[[4]]]", "[0,4]"), "nested too deeply"},
    {ONE("\"U8\"", "[3]", "[0,4]"), "do not match its shape"},
    {ONE("\"F32\"", "[4]", "[0,4]"), "do not match its shape"},
    {ONE("\"U8\"", "[0]", "[4,0]"), "not a range"},
    {ONE("\"U8\"", "[4]", "[4]"), "not a range"},
    {ONE("\"U8\"", "[4]", "[0,4,4]"), "not a range"},
    {ONE("\"U8\"", "[4]", "{}"), "not a range"},
    {ONE("\"U8\"", "[5]", "[0,5]"), "beyond the end"},
    {ONE("\"U8\"", "[1]", "[999999999999998,999999999999999]"), "beyond the end"},
    {ONE("\"U8\"", "[3]", "[0,3]"), "bytes after"},
    {ONE("\"U8\"", "[3]", "[1,4]"), "overlap"},
    {"{\"a\":" TENSOR("\"U8\"", "[1]", "[0,1]") ",\"b\":" TENSOR("\"U8\"", "[2]", "[2,4]") "}", "overlap"},
    {"{\"a\":" TENSOR("\"U8\"", "[3]", "[0,3]") ",\"b\":" TENSOR("\"U8\"", "[2]", "[2,4]") "}", "overlap"},
    {"{\"a\":" U8_4 ",\"b\":" U8_4 "}", "overlap"},
    {"{\"a\":" U8_4 ",\"b\":" TENSOR("\"U8\"", "[0]", "[2,2]") "}", "overlap"},
};

START_TEST(every_hostile_header_is_refused)
{
    struct sterna_tensors *tensors = NULL;
    enum sterna_status status = parse_header(bad[_i].header, strlen(bad[_i].header), 4, &tensors);
    ck_assert_msg(status == STERNA_ERR_FORMAT, "accepted: %s", bad[_i].header);
    ck_assert_ptr_null(tensors);
    ck_assert_msg(strstr(error.reason, bad[_i].reason) != NULL, "%s: %s", bad[_i].header, error.reason);
}
END_TEST

START_TEST(raw_nul_in_the_header_is_refused)
{
    static const char header[] = "{\"a\":" U8_4 "}\0{}";
    struct sterna_tensors *tensors = NULL;
    ck_assert_int_eq(parse_header(header, sizeof header - 1, 4, &tensors), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "other than strings"));
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    enum { DEPTH = 1000000 };
    struct sterna_tensors *tensors = NULL;
    char *header = malloc(DEPTH);
    ck_assert_ptr_nonnull(header);
    memset(header, '[', DEPTH);
    memcpy(header, (char[]){'{', '"', 'a', '"', ':'}, 5);
    ck_assert_int_eq(parse_header(header, DEPTH, 4, &tensors), STERNA_ERR_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.reason, "nested too deeply"));
    free(header);
}
END_TEST

Suite *sterna_suite(void)
{
    Suite *suite = suite_create("safetensors_header");
    TCase *tcase = tcase_create("safetensors_header");
    tcase_add_loop_test(tcase, every_valid_header_is_read, 0, (int)(sizeof good / sizeof good[0]));
    tcase_add_loop_test(tcase, every_hostile_header_is_refused, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, raw_nul_in_the_header_is_refused);
    tcase_add_test(tcase, deep_nesting_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
