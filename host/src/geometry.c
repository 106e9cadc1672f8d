/* geometry.c - see geometry.h. Each target's numbers are those of hw/rtl/accelerator_TARGET.v; the device says them itself. */
#include "geometry.h"

#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "program.h"
#include "protocol.h"
#include "smaller.h"

/* What all targets have in common. */
#define OF_ALL                                                                                               \
    .protocol = STERNA_PROTOCOL_VERSION, .one_hot_value = STERNA_ONE_HOT_VALUE,                              \
    .kinds = (1u << STERNA_KINDS) - 1, .psum_rows = STERNA_PSUM_ROWS

static const struct sterna_geometry geometries[] = {
    {
        OF_ALL,
        .name = "up5k",
        .tables = 8,
        .streams = 1,
        .entries_log2 = 7,
        .table_w = 16,
        .table_banks = 2,
        .psum_w = 24,
        .weight_bytes = 8 * 16384,
        .scales = 2048,
        .biases = 1024,
        .program_bytes = 512,
        .activation_bytes = 8 * 256,
        .states = 256,
        .request_bytes = 512,
        .reply_bytes = 512,
        .clock_khz = 48000,
    },
    {
        OF_ALL,
        .name = "hx8k",
        .tables = 8,
        .streams = 1,
        .entries_log2 = 7,
        .table_w = 16,
        .table_banks = 2,
        .psum_w = 24,
        .weight_bytes = 8 * 512,
        .scales = 1024,
        .biases = 256,
        .program_bytes = 512,
        .activation_bytes = 8 * 256,
        .states = 256,
        .request_bytes = 512,
        .reply_bytes = 512,
        .clock_khz = 48000,
    },
    {
        OF_ALL,
        .name = "ecp5-25f",
        .tables = 32,
        .streams = 8,
        .entries_log2 = 4,
        .table_w = 11,
        .table_banks = 1,
        .psum_w = 18,
        .weight_bytes = 160 * 512,
        .scales = 2048,
        .biases = 1024,
        .program_bytes = 128,
        .activation_bytes = 32 * 32,
        .states = 1024,
        .request_bytes = 1024,
        .reply_bytes = 1024,
        .clock_khz = 50000,
    },
    {
        OF_ALL,
        .name = "ecp5-85f",
        .tables = 32,
        .streams = 32,
        .entries_log2 = 4,
        .table_w = 11,
        .table_banks = 1,
        .psum_w = 18,
        .weight_bytes = 640 * 512,
        .scales = 4096,
        .biases = 1024,
        .program_bytes = 128,
        .activation_bytes = 32 * 64,
        .states = 1024,
        .request_bytes = 1024,
        .reply_bytes = 1024,
        .clock_khz = 50000,
    },
    {
        OF_ALL,
        .name = "gw2a-18",
        .tables = 32,
        .streams = 5,
        .entries_log2 = 4,
        .table_w = 11,
        .table_banks = 1,
        .psum_w = 18,
        .weight_bytes = 104 * 512,
        .scales = 2048,
        .biases = 1024,
        .program_bytes = 128,
        .activation_bytes = 32 * 32,
        .states = 1024,
        .request_bytes = 1024,
        .reply_bytes = 1024,
        .clock_khz = 50000,
    },
};

enum { TARGETS = sizeof geometries / sizeof *geometries, ACTIVATION_MAX = 127 };

const struct sterna_geometry *sterna_geometry_of(const char *target)
{
    for (size_t i = 0; i < TARGETS; i++)
        if (strcmp(target, geometries[i].name) == 0)
            return &geometries[i];
    return NULL;
}

const char *sterna_geometry_names(void)
{
    return "up5k, hx8k, ecp5-25f, ecp5-85f, gw2a-18";
}

size_t sterna_geometry_most(const struct sterna_geometry *geometry, enum sterna_format format)
{
    struct sterna_program program;
    size_t elements = sterna_program_most(format);
    for (; elements > 0; elements--) {
        sterna_program_make(format, elements, &program);
        if (program.entries <= (size_t)1 << geometry->entries_log2 &&
            sterna_program_reach(&program) < UINT64_C(1) << (geometry->table_w - 1))
            break;
    }
    return elements;
}

uint64_t sterna_geometry_reach(const struct sterna_matrix *matrix, const struct sterna_program *program)
{
    int largest = 0;
    if (program->elements > 1 || matrix->format == STERNA_FORMAT_CODEBOOK)
        return sterna_program_reach(program);
    for (size_t i = 0; i < matrix->rows * matrix->cols; i++)
        largest = abs(matrix->code[i]) > largest ? abs(matrix->code[i]) : largest;
    return (uint64_t)largest * ACTIVATION_MAX;
}

size_t sterna_geometry_widest(const struct sterna_geometry *geometry, const struct sterna_matrix *matrix)
{
    if (matrix->format == STERNA_FORMAT_CODEBOOK)
        return matrix->book.elements;
    const size_t most = sterna_geometry_most(geometry, matrix->format);
    if (most > 0)
        return most;
    struct sterna_program program;
    sterna_program_make(matrix->format, 1, &program);
    return program.entries <= (size_t)1 << geometry->entries_log2 &&
           sterna_geometry_reach(matrix, &program) < UINT64_C(1) << (geometry->table_w - 1);
}

size_t sterna_geometry_steps(const struct sterna_geometry *geometry, size_t input_bytes, size_t result_bytes)
{
    return sterna_smaller(STERNA_STEPS_MAX,
                          sterna_smaller(sterna_geometry_input_room(geometry) / input_bytes,
                                         sterna_geometry_reply_room(geometry) / result_bytes));
}

uint64_t sterna_geometry_ideal(const struct sterna_geometry *geometry, const struct sterna_matrix *matrix,
                               size_t rows, size_t cols)
{
    const size_t most = sterna_geometry_widest(geometry, matrix);
    const size_t columns = geometry->tables * (most ? most : 1);
    return (uint64_t)((rows + geometry->streams - 1) / geometry->streams) * ((cols + columns - 1) / columns);
}
