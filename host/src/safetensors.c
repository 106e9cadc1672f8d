/* safetensors.c - tensor files, read whole and written whole. */
#include "safetensors.h"

#include "file.h"
#include "safetensors_header.h"
#include "utf8.h"

#include <assert.h>
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensors are copied as they are: the file is little-endian");

enum { LENGTH_BYTES = 8, ALIGNMENT = 16, HEADER_ALIGNMENT = 8, WIDEST = 8 };

/* ---- the container ------------------------------------------------------------------------------------- */

/* The array with room for one more than count items: it grows when count is 0 or a power of two. */
static void *grow(void *items, size_t count, size_t item_bytes)
{
    bool full = (count & (count - 1)) == 0;
    size_t capacity = count == 0 ? 1 : 2 * count;
    return full ? realloc(items, capacity * item_bytes) : items;
}

enum sterna_status sterna_tensors_append(struct sterna_tensors *tensors, const struct sterna_tensor *tensor,
                                         struct sterna_error *error)
{
    struct sterna_tensor *items = grow(tensors->tensor, tensors->count, sizeof *items);
    if (items != NULL)
        tensors->tensor = items;
    char *name = items != NULL ? strdup(tensor->name) : NULL;
    if (name == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    items[tensors->count] = *tensor;
    items[tensors->count++].name = name;
    return STERNA_OK;
}

enum sterna_status sterna_tensors_append_entry(struct sterna_tensors *tensors, const char *key,
                                               const char *value, struct sterna_error *error)
{
    struct sterna_tensors_entry *entries = grow(tensors->metadata, tensors->entries, sizeof *entries);
    if (entries != NULL)
        tensors->metadata = entries;
    struct sterna_tensors_entry entry = {strdup(key), strdup(value)};
    if (entries == NULL || entry.key == NULL || entry.value == NULL) {
        free(entry.key);
        free(entry.value);
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    }
    entries[tensors->entries++] = entry;
    return STERNA_OK;
}

enum sterna_status sterna_tensors_new(struct sterna_tensors **tensors, struct sterna_error *error)
{
    struct sterna_tensors *created = calloc(1, sizeof *created);
    if (created == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    *tensors = created;
    return STERNA_OK;
}

void sterna_tensors_close(struct sterna_tensors *tensors)
{
    if (tensors == NULL)
        return;
    for (size_t i = 0; i < tensors->count; i++)
        free(tensors->tensor[i].name);
    for (size_t i = 0; i < tensors->entries; i++) {
        free(tensors->metadata[i].key);
        free(tensors->metadata[i].value);
    }
    free(tensors->tensor);
    free(tensors->metadata);
    free(tensors->payload);
    free(tensors->path);
    free(tensors);
}

size_t sterna_tensors_count(const struct sterna_tensors *tensors)
{
    return tensors->count;
}

const struct sterna_tensor *sterna_tensors_at(const struct sterna_tensors *tensors, size_t index)
{
    assert(index < tensors->count);
    return &tensors->tensor[index];
}

const struct sterna_tensor *sterna_tensors_find(const struct sterna_tensors *tensors, const char *name)
{
    for (size_t i = 0; i < tensors->count; i++)
        if (strcmp(tensors->tensor[i].name, name) == 0)
            return &tensors->tensor[i];
    return NULL;
}

const char *sterna_tensors_metadata(const struct sterna_tensors *tensors, const char *key)
{
    for (size_t i = 0; i < tensors->entries; i++)
        if (strcmp(tensors->metadata[i].key, key) == 0)
            return tensors->metadata[i].value;
    return NULL;
}

/* "F32 [3, 4]" */
static void describe(enum sterna_dtype dtype, size_t rank, const size_t *shape, char *text, size_t size)
{
    int used = snprintf(text, size, "%s [", sterna_dtype_name(dtype));
    for (size_t i = 0; i < rank; i++)
        used += snprintf(text + used, size - (size_t)used, i == 0 ? "%zu" : ", %zu", shape[i]);
    (void)snprintf(text + used, size - (size_t)used, "]");
}

enum sterna_status sterna_tensors_require(const struct sterna_tensors *tensors, const char *name,
                                          enum sterna_dtype dtype, size_t rank, const size_t *shape,
                                          const struct sterna_tensor **tensor, struct sterna_error *error)
{
    assert(rank <= STERNA_RANK_MAX);
    const char *path = tensors->path != NULL ? tensors->path : "tensors";
    const struct sterna_tensor *found = sterna_tensors_find(tensors, name);
    if (found == NULL)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: tensor \"%s\" is missing", path, name);
    bool same = found->dtype == dtype && found->rank == rank;
    for (size_t i = 0; i < rank && same; i++)
        same = found->shape[i] == shape[i];
    if (!same) {
        char expected[16 + STERNA_RANK_MAX * 22];
        char got[sizeof expected];
        describe(dtype, rank, shape, expected, sizeof expected);
        describe(found->dtype, found->rank, found->shape, got, sizeof got);
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: tensor \"%s\" is %s, expected %s", path, name, got,
                           expected);
    }
    *tensor = found;
    return STERNA_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static size_t round_up(size_t value, size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/* Move every tensor's bytes to memory of its own, aligned wherever it lay in the file. The tensors tile
 * the file's payload, so this takes no more than the file and ALIGNMENT per tensor. */
static enum sterna_status own_payload(struct sterna_tensors *tensors, struct sterna_error *error)
{
    size_t total = ALIGNMENT;
    for (size_t i = 0; i < tensors->count; i++)
        total += round_up(tensors->tensor[i].bytes, ALIGNMENT);
    tensors->payload = aligned_alloc(ALIGNMENT, total);
    if (tensors->payload == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: no memory for %zu bytes", tensors->path, total);
    uint8_t *next = tensors->payload;
    for (size_t i = 0; i < tensors->count; i++) {
        struct sterna_tensor *tensor = &tensors->tensor[i];
        memcpy(next, tensor->data, tensor->bytes);
        tensor->data = next;
        next += round_up(tensor->bytes, ALIGNMENT);
    }
    return STERNA_OK;
}

static enum sterna_status parse(const uint8_t *bytes, size_t size, struct sterna_tensors *tensors,
                                struct sterna_error *error)
{
    if (size < LENGTH_BYTES)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: not a safetensors file: only %zu bytes",
                           tensors->path, size);
    uint64_t header = 0;
    memcpy(&header, bytes, sizeof header);
    if (header > STERNA_HEADER_MAX || header > size - LENGTH_BYTES)
        return sterna_fail(
            error, STERNA_ERR_FORMAT,
            "%s: truncated, or not a safetensors file: its header would be %llu bytes, the file has %zu",
            tensors->path, (unsigned long long)header, size);
    const uint8_t *payload = bytes + LENGTH_BYTES + header;
    enum sterna_status status =
        sterna_header_parse((const char *)bytes + LENGTH_BYTES, (size_t)header, payload,
                            size - LENGTH_BYTES - (size_t)header, tensors, error);
    return status == STERNA_OK ? own_payload(tensors, error) : status;
}

enum sterna_status sterna_tensors_parse(const char *path, const uint8_t *bytes, size_t size,
                                        struct sterna_tensors **tensors, struct sterna_error *error)
{
    struct sterna_tensors *parsed = NULL;
    enum sterna_status status = sterna_tensors_new(&parsed, error);
    if (status != STERNA_OK)
        return status;
    parsed->path = strdup(path);
    status = parsed->path != NULL ? parse(bytes, size, parsed, error)
                                  : sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    if (status == STERNA_OK)
        *tensors = parsed;
    else
        sterna_tensors_close(parsed);
    return status;
}

enum sterna_status sterna_tensors_open(const char *path, struct sterna_tensors **tensors,
                                       struct sterna_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum sterna_status status = sterna_file_read(path, &bytes, &size, error);
    if (status == STERNA_OK)
        status = sterna_tensors_parse(path, bytes, size, tensors, error);
    free(bytes);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

enum sterna_status sterna_tensors_add(struct sterna_tensors *tensors, const char *name,
                                      enum sterna_dtype dtype, size_t rank, const size_t *shape,
                                      const void *data, struct sterna_error *error)
{
    struct sterna_tensor tensor = {.dtype = dtype, .rank = rank, .data = data};
    if (rank > STERNA_RANK_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "tensor \"%s\": rank %zu, at most %d", name, rank,
                           STERNA_RANK_MAX);
    if (rank > 0)
        memcpy(tensor.shape, shape, rank * sizeof *shape);
    if (!sterna_tensor_bytes(&tensor, &tensor.bytes))
        return sterna_fail(error, STERNA_ERR_RANGE, "tensor \"%s\": too large", name);
    if (!sterna_utf8_valid(name, strlen(name)) || strcmp(name, "__metadata__") == 0)
        return sterna_fail(error, STERNA_ERR_RANGE, "\"%s\" cannot name a tensor", name);
    if (sterna_tensors_find(tensors, name) != NULL)
        return sterna_fail(error, STERNA_ERR_RANGE, "tensor \"%s\" is there already", name);
    char *copy = strdup(name);
    if (copy == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    tensor.name = copy;
    enum sterna_status status = sterna_tensors_append(tensors, &tensor, error);
    free(copy);
    return status;
}

enum sterna_status sterna_tensors_set_metadata(struct sterna_tensors *tensors, const char *key,
                                               const char *value, struct sterna_error *error)
{
    if (!sterna_utf8_valid(key, strlen(key)) || !sterna_utf8_valid(value, strlen(value)))
        return sterna_fail(error, STERNA_ERR_RANGE, "metadata \"%s\" is not UTF-8", key);
    if (sterna_tensors_metadata(tensors, key) != NULL)
        return sterna_fail(error, STERNA_ERR_RANGE, "metadata \"%s\" is there already", key);
    return sterna_tensors_append_entry(tensors, key, value, error);
}

/* The tensors in the order of their bytes in the file: widest elements first, so that each is aligned;
 * else as they were added. Start with *width = WIDEST, *index = 0; NULL at the end. */
static const struct sterna_tensor *next_tensor(const struct sterna_tensors *tensors, size_t *width,
                                               size_t *index)
{
    for (; *width > 0; *width /= 2, *index = 0) {
        while (*index < tensors->count) {
            const struct sterna_tensor *tensor = &tensors->tensor[(*index)++];
            if (sterna_dtype_bytes(tensor->dtype) == *width)
                return tensor;
        }
    }
    return NULL;
}

static bool print_metadata(const struct sterna_tensors *tensors, cJSON *root)
{
    if (tensors->entries == 0)
        return true;
    cJSON *object = cJSON_AddObjectToObject(root, "__metadata__");
    bool done = object != NULL;
    for (size_t i = 0; i < tensors->entries && done; i++)
        done = cJSON_AddStringToObject(object, tensors->metadata[i].key, tensors->metadata[i].value) != NULL;
    return done;
}

/* Append numbers to the list `name` of an object. */
static bool print_sizes(cJSON *object, const char *name, const size_t *values, size_t count)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    bool done = list != NULL;
    for (size_t i = 0; i < count && done; i++)
        done = cJSON_AddItemToArray(list, cJSON_CreateNumber((double)values[i]));
    return done;
}

static bool print_tensors(const struct sterna_tensors *tensors, cJSON *root)
{
    size_t place[2] = {0, 0};
    size_t width = WIDEST;
    size_t index = 0;
    const struct sterna_tensor *tensor;
    while ((tensor = next_tensor(tensors, &width, &index)) != NULL) {
        place[1] = place[0] + tensor->bytes;
        cJSON *object = cJSON_AddObjectToObject(root, tensor->name);
        if (object == NULL ||
            cJSON_AddStringToObject(object, "dtype", sterna_dtype_name(tensor->dtype)) == NULL ||
            !print_sizes(object, "shape", tensor->shape, tensor->rank) ||
            !print_sizes(object, "data_offsets", place, 2))
            return false;
        place[0] = place[1];
    }
    return true;
}

/* Length and header, the header padded with spaces so that the payload is aligned; malloc'ed, NULL if out of
 * memory. */
static uint8_t *print_header(const struct sterna_tensors *tensors, size_t *size)
{
    uint8_t *bytes = NULL;
    cJSON *root = cJSON_CreateObject();
    bool done = root != NULL && print_metadata(tensors, root) && print_tensors(tensors, root);
    char *text = done ? cJSON_PrintUnformatted(root) : NULL;
    if (text != NULL) {
        *size = LENGTH_BYTES + round_up(strlen(text), HEADER_ALIGNMENT);
        bytes = malloc(*size + 1);
    }
    if (bytes != NULL) {
        uint64_t header = *size - LENGTH_BYTES;
        memcpy(bytes, &header, LENGTH_BYTES);
        (void)snprintf((char *)bytes + LENGTH_BYTES, (size_t)header + 1, "%-*s", (int)header, text);
    }
    cJSON_free(text);
    cJSON_Delete(root);
    return bytes;
}

static enum sterna_status write_tensors(const struct sterna_tensors *tensors,
                                        struct sterna_file_writer *writer, struct sterna_error *error)
{
    enum sterna_status status = STERNA_OK;
    size_t width = WIDEST;
    size_t index = 0;
    const struct sterna_tensor *tensor;
    while (status == STERNA_OK && (tensor = next_tensor(tensors, &width, &index)) != NULL)
        status = sterna_file_append(writer, tensor->data, tensor->bytes, error);
    return status;
}

enum sterna_status sterna_tensors_save(const struct sterna_tensors *tensors, const char *path,
                                       struct sterna_error *error)
{
    size_t size = 0;
    uint8_t *header = print_header(tensors, &size);
    if (header == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    struct sterna_file_writer writer;
    enum sterna_status status =
        size > STERNA_HEADER_MAX
            ? sterna_fail(error, STERNA_ERR_RANGE, "%s: a header of %zu bytes is too long", path, size)
            : sterna_file_create(path, &writer, error);
    if (status == STERNA_OK)
        status = sterna_file_append(&writer, header, size, error);
    if (status == STERNA_OK)
        status = write_tensors(tensors, &writer, error);
    if (status == STERNA_OK)
        status = sterna_file_commit(&writer, error);
    free(header);
    return status;
}
