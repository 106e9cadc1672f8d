/* A negative row scale is the same as a negated row of codes, since rounding and saturation are symmetric. */
#include "recurrent_fixed.h"

#include "fixed.h"
#include "fixed_vector.h"

static size_t rows_of(const struct sterna_recurrent *layer)
{
    return layer->type->gates * layer->hidden;
}

/* Exact sums [rows] of the input's rows to terms with their biases; from to. */
static void finish_terms(const struct sterna_recurrent *layer, const int32_t *sum, int32_t *term)
{
    const size_t rows = rows_of(layer), plain = rows - layer->type->own_gates * layer->hidden;
    const int32_t *m = layer->ih.scale_m, *s = layer->ih.scale_s;

    for (size_t g = 0; g < rows; g++)
        term[g] = sterna_vector_scale(sum[g], m[g], s[g]) + layer->bias_fixed[g];
    for (size_t g = plain; g < rows; g++)
        term[g] = sterna_vector_saturate(term[g]);
}

void sterna_recurrent_fixed_prepare(struct sterna_recurrent *layer)
{
    const size_t rows = rows_of(layer), biases = rows + layer->type->own_gates * layer->hidden;

    for (size_t i = 0; i < biases; i++)
        layer->bias_fixed[i] = sterna_cell_round_bias(layer->bias[i]);
    sterna_packed_int_fill(&layer->h_codes, layer->hh.code);
    if (!layer->one_hot) {
        sterna_packed_int_fill(&layer->x_codes, layer->ih.code);
        return;
    }
    for (size_t i = 0; i < layer->inputs; i++) {
        int32_t *row = layer->x_table_fixed + i * rows;
        for (size_t g = 0; g < rows; g++)
            row[g] = STERNA_FIXED_ONE_HOT * layer->ih.code[g * layer->inputs + i];
        finish_terms(layer, row, row);
    }
}

/* The input's terms of all steps. */
static void make_terms(const struct sterna_recurrent *layer, const struct sterna_track *track, int32_t *terms)
{
    const size_t rows = rows_of(layer), count = track->steps * track->batch;

    sterna_packed_int_product(count, track->input8, layer->inputs, &layer->x_codes, terms, rows);
    for (size_t i = 0; i < count; i++)
        finish_terms(layer, terms + i * rows, terms + i * rows);
}

static float nearest(float value, float unit, float limit)
{
    float scaled = value * unit;
    float whole = (float)(int32_t)(scaled + (scaled < 0.0f ? -0.5f : 0.5f));
    return (whole > limit ? limit : whole < -limit ? -limit : whole) / unit;
}

/* A state carried over from the float phase becomes what a device can hold; one that is already stays as it is. */
static void round_state(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const float one = (float)sterna_cell_one(layer->type->cell);
    const bool gru = layer->type->own_gates > 0; /* a is s rounded */

    for (size_t i = 0; i < track->batch * layer->hidden; i++) {
        track->s[i] = nearest(track->s[i], gru ? 32768.0f : 2048.0f, (float)STERNA_VECTOR_LIMIT);
        track->a[i] = nearest(gru ? track->s[i] : track->a[i], one, 127.0f);
        track->a8[i] = (int8_t)(track->a[i] * one);
    }
}

void sterna_recurrent_fixed_forward(const struct sterna_recurrent *layer, const struct sterna_track *track)
{
    const size_t H = layer->hidden, B = track->batch, rows = rows_of(layer), S = layer->type->saved;
    const float one = (float)sterna_cell_one(layer->type->cell);
    int32_t *terms = (int32_t *)(void *)track->terms;
    struct sterna_gate_tables tables;
    struct sterna_fixed_row row = {
        .tables = &tables, .m = layer->hh.scale_m, .s = layer->hh.scale_s, .bias = layer->bias_fixed + rows};

    sterna_gate_tables_fill(&tables);
    round_state(layer, track);
    if (!layer->one_hot)
        make_terms(layer, track, terms);
    for (size_t t = 0; t < track->steps; t++) {
        const size_t now = t * B, then = (t + 1) * B, count = track->active[t];
        sterna_packed_int_product(count, track->a8 + now * H, H, &layer->h_codes, track->sums, rows);
        for (size_t b = 0; b < count; b++) {
            const size_t i = now + b;
            float *a_next = track->a + (then + b) * H;
            row.x = layer->one_hot ? layer->x_table_fixed + track->symbol[i] * rows : terms + i * rows;
            row.sum = track->sums + b * rows;
            layer->type->fixed(H, &row, track->s + i * H, track->saved + i * S * H, track->s + (then + b) * H,
                               a_next);
            for (size_t u = 0; u < H; u++)
                track->a8[(then + b) * H + u] = (int8_t)(a_next[u] * one);
        }
    }
}
