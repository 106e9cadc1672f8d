/* safetensors.h - tensor files: 8 bytes little-endian header length, a JSON header, the tensors' bytes.
 *
 * Reading refuses, with the reason: a truncated file, a header longer than the file or 100 MB, JSON that
 * is not one flat object of tensors, lengths that overflow, overlaps, gaps, offsets beyond the file, a
 * byte count that is not shape x size, an unknown dtype, duplicate names. Writing goes to a temporary name
 * in the same directory, is flushed to disk, then renamed: a failure leaves an existing file as it was.
 */
#ifndef STERNA_SAFETENSORS_H
#define STERNA_SAFETENSORS_H

#include "sterna.h"

enum sterna_dtype {
    STERNA_U8,
    STERNA_I8,
    STERNA_I16,
    STERNA_I32,
    STERNA_I64,
    STERNA_F32,
    STERNA_F64,
    STERNA_DTYPES
};
enum { STERNA_RANK_MAX = 8 };

struct sterna_tensor {
    char *name;
    enum sterna_dtype dtype;
    size_t rank;
    size_t shape[STERNA_RANK_MAX];
    size_t bytes;
    const void *data; /* aligned to 16 bytes when read; borrowed when written */
};

struct sterna_tensors; /* a file read, or one being put together */

STERNA_MUST_CHECK enum sterna_status sterna_tensors_open(const char *path, struct sterna_tensors **tensors,
                                                         struct sterna_error *error);
/* The same from bytes in memory (copied). `path` only names them in errors. */
STERNA_MUST_CHECK enum sterna_status sterna_tensors_parse(const char *path, const uint8_t *bytes, size_t size,
                                                          struct sterna_tensors **tensors,
                                                          struct sterna_error *error);
void sterna_tensors_close(struct sterna_tensors *tensors);
size_t sterna_tensors_count(const struct sterna_tensors *tensors);
const struct sterna_tensor *sterna_tensors_at(const struct sterna_tensors *tensors, size_t index);
/* NULL if there is none of that name. */
const struct sterna_tensor *sterna_tensors_find(const struct sterna_tensors *tensors, const char *name);
/* The tensor of this name, dtype and shape, or STERNA_ERR_FORMAT with what was found instead. */
STERNA_MUST_CHECK enum sterna_status sterna_tensors_require(const struct sterna_tensors *tensors,
                                                            const char *name, enum sterna_dtype dtype,
                                                            size_t rank, const size_t *shape,
                                                            const struct sterna_tensor **tensor,
                                                            struct sterna_error *error);
/* A string of __metadata__, NULL if absent. */
const char *sterna_tensors_metadata(const struct sterna_tensors *tensors, const char *key);

STERNA_MUST_CHECK enum sterna_status sterna_tensors_new(struct sterna_tensors **tensors,
                                                        struct sterna_error *error);
/* data must stay valid until _save. */
STERNA_MUST_CHECK enum sterna_status sterna_tensors_add(struct sterna_tensors *tensors, const char *name,
                                                        enum sterna_dtype dtype, size_t rank,
                                                        const size_t *shape, const void *data,
                                                        struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_tensors_set_metadata(struct sterna_tensors *tensors,
                                                                 const char *key, const char *value,
                                                                 struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_tensors_save(const struct sterna_tensors *tensors,
                                                         const char *path, struct sterna_error *error);

#endif
