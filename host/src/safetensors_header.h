/* safetensors_header.h - the JSON header of a tensor file, between safetensors.c and safetensors_header.c
 * only. */
#ifndef STERNA_SAFETENSORS_HEADER_H
#define STERNA_SAFETENSORS_HEADER_H

#include "safetensors.h"

enum { STERNA_HEADER_MAX = 100000000 }; /* bytes, a rule of the format */

struct sterna_tensors_entry {
    char *key, *value;
};

struct sterna_tensors {
    char *path; /* for errors; NULL while being put together */
    struct sterna_tensor *tensor;
    size_t count;
    struct sterna_tensors_entry *metadata;
    size_t entries;
    uint8_t *payload; /* what .data of a file read points to; NULL while being put together */
};

const char *sterna_dtype_name(enum sterna_dtype dtype);
/* Bytes of one element. */
size_t sterna_dtype_bytes(enum sterna_dtype dtype);
/* Product of the shape and the element's size; false if it does not fit a size_t. */
bool sterna_tensor_bytes(const struct sterna_tensor *tensor, size_t *bytes);

/* Append a tensor (its name is copied) or a metadata string (both copied); no other checks. */
STERNA_MUST_CHECK enum sterna_status sterna_tensors_append(struct sterna_tensors *tensors,
                                                           const struct sterna_tensor *tensor,
                                                           struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_tensors_append_entry(struct sterna_tensors *tensors,
                                                                 const char *key, const char *value,
                                                                 struct sterna_error *error);

/* Fill empty *tensors (path set) from a header; each .data points into the payload bytes that follow the
 * header. On failure *tensors is partly filled and still has to be closed. */
STERNA_MUST_CHECK enum sterna_status sterna_header_parse(const char *text, size_t size,
                                                         const uint8_t *payload, size_t payload_size,
                                                         struct sterna_tensors *tensors,
                                                         struct sterna_error *error);
#endif
