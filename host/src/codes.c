/* codes.c - see codes.h. */
#include "codes.h"

#include <assert.h>

#include "codebook.h"

/* Digits of a byte: code 0 is digit `zero`. Binary has no 0; there `zero` fills the rest of the last byte. */
struct digits {
    unsigned per_byte, base, zero;
};

static const struct digits digits_of[STERNA_FORMATS] = {
    [STERNA_FORMAT_TERNARY] = {5, 3, 1}, /* 3^5 = 243 */
    [STERNA_FORMAT_POW2] = {2, 16, 8},   /* 15 of 16 digits are used */
    [STERNA_FORMAT_BINARY] = {8, 2, 0},   [STERNA_FORMAT_INT4] = {2, 16, 8},
    [STERNA_FORMAT_INT8] = {1, 256, 128}, [STERNA_FORMAT_CODEBOOK] = {1, 256, 128},
};

size_t sterna_codes_per_byte(enum sterna_format format)
{
    return digits_of[format].per_byte;
}

size_t sterna_codes_bytes(enum sterna_format format, size_t count)
{
    const size_t per_byte = digits_of[format].per_byte;
    return (count + per_byte - 1) / per_byte;
}

size_t sterna_codes_size(const struct sterna_matrix *matrix)
{
    if (matrix->format == STERNA_FORMAT_CODEBOOK)
        return matrix->rows * matrix->book.groups + STERNA_CODEBOOK_WORDS * matrix->book.elements;
    return sterna_codes_bytes(matrix->format, matrix->rows * matrix->cols);
}

/* The exponent's place: 1, 2, 4, ... are 1, 2, 3, ... */
static int level_of_power(int magnitude)
{
    int level = 0;
    while (magnitude >> level != 0)
        level++;
    return level;
}

static unsigned digit_of(enum sterna_format format, int code)
{
    if (format == STERNA_FORMAT_BINARY)
        return code > 0;
    int level = code;
    if (format == STERNA_FORMAT_POW2)
        level = code < 0 ? -level_of_power(-code) : level_of_power(code);
    return (unsigned)(level + (int)digits_of[format].zero);
}

static int code_of(enum sterna_format format, unsigned digit)
{
    if (format == STERNA_FORMAT_BINARY)
        return digit != 0 ? 1 : -1;
    const int level = (int)digit - (int)digits_of[format].zero;
    if (format == STERNA_FORMAT_POW2)
        return level < 0 ? -(1 << -level >> 1) : 1 << level >> 1;
    return level;
}

void sterna_codes_pack(enum sterna_format format, const int8_t *code, size_t count, uint8_t *packed)
{
    const struct digits *digits = &digits_of[format];
    assert(digits->per_byte > 1);
    for (size_t first = 0; first < count; first += digits->per_byte) {
        unsigned byte = 0;
        for (size_t k = digits->per_byte; k-- > 0;) {
            const size_t at = first + k;
            byte = byte * digits->base + (at < count ? digit_of(format, code[at]) : digits->zero);
        }
        *packed++ = (uint8_t)byte;
    }
}

/* One byte's codes, of which `count` are wanted. */
static bool unpack_byte(enum sterna_format format, unsigned byte, size_t count, int8_t *code)
{
    const struct digits *digits = &digits_of[format];
    for (size_t k = 0; k < digits->per_byte; k++, byte /= digits->base) {
        const unsigned digit = byte % digits->base;
        const int value = code_of(format, digit);
        if (k < count ? !sterna_format_has(format, value) : digit != digits->zero)
            return false;
        if (k < count)
            code[k] = (int8_t)value;
    }
    return byte == 0;
}

bool sterna_codes_unpack(enum sterna_format format, const uint8_t *packed, size_t count, int8_t *code,
                         size_t *wrong)
{
    const size_t per_byte = digits_of[format].per_byte;
    assert(per_byte > 1);
    for (size_t b = 0; b * per_byte < count; b++) {
        if (!unpack_byte(format, packed[b], count - b * per_byte, code + b * per_byte)) {
            *wrong = b;
            return false;
        }
    }
    return true;
}
