/* front_end.c - sound to frames: Hann window, FFT, mel bands, logarithm, cosine transform, slopes. Formulas
 * in sterna.h.
 *
 * There is one form, the streaming one; a recording is a stream that ends. Sums are in double: a frame is 32
 * to 40 logarithms and a small transform, so nothing is gained by less.
 */
#include "front_end.h"

#include "buffer.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

enum { SLOPE = 5, BANDS_MAX = 128, WINDOW_MAX = 1 << 16, RATE_MAX = 768000 };

static const double pi = 3.14159265358979323846;
static const double floor_power = 1e-7;

struct sterna_front_end {
    size_t window, hop, transform; /* samples: N, from frame to frame, M */
    size_t bands, base, deltas;    /* base: values before their slopes */
    bool cosine;                   /* "mfcc" */
    float *hann;                   /* [window], already divided by the root of the sum of its squares */
    float *band;             /* [bands, transform / 2 + 1], zero but from edge[2 b] to edge[2 b + 1] - 1 */
    size_t *edge;            /* [bands, 2] */
    float *dct;              /* [base, bands] */
    float *energy;           /* [bands], of the frame at hand */
    float *level;            /* [base], the running mean of each value */
    double adapt;            /* a: its step; 0: no such mean is taken off */
    float *history;          /* [deltas, SLOPE, base], oldest first */
    float *held;             /* [window], the samples of the frame to come */
    size_t holds, skip;      /* how many; samples to drop before the next (hop > window) */
    bool begun;              /* a frame has gone out */
    float *time;             /* [transform] */
    fftwf_complex *spectrum; /* [transform / 2 + 1] */
    fftwf_plan plan;
};

/* FFTW's planner is the only part of it that threads may not enter together. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* ---- tables -------------------------------------------------------------------------------------------- */

static double mel_of(double hertz)
{
    return 2595 * log10(1 + hertz / 700);
}

static double hertz_of(double mel)
{
    return 700 * (pow(10, mel / 2595) - 1);
}

static void fill_hann(struct sterna_front_end *f)
{
    double squares = 0;
    for (size_t n = 0; n < f->window; n++) {
        double w = 0.5 - 0.5 * cos(2 * pi * (double)n / (double)f->window);
        squares += w * w;
    }
    for (size_t n = 0; n < f->window; n++)
        f->hann[n] = (float)((0.5 - 0.5 * cos(2 * pi * (double)n / (double)f->window)) / sqrt(squares));
}

/* The triangles T_b at the bins' frequencies. A band between two bins would see nothing: refused. */
static enum sterna_status fill_bands(struct sterna_front_end *f, double low, double high, double rate,
                                     struct sterna_error *error)
{
    size_t bins = f->transform / 2 + 1;
    double spacing = (mel_of(high) - mel_of(low)) / (double)(f->bands + 1);
    for (size_t b = 0; b < f->bands; b++) {
        double left = hertz_of(mel_of(low) + spacing * (double)b);
        double top = hertz_of(mel_of(low) + spacing * (double)(b + 1));
        double right = hertz_of(mel_of(low) + spacing * (double)(b + 2));
        size_t *edge = f->edge + 2 * b;
        for (size_t k = 0; k < bins; k++) {
            double at = (double)k * rate / (double)f->transform;
            double height = fmin((at - left) / (top - left), (right - at) / (right - top));
            f->band[b * bins + k] = (float)fmax(height, 0);
            if (height > 0 && edge[1] == 0)
                edge[0] = k;
            if (height > 0)
                edge[1] = k + 1;
        }
        if (edge[1] == 0)
            return sterna_fail(
                error, STERNA_ERR_RANGE,
                "band %zu of %zu (%.0f to %.0f Hz) falls between two lines of the spectrum, which are "
                "%.1f Hz apart: take fewer bands or a longer window",
                b + 1, f->bands, left, right, rate / (double)f->transform);
    }
    return STERNA_OK;
}

static void fill_dct(struct sterna_front_end *f)
{
    for (size_t i = 0; i < f->base; i++)
        for (size_t b = 0; b < f->bands; b++)
            f->dct[i * f->bands + b] = (float)(sqrt((i == 0 ? 1.0 : 2.0) / (double)f->bands) *
                                               cos(pi * (double)i * ((double)b + 0.5) / (double)f->bands));
}

/* ---- making one ---------------------------------------------------------------------------------------- */

static enum sterna_status check(const struct sterna_front_end_options *o, uint32_t rate, double high,
                                struct sterna_error *error)
{
    if (strcmp(o->features, "mel") != 0 && strcmp(o->features, "mfcc") != 0)
        return sterna_fail(error, STERNA_ERR_RANGE, "features \"%.7s\" should be mel or mfcc", o->features);
    if (rate == 0 || rate > RATE_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "%u samples a second are not between 1 and %d", rate,
                           RATE_MAX);
    double samples = rate * o->window_ms / 1000;
    if (!(samples >= 2 && samples <= WINDOW_MAX) || !(rate * o->hop_ms / 1000 >= 1 && o->hop_ms <= 10000))
        return sterna_fail(
            error, STERNA_ERR_RANGE,
            "window_ms %g, hop_ms %g: the window should have 2 to %d samples, the hop at least one and "
            "10 seconds at most",
            o->window_ms, o->hop_ms, WINDOW_MAX);
    if (!(o->low_hz >= 0 && o->low_hz < high && high <= rate / 2.0))
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "low_hz %g, high_hz %g: should rise, and end at half the rate, %g, at most",
                           o->low_hz, high, rate / 2.0);
    if (o->bands == 0 || o->bands > BANDS_MAX)
        return sterna_fail(error, STERNA_ERR_RANGE, "bands should be 1 to %d", BANDS_MAX);
    if (o->coefficients == 0 || (strcmp(o->features, "mfcc") == 0 && o->coefficients > o->bands))
        return sterna_fail(error, STERNA_ERR_RANGE, "coefficients should be 1 to the number of bands, %u",
                           (unsigned)o->bands);
    if (!(o->adapt_ms >= 0 && o->adapt_ms <= 1e6))
        return sterna_fail(error, STERNA_ERR_RANGE, "adapt_ms %g should be 0 to a million", o->adapt_ms);
    if (o->deltas > 2)
        return sterna_fail(error, STERNA_ERR_RANGE, "deltas should be 0, 1 or 2");
    return STERNA_OK;
}

static bool allocate(struct sterna_front_end *f)
{
    size_t bins = f->transform / 2 + 1;
    f->hann = sterna_buffer_new(f->window, sizeof(float));
    f->band = sterna_buffer_new(f->bands * bins, sizeof(float));
    f->edge = sterna_buffer_new(f->bands, 2 * sizeof(size_t));
    f->dct = sterna_buffer_new(f->base * f->bands, sizeof(float));
    f->energy = sterna_buffer_new(f->bands, sizeof(float));
    f->level = sterna_buffer_new(f->base, sizeof(float));
    f->history = sterna_buffer_new(f->deltas * SLOPE * f->base, sizeof(float));
    f->held = sterna_buffer_new(f->window, sizeof(float));
    f->time = sterna_buffer_new(f->transform, sizeof(float));
    f->spectrum = sterna_buffer_new(bins, sizeof(fftwf_complex));
    if (!f->hann || !f->band || !f->edge || !f->dct || !f->energy || !f->level || !f->history || !f->held ||
        !f->time || !f->spectrum)
        return false;
    (void)pthread_mutex_lock(&planner);
    f->plan =
        fftwf_plan_dft_r2c_1d((int)f->transform, f->time, f->spectrum, FFTW_ESTIMATE); /* never by timing */
    (void)pthread_mutex_unlock(&planner);
    return f->plan != NULL;
}

enum sterna_status sterna_front_end_new(const struct sterna_front_end_options *options, uint32_t rate,
                                        struct sterna_front_end **front_end, struct sterna_error *error)
{
    double high = options->high_hz > 0 ? options->high_hz : rate / 2.0;
    enum sterna_status status = check(options, rate, high, error);
    if (status != STERNA_OK)
        return status;
    struct sterna_front_end *f = calloc(1, sizeof *f);
    if (f == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    f->window = (size_t)lround(rate * options->window_ms / 1000);
    f->hop = (size_t)lround(rate * options->hop_ms / 1000);
    f->transform = 1;
    while (f->transform < f->window)
        f->transform *= 2;
    f->cosine = strcmp(options->features, "mfcc") == 0;
    f->bands = (size_t)options->bands;
    f->base = f->cosine ? (size_t)options->coefficients : f->bands;
    f->deltas = (size_t)options->deltas;
    f->adapt = options->adapt_ms > 0 ? 1 - exp(-1000.0 * (double)f->hop / rate / options->adapt_ms) : 0;
    if (allocate(f)) {
        fill_hann(f);
        fill_dct(f);
        status = fill_bands(f, options->low_hz, high, rate, error);
    } else {
        status = sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
    }
    if (status == STERNA_OK)
        *front_end = f;
    else
        sterna_front_end_free(f);
    return status;
}

void sterna_front_end_free(struct sterna_front_end *f)
{
    if (f == NULL)
        return;
    (void)pthread_mutex_lock(&planner);
    fftwf_destroy_plan(f->plan);
    (void)pthread_mutex_unlock(&planner);
    float *const buffers[] = {f->hann, f->band, f->dct, f->energy, f->level, f->history, f->held, f->time};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        free(buffers[i]);
    free(f->edge);
    free(f->spectrum);
    free(f);
}

size_t sterna_front_end_features(const struct sterna_front_end *f)
{
    return f->base * (1 + f->deltas);
}

size_t sterna_front_end_window(const struct sterna_front_end *f)
{
    return f->window;
}

size_t sterna_front_end_hop(const struct sterna_front_end *f)
{
    return f->hop;
}

/* ---- one frame ----------------------------------------------------------------------------------------- */

/* v_b of the window held. */
static void measure_bands(const struct sterna_front_end *f, float *band)
{
    size_t bins = f->transform / 2 + 1;
    for (size_t n = 0; n < f->window; n++)
        f->time[n] = f->held[n] * f->hann[n]; /* the rest stays zero */
    fftwf_execute(f->plan);
    for (size_t b = 0; b < f->bands; b++) {
        double sum = floor_power;
        for (size_t k = f->edge[2 * b]; k < f->edge[2 * b + 1]; k++) {
            double real = f->spectrum[k][0];
            double imaginary = f->spectrum[k][1];
            sum += f->band[b * bins + k] * (real * real + imaginary * imaginary);
        }
        band[b] = (float)log(sum);
    }
}

static void transform_cosine(const struct sterna_front_end *f, float *coefficient)
{
    for (size_t i = 0; i < f->base; i++) {
        double sum = 0;
        for (size_t b = 0; b < f->bands; b++)
            sum += (double)f->dct[i * f->bands + b] * f->energy[b];
        coefficient[i] = (float)sum;
    }
}

/* Take off the running mean. */
static void adapt(const struct sterna_front_end *f, float *feature)
{
    for (size_t i = 0; f->adapt > 0 && i < f->base; i++) {
        f->level[i] = f->begun ? (float)(f->level[i] + f->adapt * (feature[i] - f->level[i])) : feature[i];
        feature[i] -= f->level[i];
    }
}

/* Append the slopes to the frame's first `base` values. */
static void append_slopes(const struct sterna_front_end *f, float *feature)
{
    size_t n = f->base;
    for (size_t d = 0; d < f->deltas; d++) {
        float *past = f->history + d * SLOPE * n;
        const float *now = feature + d * n;
        float *slope = feature + (d + 1) * n;
        memmove(past, past + n, (SLOPE - 1) * n * sizeof *past);
        for (size_t t = f->begun ? SLOPE - 1 : 0; t < SLOPE; t++) /* the first stands for what came before */
            memcpy(past + t * n, now, n * sizeof *past);
        for (size_t i = 0; i < n; i++)
            slope[i] = (past[3 * n + i] - past[n + i] + 2 * (past[4 * n + i] - past[i])) / 10;
    }
}

/* Keep what the next frame shares with this one. */
static void advance(struct sterna_front_end *f)
{
    f->holds = f->hop < f->window ? f->window - f->hop : 0;
    f->skip = f->hop < f->window ? 0 : f->hop - f->window;
    memmove(f->held, f->held + (f->window - f->holds), f->holds * sizeof *f->held);
    f->begun = true;
}

bool sterna_front_end_push(struct sterna_front_end *f, const float **samples, size_t *count, float *feature)
{
    size_t dropped = *count < f->skip ? *count : f->skip;
    f->skip -= dropped;
    *samples += dropped;
    *count -= dropped;
    size_t taken = *count < f->window - f->holds ? *count : f->window - f->holds;
    memcpy(f->held + f->holds, *samples, taken * sizeof **samples);
    f->holds += taken;
    *samples += taken;
    *count -= taken;
    if (f->holds < f->window)
        return false;
    measure_bands(f, f->cosine ? f->energy : feature);
    if (f->cosine)
        transform_cosine(f, feature);
    adapt(f, feature);
    append_slopes(f, feature);
    advance(f);
    return true;
}

void sterna_front_end_reset(struct sterna_front_end *f)
{
    f->holds = 0;
    f->skip = 0;
    f->begun = false;
}

/* ---- whole recordings, int8 ---------------------------------------------------------------------------- */

size_t sterna_front_end_frames(const struct sterna_front_end *f, size_t count)
{
    return count <= f->window ? 1 : (count - f->window) / f->hop + 1;
}

void sterna_front_end_run(struct sterna_front_end *f, const float *samples, size_t count, float *feature)
{
    static const float silence[64] = {0};
    size_t missing = count < f->window ? f->window - count : 0;
    sterna_front_end_reset(f);
    while (sterna_front_end_push(f, &samples, &count, feature))
        feature += sterna_front_end_features(f);
    while (missing > 0) {
        const float *filler = silence;
        size_t length = missing < 64 ? missing : 64;
        missing -= length;
        (void)sterna_front_end_push(f, &filler, &length, feature);
    }
}

void sterna_front_end_quantize(size_t features, const float *mean, const float *deviation,
                               const float *feature, int8_t *frame)
{
    for (size_t i = 0; i < features; i++) {
        double scaled = ((double)feature[i] - mean[i]) / deviation[i] * (1 << STERNA_FRONT_END_FRACTION);
        frame[i] = (int8_t)lround(fmax(-127, fmin(127, scaled)));
    }
}
