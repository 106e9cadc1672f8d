#include "buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

void *sterna_buffer_new(size_t count, size_t size)
{
    if (size == 0 || count > (SIZE_MAX - ALIGNMENT) / size)
        return NULL;
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0)
        bytes = ALIGNMENT;
    void *buffer = aligned_alloc(ALIGNMENT, bytes);
    if (buffer)
        memset(buffer, 0, bytes);
    return buffer;
}

bool sterna_buffer_finite(const float *value, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i]))
            return false;
    }
    return true;
}
