/* safetensors_strict.h - a second reader of tensor files, for tests only: strict, slow, no code in common
 * with the library's.
 *
 * It checks what the format's description asks for (https://github.com/huggingface/safetensors, "Format")
 * and what its reference implementation writes beyond that: no white space but the padding, data aligned
 * to 8 bytes, header in order of the data.
 */
#ifndef STERNA_SAFETENSORS_STRICT_H
#define STERNA_SAFETENSORS_STRICT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct strict_reader {
    const uint8_t *bytes; /* the file */
    size_t size;
    size_t at, end; /* the header's text that is left */
    size_t next;    /* payload byte at which the next tensor must begin */
    size_t tensors, entries;
    const char *fault; /* the first rule broken; NULL: none */
};

static inline void strict_fault(struct strict_reader *reader, const char *fault)
{
    if (reader->fault == NULL)
        reader->fault = fault;
    reader->at = reader->end;
}

static inline bool strict_take(struct strict_reader *reader, char c)
{
    bool there = reader->at < reader->end && reader->bytes[reader->at] == (uint8_t)c;
    reader->at += there;
    return there;
}

static inline void strict_expect(struct strict_reader *reader, const char *text)
{
    for (; *text != '\0'; text++)
        if (!strict_take(reader, *text))
            strict_fault(reader, "unexpected character in the header");
}

/* A string into text, escapes left as they are. */
static inline void strict_string(struct strict_reader *reader, char *text, size_t size)
{
    size_t used = 0;
    strict_expect(reader, "\"");
    while (reader->at < reader->end && reader->bytes[reader->at] != '"') {
        size_t length = reader->bytes[reader->at] == '\\' ? 2 : 1;
        for (size_t i = 0; i < length && reader->at < reader->end; i++) {
            if (reader->bytes[reader->at] < 0x20 || used + 1 >= size)
                strict_fault(reader, "control character, or a string too long for this reader");
            else
                text[used++] = (char)reader->bytes[reader->at++];
        }
    }
    text[used] = '\0';
    strict_expect(reader, "\"");
}

static inline size_t strict_number(struct strict_reader *reader)
{
    size_t start = reader->at;
    size_t number = 0;
    while (reader->at < reader->end && reader->bytes[reader->at] >= '0' && reader->bytes[reader->at] <= '9')
        number = 10 * number + (size_t)(reader->bytes[reader->at++] - '0');
    bool leading_zero = reader->at - start > 1 && reader->bytes[start] == '0';
    if (reader->at == start || reader->at - start > 15 || leading_zero)
        strict_fault(reader, "not a plain whole number");
    return number;
}

static inline size_t strict_element_bytes(const char *dtype)
{
    static const char *const names[] = {"U8", "I8", "I16", "I32", "F32", "I64", "F64"};
    static const size_t bytes[] = {1, 1, 2, 4, 4, 8, 8};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], dtype) == 0)
            return bytes[i];
    return 0;
}

static inline void strict_tensor(struct strict_reader *reader)
{
    char dtype[8];
    strict_expect(reader, "{\"dtype\":");
    strict_string(reader, dtype, sizeof dtype);
    size_t element = strict_element_bytes(dtype);
    size_t bytes = element;
    strict_expect(reader, ",\"shape\":[");
    if (!strict_take(reader, ']')) {
        do
            bytes *= strict_number(reader);
        while (strict_take(reader, ','));
        strict_expect(reader, "]");
    }
    strict_expect(reader, ",\"data_offsets\":[");
    size_t begin = strict_number(reader);
    strict_expect(reader, ",");
    size_t end = strict_number(reader);
    strict_expect(reader, "]}");
    if (element == 0 || begin % element != 0)
        strict_fault(reader, "unknown dtype, or data not aligned");
    else if (begin != reader->next || end < begin || end - begin != bytes)
        strict_fault(reader, "data_offsets leave a hole, overlap, or do not match the shape");
    reader->next = end;
    reader->tensors++;
}

static inline void strict_metadata(struct strict_reader *reader)
{
    char text[1024];
    strict_expect(reader, "{");
    do {
        strict_string(reader, text, sizeof text);
        strict_expect(reader, ":");
        strict_string(reader, text, sizeof text);
        reader->entries++;
    } while (strict_take(reader, ','));
    strict_expect(reader, "}");
}

/* NULL if the file obeys every rule, else the rule it breaks. The reader holds the numbers of tensors and
 * metadata entries. */
static inline const char *strict_read(struct strict_reader *reader, const uint8_t *bytes, size_t size)
{
    *reader = (struct strict_reader){.bytes = bytes, .size = size, .at = 8};
    uint64_t length = 0;
    for (size_t i = 0; i < 8 && size >= 8; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    if (size < 8 || length > size - 8 || length > 100000000 || length % 8 != 0)
        return "the header's length";
    reader->end = 8 + (size_t)length;
    strict_expect(reader, "{");
    while (reader->at < reader->end && !strict_take(reader, '}')) {
        char name[256];
        strict_string(reader, name, sizeof name);
        strict_expect(reader, ":");
        if (strcmp(name, "__metadata__") == 0)
            strict_metadata(reader);
        else
            strict_tensor(reader);
        if (reader->at < reader->end && reader->bytes[reader->at] != '}')
            strict_expect(reader, ",");
    }
    while (reader->at < reader->end)
        strict_expect(reader, " ");
    if (reader->fault == NULL && reader->next != size - reader->end)
        return "bytes after the last tensor";
    return reader->fault;
}

#endif
