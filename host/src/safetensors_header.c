/* safetensors_header.c - reading the JSON header of a tensor file.
 *
 * cJSON parses it, but is more lenient than the format, holds numbers as doubles and strings as C strings.
 * So the text is scanned first: a header needs no numbers but whole ones, no more than three levels, no
 * literals and no control characters.
 */
#include "safetensors_header.h"

#include "utf8.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 3, DIGITS_MAX = 15 }; /* 10^15 < 2^53: exact as a double */

static const struct {
    const char *name;
    size_t bytes;
} dtypes[STERNA_DTYPES] = {
    [STERNA_U8] = {"U8", 1},   [STERNA_I8] = {"I8", 1},   [STERNA_I16] = {"I16", 2},
    [STERNA_I32] = {"I32", 4}, [STERNA_I64] = {"I64", 8}, [STERNA_F32] = {"F32", 4},
    [STERNA_F64] = {"F64", 8},
};

const char *sterna_dtype_name(enum sterna_dtype dtype)
{
    return dtypes[dtype].name;
}

size_t sterna_dtype_bytes(enum sterna_dtype dtype)
{
    return dtypes[dtype].bytes;
}

bool sterna_tensor_bytes(const struct sterna_tensor *tensor, size_t *bytes)
{
    size_t product = dtypes[tensor->dtype].bytes;
    bool empty = false;
    for (size_t i = 0; i < tensor->rank; i++)
        empty = empty || tensor->shape[i] == 0;
    for (size_t i = 0; i < tensor->rank && !empty; i++) {
        if (product > SIZE_MAX / tensor->shape[i])
            return false;
        product *= tensor->shape[i];
    }
    *bytes = empty ? 0 : product;
    return true;
}

static enum sterna_status malformed(const struct sterna_tensors *tensors, struct sterna_error *error,
                                    const char *what)
{
    return sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a safetensors file: %s", tensors->path, what);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* The length of the string that starts behind a quote, closing quote included; 0 with a reason if it is
 * not allowed. */
static size_t scan_string(const char *text, size_t size, const char **reason)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            return i + 1;
        if ((unsigned char)text[i] < 0x20) {
            *reason = "a control character in a string of the header";
            return 0;
        }
        if (text[i] != '\\')
            continue;
        i++; /* the escaped character does not end the string */
        if (size - i >= 5 && memcmp(text + i, "u0000", 5) == 0) {
            *reason = "a NUL in a string of the header";
            return 0;
        }
    }
    *reason = "a string of the header does not end";
    return 0;
}

/* The length of the number at the start of text; 0 if it is not a whole one of at most DIGITS_MAX digits. */
static size_t scan_number(const char *text, size_t size)
{
    size_t digits = 0;
    while (digits < size && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    bool leading_zero = digits > 1 && text[0] == '0';
    return digits > DIGITS_MAX || leading_zero ? 0 : digits;
}

/* NULL if the text holds nothing but what a header may, else the reason. What remains is cJSON's: the
 * grammar. */
static const char *scan(const char *text, size_t size)
{
    const char *reason = NULL;
    size_t depth = 0;
    for (size_t i = 0; i < size;) {
        size_t length = 1;
        if (text[i] == '"') {
            size_t rest = scan_string(text + i + 1, size - i - 1, &reason);
            if (rest == 0)
                return reason;
            length += rest;
        } else if (text[i] == '{' || text[i] == '[') {
            if (++depth > DEPTH_MAX)
                return "the header is nested too deeply";
        } else if (text[i] == '}' || text[i] == ']') {
            depth -= depth > 0;
        } else if (text[i] == '\0' || strchr(" \t\n\r:,", text[i]) == NULL) {
            length = scan_number(text + i, size - i);
            if (length == 0)
                return "the header has something other than strings, sizes, lists and objects";
        }
        i += length;
    }
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static bool read_dtype(const cJSON *item, enum sterna_dtype *dtype)
{
    for (int i = 0; i < STERNA_DTYPES; i++) {
        if (strcmp(dtypes[i].name, item->valuestring) == 0) {
            *dtype = (enum sterna_dtype)i;
            return true;
        }
    }
    return false;
}

/* A list of whole numbers (the scan has seen to it) into values; false if it is no list, too long, or
 * beyond a size_t. */
static bool read_sizes(const cJSON *item, size_t *values, size_t max, size_t *count)
{
    if (!cJSON_IsArray(item))
        return false;
    size_t n = 0;
    const cJSON *element;
    cJSON_ArrayForEach(element, item)
    {
        if (!cJSON_IsNumber(element) || n == max || element->valuedouble >= (double)SIZE_MAX)
            return false;
        values[n++] = (size_t)element->valuedouble;
    }
    *count = n;
    return true;
}

/* The one member of each name, and nothing else. */
static bool read_members(const cJSON *item, const cJSON **dtype, const cJSON **shape, const cJSON **offsets)
{
    *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    return cJSON_IsString(*dtype) && *shape != NULL && *offsets != NULL && cJSON_GetArraySize(item) == 3;
}

static enum sterna_status read_tensor(const cJSON *item, const uint8_t *payload, size_t payload_size,
                                      struct sterna_tensors *tensors, struct sterna_error *error)
{
    struct sterna_tensor tensor = {.name = item->string};
    const cJSON *dtype;
    const cJSON *shape;
    const cJSON *offsets;
    size_t range[2];
    size_t ends = 0;
    const char *reason = NULL;
    if (!cJSON_IsObject(item) || !read_members(item, &dtype, &shape, &offsets))
        reason = "does not have dtype, shape and data_offsets, and only these";
    else if (!read_dtype(dtype, &tensor.dtype))
        return sterna_fail(error, STERNA_ERR_FORMAT,
                           "%s: tensor \"%.60s\" has dtype \"%.20s\", which is not supported", tensors->path,
                           tensor.name, dtype->valuestring);
    else if (!read_sizes(shape, tensor.shape, STERNA_RANK_MAX, &tensor.rank))
        reason = "has a shape that is not a list of at most 8 sizes";
    else if (!read_sizes(offsets, range, 2, &ends) || ends != 2 || range[0] > range[1])
        reason = "has data_offsets that are not a range";
    else if (range[1] > payload_size)
        reason = "reaches beyond the end of the file";
    else if (!sterna_tensor_bytes(&tensor, &tensor.bytes))
        reason = "has a shape that overflows";
    else if (tensor.bytes != range[1] - range[0])
        reason = "has data_offsets that do not match its shape";
    if (reason != NULL)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a safetensors file: tensor \"%.60s\" %s",
                           tensors->path, item->string, reason);
    tensor.data = payload + range[0];
    return sterna_tensors_append(tensors, &tensor, error);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* No object of the header names a member twice: a reader that keeps the first would see another file than
 * one that keeps the last. Sorting pointers keeps a hostile header of millions of names from taking hours. */
static enum sterna_status check_names(const cJSON *object, const struct sterna_tensors *tensors,
                                      struct sterna_error *error)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    const char **names = calloc(count + 1, sizeof *names);
    if (names == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", tensors->path);
    size_t n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, object) names[n++] = item->string;
    qsort(names, n, sizeof *names, compare_strings);
    enum sterna_status status = STERNA_OK;
    for (size_t i = 1; i < n && status == STERNA_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status =
                sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a safetensors file: \"%.60s\" is there twice",
                            tensors->path, names[i]);
    free(names);
    return status;
}

static enum sterna_status read_metadata(const cJSON *item, struct sterna_tensors *tensors,
                                        struct sterna_error *error)
{
    if (!cJSON_IsObject(item))
        return malformed(tensors, error, "__metadata__ is not an object");
    enum sterna_status status = check_names(item, tensors, error);
    const cJSON *entry;
    cJSON_ArrayForEach(entry, item)
    {
        if (status != STERNA_OK)
            break;
        if (!cJSON_IsString(entry))
            return malformed(tensors, error, "__metadata__ holds something other than strings");
        status = sterna_tensors_append_entry(tensors, entry->string, entry->valuestring, error);
    }
    return status;
}

/* By place, and an empty tensor before the one that starts at the same byte. */
static int compare_places(const void *a, const void *b)
{
    const struct sterna_tensor *x = *(const struct sterna_tensor *const *)a;
    const struct sterna_tensor *y = *(const struct sterna_tensor *const *)b;
    const uint8_t *x_data = x->data;
    const uint8_t *y_data = y->data;
    if (x_data != y_data)
        return x_data < y_data ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* The tensors follow each other without gap or overlap and end with the file. */
static enum sterna_status check_tiling(const struct sterna_tensors *tensors, const uint8_t *payload,
                                       size_t payload_size, struct sterna_error *error)
{
    const struct sterna_tensor **sorted = calloc(tensors->count + 1, sizeof *sorted);
    if (sorted == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", tensors->path);
    for (size_t i = 0; i < tensors->count; i++)
        sorted[i] = &tensors->tensor[i];
    qsort(sorted, tensors->count, sizeof *sorted, compare_places);
    const uint8_t *next = payload;
    bool tiled = true;
    for (size_t i = 0; i < tensors->count && tiled; i++) {
        tiled = (const uint8_t *)sorted[i]->data == next;
        next += sorted[i]->bytes;
    }
    free(sorted);
    if (!tiled)
        return malformed(tensors, error, "tensors overlap, or leave bytes between them unused");
    if (next != payload + payload_size)
        return malformed(tensors, error, "bytes after the last tensor");
    return STERNA_OK;
}

static enum sterna_status read_root(const cJSON *root, const uint8_t *payload, size_t payload_size,
                                    struct sterna_tensors *tensors, struct sterna_error *error)
{
    enum sterna_status status = check_names(root, tensors, error);
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(root, "__metadata__");
    if (status == STERNA_OK && metadata != NULL)
        status = read_metadata(metadata, tensors, error);
    const cJSON *item;
    cJSON_ArrayForEach(item, root) if (status == STERNA_OK && item != metadata) status =
        read_tensor(item, payload, payload_size, tensors, error);
    return status == STERNA_OK ? check_tiling(tensors, payload, payload_size, error) : status;
}

enum sterna_status sterna_header_parse(const char *text, size_t size, const uint8_t *payload,
                                       size_t payload_size, struct sterna_tensors *tensors,
                                       struct sterna_error *error)
{
    if (size == 0 || text[0] != '{')
        return malformed(tensors, error, "the header does not begin with {");
    if (!sterna_utf8_valid(text, size))
        return malformed(tensors, error, "the header is not UTF-8");
    const char *reason = scan(text, size);
    if (reason != NULL)
        return malformed(tensors, error, reason);
    char *copy = malloc(size + 1);
    if (copy == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", tensors->path);
    memcpy(copy, text, size);
    copy[size] = '\0';
    cJSON *root = cJSON_ParseWithLengthOpts(copy, size + 1, NULL, true);
    enum sterna_status status = root == NULL ? malformed(tensors, error, "the header is not JSON")
                                             : read_root(root, payload, payload_size, tensors, error);
    cJSON_Delete(root);
    free(copy);
    return status;
}
