/* patches.c - see patches.h. */
#include "patches.h"

#include <string.h>

/* An output place, and where its sequence's plane begins. */
struct place {
    size_t sequence, y, x;
    size_t plane; /* first value of the input plane */
};

/* Rows of the kernel that lie inside the plane at this place, and the columns of it: [first, end). */
struct overlap {
    size_t first[2], end[2];
    size_t corner[2]; /* of the plane under the kernel's first value that counts */
};

static size_t place_values(const struct sterna_stack_layer *layer)
{
    return layer->in.width * layer->in.channels;
}

size_t sterna_patches_rows(const struct sterna_stack_layer *layer, const struct sterna_planes *planes)
{
    size_t rows = 0;
    for (size_t b = 0; b < planes->count; b++)
        rows += planes->out[b];
    return rows * layer->out.width;
}

static struct place place_of(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                             size_t row)
{
    struct place at = {0};
    while (row >= planes->out[at.sequence] * layer->out.width) {
        row -= planes->out[at.sequence] * layer->out.width;
        at.plane += planes->in[at.sequence++] * place_values(layer);
    }
    at.y = row / layer->out.width;
    at.x = row % layer->out.width;
    return at;
}

static void advance(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                    struct place *at)
{
    if (++at->x < layer->out.width)
        return;
    at->x = 0;
    at->y++;
    while (at->sequence < planes->count && at->y >= planes->out[at->sequence]) {
        at->y = 0;
        at->plane += planes->in[at->sequence++] * place_values(layer);
    }
}

static void overlap_side(const struct sterna_stack_layer *layer, size_t side, size_t place, size_t length,
                         struct overlap *overlap)
{
    const size_t start = place * layer->stride[side], pad = layer->pad[side];
    overlap->first[side] = start < pad ? pad - start : 0;
    overlap->corner[side] = start < pad ? 0 : start - pad;
    const size_t room = length + pad - start; /* a place always has some */
    overlap->end[side] = layer->kernel[side] < room ? layer->kernel[side] : room;
}

static struct overlap overlap_of(const struct sterna_stack_layer *layer, size_t height, size_t y, size_t x)
{
    struct overlap overlap;
    overlap_side(layer, 0, y, height, &overlap);
    overlap_side(layer, 1, x, layer->in.width, &overlap);
    return overlap;
}

/* First value of the plane's row under kernel row ky, at the first column that counts. */
static size_t row_start(const struct sterna_stack_layer *layer, const struct overlap *overlap, size_t ky)
{
    return ((overlap->corner[0] + ky - overlap->first[0]) * layer->in.width + overlap->corner[1]) *
           layer->in.channels;
}

static void gather_one(const struct sterna_stack_layer *layer, const struct overlap *overlap, size_t group,
                       const float *plane, float *patch)
{
    const size_t all = layer->in.channels, own = all / layer->groups, wide = layer->kernel[1] * own;
    const size_t first = overlap->first[1], count = overlap->end[1] - first;

    if (overlap->end[0] - overlap->first[0] < layer->kernel[0] || count < layer->kernel[1])
        memset(patch, 0, layer->cols * sizeof *patch);
    for (size_t ky = overlap->first[0]; ky < overlap->end[0]; ky++) {
        const float *from = plane + row_start(layer, overlap, ky) + group * own;
        float *to = patch + ky * wide + first * own;
        for (size_t i = 0; layer->groups == 1 && i < count * own; i++)
            to[i] = from[i];
        for (size_t i = 0; layer->groups > 1 && i < count; i++)
            memcpy(to + i * own, from + i * all, own * sizeof *to);
    }
}

void sterna_patches_gather(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                           size_t group, const float *value, size_t first, size_t count, float *patch)
{
    struct place at = place_of(layer, planes, first);

    for (size_t i = 0; i < count; i++) {
        const struct overlap overlap = overlap_of(layer, planes->in[at.sequence], at.y, at.x);
        gather_one(layer, &overlap, group, value + at.plane, patch + i * layer->cols);
        advance(layer, planes, &at);
    }
}

static void scatter_one(const struct sterna_stack_layer *layer, const struct overlap *overlap, size_t group,
                        const float *patch, float *plane)
{
    const size_t all = layer->in.channels, own = all / layer->groups, wide = layer->kernel[1] * own;
    const size_t first = overlap->first[1], count = overlap->end[1] - first;

    for (size_t ky = overlap->first[0]; ky < overlap->end[0]; ky++) {
        const float *from = patch + ky * wide + first * own;
        float *to = plane + row_start(layer, overlap, ky) + group * own;
        for (size_t i = 0; layer->groups == 1 && i < count * own; i++)
            to[i] += from[i];
        for (size_t i = 0; layer->groups > 1 && i < count; i++)
            for (size_t c = 0; c < own; c++)
                to[i * all + c] += from[i * own + c];
    }
}

void sterna_patches_scatter(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                            size_t group, const float *patch, size_t first, size_t count, float *value)
{
    struct place at = place_of(layer, planes, first);

    for (size_t i = 0; i < count; i++) {
        const struct overlap overlap = overlap_of(layer, planes->in[at.sequence], at.y, at.x);
        scatter_one(layer, &overlap, group, patch + i * layer->cols, value + at.plane);
        advance(layer, planes, &at);
    }
}

void sterna_patches_gather_int8(const struct sterna_stack_layer *layer, size_t height, size_t group,
                                const int8_t *value, size_t y, size_t x, int8_t *patch)
{
    const struct overlap overlap = overlap_of(layer, height, y, x);
    const size_t all = layer->in.channels, own = all / layer->groups;

    memset(patch, 0, layer->cols);
    for (size_t ky = overlap.first[0]; ky < overlap.end[0]; ky++)
        for (size_t kx = overlap.first[1]; kx < overlap.end[1]; kx++)
            memcpy(patch + (ky * layer->kernel[1] + kx) * own,
                   value + row_start(layer, &overlap, ky) + (kx - overlap.first[1]) * all + group * own, own);
}

/* ---- pooling ---- */

/* Half away from zero, to multiples of unit. */
static float to_unit(float value, float unit)
{
    const float scaled = value / unit;
    return (float)(int32_t)(scaled + (scaled < 0.0f ? -0.5f : 0.5f)) * unit;
}

/* Windows have no padding: all of them lie inside. */
static void pool_place(const struct sterna_stack_layer *layer, float unit, const float *window, float *to)
{
    const size_t C = layer->in.channels, area = layer->kernel[0] * layer->kernel[1];
    const bool maximum = layer->kind == STERNA_STACK_MAX_POOL;

    memcpy(to, window, C * sizeof *to);
    for (size_t ky = 0; ky < layer->kernel[0]; ky++)
        for (size_t kx = ky == 0 ? 1 : 0; kx < layer->kernel[1]; kx++) {
            const float *from = window + (ky * layer->in.width + kx) * C;
            for (size_t c = 0; c < C; c++)
                to[c] = !maximum ? to[c] + from[c] : from[c] > to[c] ? from[c] : to[c];
        }
    for (size_t c = 0; !maximum && c < C; c++) {
        to[c] /= (float)area;
        to[c] = unit > 0.0f ? to_unit(to[c], unit) : to[c];
    }
}

static const float *window_of(const struct sterna_stack_layer *layer, const struct place *at,
                              const float *value)
{
    return value + at->plane +
           (at->y * layer->stride[0] * layer->in.width + at->x * layer->stride[1]) * layer->in.channels;
}

void sterna_patches_pool(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                         float unit, const float *value, float *pooled)
{
    const size_t rows = sterna_patches_rows(layer, planes);
    struct place at = place_of(layer, planes, 0);

    for (size_t i = 0; i < rows; i++) {
        pool_place(layer, unit, window_of(layer, &at, value), pooled + i * layer->out.channels);
        advance(layer, planes, &at);
    }
}

static void unpool_place(const struct sterna_stack_layer *layer, const float *window, const float *pooled,
                         const float *dpooled, float *dwindow)
{
    const size_t C = layer->in.channels;
    const float share = 1.0f / (float)(layer->kernel[0] * layer->kernel[1]);

    for (size_t c = 0; c < C; c++) {
        bool found = false;
        for (size_t ky = 0; ky < layer->kernel[0]; ky++)
            for (size_t kx = 0; kx < layer->kernel[1]; kx++) {
                const size_t i = (ky * layer->in.width + kx) * C + c;
                if (layer->kind == STERNA_STACK_MEAN_POOL)
                    dwindow[i] += share * dpooled[c];
                else if (!found && window[i] >= pooled[c]) {
                    dwindow[i] += dpooled[c];
                    found = true;
                }
            }
    }
}

void sterna_patches_pool_backward(const struct sterna_stack_layer *layer, const struct sterna_planes *planes,
                                  const float *value, const float *pooled, const float *dpooled,
                                  float *dvalue)
{
    const size_t rows = sterna_patches_rows(layer, planes), C = layer->out.channels;
    struct place at = place_of(layer, planes, 0);
    size_t heights = 0;

    for (size_t b = 0; b < planes->count; b++)
        heights += planes->in[b];
    memset(dvalue, 0, heights * place_values(layer) * sizeof *dvalue);
    for (size_t i = 0; i < rows; i++) {
        const float *window = window_of(layer, &at, value);
        unpool_place(layer, window, pooled + i * C, dpooled + i * C, dvalue + (window - value));
        advance(layer, planes, &at);
    }
}
