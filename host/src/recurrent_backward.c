/* recurrent_backward.c - back-propagation through time of recurrent.h. The cell turns saved into gradients of its
 * pre-activations step by step; what needs those of all steps is done at once afterwards. */
#include "recurrent.h"

#include <string.h>

#include "product.h"
#include "quantize.h"

/* Gradients of products over the window: row i of gate g stands at value + i * ld + place[g] * H. */
struct products {
    const float *value;
    size_t ld, place[4];
};

static size_t rows_of(const struct sterna_recurrent *layer)
{
    return layer->type->gates * layer->hidden;
}

/* ---- step by step ---- */

static void step_backward(const struct sterna_recurrent *layer, const struct sterna_track *track, size_t t,
                          const float *above, const struct sterna_recurrent_gradient *gradient)
{
    const size_t H = layer->hidden, B = track->batch, S = layer->type->saved, count = track->active[t];
    float *saved = track->saved + t * B * S * H;

    for (size_t b = 0; b < count; b++) {
        const size_t i = t * B + b;
        float *da = gradient->da + b * H;
        for (size_t u = 0; u < H; u++)
            da[u] += above[i * H + u];
        layer->type->backward(H, track->s + i * H, track->s + (i + B) * H, saved + b * S * H, da,
                              gradient->ds + b * H);
    }
    memset(saved + count * S * H, 0, (B - count) * S * H * sizeof *saved);
}

static void all_steps(const struct sterna_recurrent *layer, const struct sterna_track *track,
                      const float *above, const struct sterna_recurrent_gradient *gradient)
{
    const size_t H = layer->hidden, B = track->batch, S = layer->type->saved, rows = rows_of(layer);
    const bool norm = layer->norm == STERNA_NORMALIZE_LAYER && !layer->integer;

    memset(gradient->da, 0, B * H * sizeof(float));
    memset(gradient->ds, 0, B * H * sizeof(float));
    for (size_t t = track->steps; t-- > 0;) {
        const size_t count = track->active[t];
        const float *products = track->saved + t * B * S * H;
        size_t ld = S * H;
        step_backward(layer, track, t, above, gradient);
        if (norm) {
            float *normal = track->h_trace->normal + t * B * rows;
            sterna_layer_norm_step_backward(count, rows, layer->h_scale.gain, products, ld,
                                            track->h_trace->inverse + t * B, normal, gradient->gain_hh);
            memset(normal + count * rows, 0, (B - count) * rows * sizeof *normal);
            products = normal;
            ld = rows;
        }
        if (t > 0)
            sterna_packed_product(count, products, ld, &layer->h_backward, true, gradient->da, H);
    }
}

/* ---- all steps at once ---- */

static void add_biases(const struct sterna_recurrent *layer, const struct sterna_track *track,
                       const struct sterna_recurrent_gradient *gradient)
{
    const size_t H = layer->hidden, ld = layer->type->saved * H, count = track->steps * track->batch;

    sterna_product_add_rows(count, rows_of(layer), track->saved, ld, gradient->bias_hh);
    for (size_t g = 0; g < layer->type->gates; g++) {
        const size_t place = layer->type->input_gradient(g);
        float *bias = gradient->bias_ih + g * H;
        if (place != g)
            sterna_product_add_rows(count, H, track->saved + place * H, ld, bias);
        for (size_t u = 0; place == g && u < H; u++)
            bias[u] += gradient->bias_hh[g * H + u];
    }
}

/* The gradients of the input's terms, gates together: into terms, which are not needed any more. */
static void gather_terms(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t H = layer->hidden, G = layer->type->gates, S = layer->type->saved;

    for (size_t i = 0; i < track->steps * track->batch; i++)
        for (size_t g = 0; g < G; g++)
            memcpy(track->terms + (i * G + g) * H,
                   track->saved + (i * S + layer->type->input_gradient(g)) * H, H * sizeof(float));
}

/* Back through the normalization of the input's products. */
static void unnormalize(const struct sterna_recurrent *layer, const struct sterna_track *track,
                        const struct sterna_recurrent_gradient *gradient)
{
    const size_t B = track->batch, rows = rows_of(layer);
    struct sterna_product_trace *trace = track->x_trace;

    gather_terms(layer, track);
    if (layer->norm == STERNA_NORMALIZE_BATCH) {
        sterna_batch_norm_backward(track->steps, B, track->active, rows, layer->x_scale.gain, track->terms,
                                   trace, gradient->gain_ih);
    } else {
        for (size_t t = 0; t < track->steps; t++)
            sterna_layer_norm_step_backward(track->active[t], rows, layer->x_scale.gain,
                                            track->terms + t * B * rows, rows, trace->inverse + t * B,
                                            trace->normal + t * B * rows, gradient->gain_ih);
    }
    for (size_t t = 0; t < track->steps; t++)
        memset(trace->normal + (t * B + track->active[t]) * rows, 0,
               (B - track->active[t]) * rows * sizeof(float));
}

/* Where the gradients of the input's products are. */
static struct products input_products(const struct sterna_recurrent *layer, const struct sterna_track *track,
                                      const struct sterna_recurrent_gradient *gradient)
{
    struct products x = {.value = track->saved, .ld = layer->type->saved * layer->hidden};
    const bool norm = layer->norm != STERNA_NORMALIZE_NONE && !layer->integer;

    if (norm) {
        unnormalize(layer, track, gradient);
        x.value = track->x_trace->normal;
        x.ld = rows_of(layer);
    }
    for (size_t g = 0; g < layer->type->gates; g++)
        x.place[g] = norm ? g : layer->type->input_gradient(g);
    return x;
}

/* The activations that the weights' gradient multiplies: quantized, if so wished. */
static const float *operand(const struct sterna_recurrent_gradient *gradient, uint32_t tensor, int top,
                            const float *a, size_t count)
{
    struct sterna_draw draw = gradient->draw;

    if (!gradient->quantized)
        return a;
    draw.tensor += tensor;
    sterna_quantize_activations(a, count, gradient->backprop_bits, top, &draw, 0, gradient->quantized);
    return gradient->quantized;
}

static void symbols_backward(const struct sterna_recurrent *layer, const struct sterna_track *track,
                             const struct products *x, const struct sterna_recurrent_gradient *gradient)
{
    const size_t H = layer->hidden, rows = rows_of(layer);

    for (size_t i = 0; i < track->steps * track->batch; i++) {
        const float keep = track->keep && !layer->integer ? track->keep[i] : 1.0f;
        float *restrict row = gradient->ih + track->symbol[i] * rows;
        for (size_t g = 0; g < layer->type->gates; g++) {
            const float *restrict from = x->value + i * x->ld + x->place[g] * H;
            for (size_t u = 0; u < H; u++)
                row[g * H + u] += keep * from[u];
        }
    }
}

/* Gates that lie together go through one product. */
static void dense_backward(const struct sterna_recurrent *layer, const struct sterna_track *track,
                           const struct products *x, const struct sterna_recurrent_gradient *gradient)
{
    const size_t H = layer->hidden, I = layer->inputs, G = layer->type->gates;
    const size_t count = track->steps * track->batch;
    const float *input = operand(gradient, 0, 2, track->input, count * I);

    for (size_t g = 0, next; g < G; g = next) {
        for (next = g + 1; next < G && x->place[next] == x->place[next - 1] + 1;)
            next++;
        const float *from = x->value + x->place[g] * H;
        sterna_product_outer((next - g) * H, I, count, from, x->ld, input, I, gradient->ih + g * H * I, I);
        if (gradient->input)
            sterna_product(count, I, (next - g) * H, from, x->ld, layer->ih.value + g * H * I, I, g > 0,
                           gradient->input, I);
    }
}

void sterna_recurrent_backward(const struct sterna_recurrent *layer, const struct sterna_track *track,
                               const float *above, const struct sterna_recurrent_gradient *gradient)
{
    const size_t H = layer->hidden, rows = rows_of(layer), count = track->steps * track->batch;

    all_steps(layer, track, above, gradient);
    add_biases(layer, track, gradient);
    const bool norm = layer->norm == STERNA_NORMALIZE_LAYER && !layer->integer;
    const float *products = norm ? track->h_trace->normal : track->saved;
    sterna_product_outer(rows, H, count, products, norm ? rows : layer->type->saved * H,
                         operand(gradient, 1, 2, track->a, count * H), H, gradient->hh, H);
    const struct products x = input_products(layer, track, gradient);
    if (layer->one_hot)
        symbols_backward(layer, track, &x, gradient);
    else
        dense_backward(layer, track, &x, gradient);
}
