/* recordings.c - the sound files of a corpus as int8 frames. Values are kept in float until all are there:
 * the scaling needs the mean and the deviation over the training split. */
#include "corpus.h"

#include "audio.h"
#include "buffer.h"
#include "front_end.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A split while it grows. */
struct part {
    float *feature; /* [steps, features] */
    size_t steps, capacity;
    size_t *start;
    uint8_t *label;
    size_t count, places; /* sequences; room for so many */
};

struct reading {
    const struct sterna_corpus *corpus;
    struct sterna_front_end *front_end;
    size_t features;
    uint32_t rate;
    struct part part[STERNA_SPLITS];
};

/* ---- growing ------------------------------------------------------------------------------------------- */

static bool reserve(struct part *part, size_t steps, size_t features)
{
    if (part->steps + steps > part->capacity) {
        size_t capacity = 2 * (part->steps + steps);
        float *grown = realloc(part->feature, capacity * features * sizeof *grown);
        if (grown == NULL)
            return false;
        part->feature = grown;
        part->capacity = capacity;
    }
    if (part->count == part->places) {
        size_t places = part->places > 0 ? 2 * part->places : 256;
        size_t *start = realloc(part->start, (places + 1) * sizeof *start);
        if (start != NULL)
            part->start = start;
        uint8_t *label = realloc(part->label, places * sizeof *label);
        if (label != NULL)
            part->label = label;
        if (start == NULL || label == NULL)
            return false;
        part->places = places;
    }
    return true;
}

static enum sterna_status append(struct reading *reading, const struct sterna_corpus_file *file,
                                 const float *samples, size_t count, struct sterna_error *error)
{
    struct part *part = &reading->part[file->split];
    size_t steps = sterna_front_end_frames(reading->front_end, count);
    if (!reserve(part, steps, reading->features))
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", file->path);
    sterna_front_end_run(reading->front_end, samples, count, part->feature + part->steps * reading->features);
    part->start[part->count] = part->steps;
    part->label[part->count++] = file->label;
    part->steps += steps;
    part->start[part->count] = part->steps;
    return STERNA_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Cut in pieces; what remains at the end may be shorter, down to the least. */
static enum sterna_status cut(struct reading *reading, const struct sterna_corpus_file *file,
                              const struct sterna_audio *audio, struct sterna_error *error)
{
    const struct sterna_corpus *corpus = reading->corpus;
    size_t piece = corpus->piece_seconds > 0 ? (size_t)(corpus->piece_seconds * audio->rate) : audio->count;
    size_t least = (size_t)(corpus->least_seconds * audio->rate);
    enum sterna_status status = STERNA_OK;
    for (size_t at = 0; at < audio->count && status == STERNA_OK; at += piece) {
        size_t count = audio->count - at < piece ? audio->count - at : piece;
        if (count >= least)
            status = append(reading, file, audio->samples + at, count, error);
    }
    return status;
}

/* The first recording decides the rate. */
static enum sterna_status check_rate(struct reading *reading, const struct sterna_front_end_options *options,
                                     const struct sterna_corpus_file *file, uint32_t rate,
                                     struct sterna_error *error)
{
    if (reading->front_end != NULL && rate != reading->rate)
        return sterna_fail(error, STERNA_ERR_RANGE,
                           "%s: %u samples a second, %s has %u: resample it, for instance with sox --rate",
                           file->path, (unsigned)rate, reading->corpus->file[0].path,
                           (unsigned)reading->rate);
    if (reading->front_end != NULL)
        return STERNA_OK;
    enum sterna_status status = sterna_front_end_new(options, rate, &reading->front_end, error);
    if (status != STERNA_OK)
        return status;
    reading->rate = rate;
    reading->features = sterna_front_end_features(reading->front_end);
    return STERNA_OK;
}

static bool is_gsm(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".gsm") == 0;
}

static enum sterna_status read_file(struct reading *reading, const struct sterna_front_end_options *options,
                                    const struct sterna_corpus_file *file, struct sterna_error *error)
{
    struct sterna_audio audio = {0};
    enum sterna_status status = sterna_audio_read(file->path, &audio, error);
    if (status == STERNA_OK)
        status = check_rate(reading, options, file, audio.rate, error);
    if (status == STERNA_OK && reading->corpus->telephone && !is_gsm(file->path))
        status = sterna_audio_telephone(file->path, &audio, error);
    if (status == STERNA_OK)
        status = cut(reading, file, &audio, error);
    sterna_audio_free(&audio);
    return status;
}

/* ---- scaling ------------------------------------------------------------------------------------------- */

/* Two passes, so that a large mean does not swallow a small deviation. A feature that never changes gets
 * deviation 1. */
static void measure(const struct part *part, size_t features, float *mean, float *deviation)
{
    for (size_t i = 0; i < features; i++) {
        double sum = 0;
        double squares = 0;
        for (size_t t = 0; t < part->steps; t++)
            sum += part->feature[t * features + i];
        double middle = sum / (double)part->steps;
        for (size_t t = 0; t < part->steps; t++) {
            double away = part->feature[t * features + i] - middle;
            squares += away * away;
        }
        double spread = sqrt(squares / (double)part->steps);
        mean[i] = (float)middle;
        deviation[i] = spread > 1e-6 ? (float)spread : 1;
    }
}

/* The part's sequences become the set's. */
static bool quantize(struct part *part, const struct sterna_sequences *sequences,
                     struct sterna_sequence_set *set)
{
    size_t features = sequences->features;
    set->frames = malloc(part->steps * features);
    if (set->frames == NULL)
        return false;
    for (size_t t = 0; t < part->steps; t++)
        sterna_front_end_quantize(features, sequences->mean, sequences->deviation,
                                  part->feature + t * features, set->frames + t * features);
    set->count = part->count;
    set->start = part->start;
    set->label = part->label;
    part->start = NULL;
    part->label = NULL;
    return true;
}

static enum sterna_status scale(struct reading *reading, struct sterna_sequences *sequences,
                                struct sterna_error *error)
{
    static const char *const names[STERNA_SPLITS] = {"training", "validation", "test"};
    for (int s = 0; s < STERNA_SPLITS; s++)
        if (reading->part[s].count == 0)
            return sterna_fail(error, STERNA_ERR_RANGE, "%s: there is no recording for the %s split",
                               reading->corpus->source, names[s]);
    sequences->features = reading->features;
    sequences->fraction = STERNA_FRONT_END_FRACTION;
    sequences->rate = reading->rate;
    sequences->mean = sterna_buffer_new(reading->features, sizeof(float));
    sequences->deviation = sterna_buffer_new(reading->features, sizeof(float));
    bool done = sequences->mean != NULL && sequences->deviation != NULL;
    if (done)
        measure(&reading->part[STERNA_TRAIN], reading->features, sequences->mean, sequences->deviation);
    for (int s = 0; s < STERNA_SPLITS && done; s++)
        done = quantize(&reading->part[s], sequences, &sequences->split[s]);
    return done ? STERNA_OK : sterna_fail(error, STERNA_ERR_MEMORY, "out of memory");
}

enum sterna_status sterna_recordings_read(const struct sterna_corpus *corpus,
                                          struct sterna_sequences *sequences, struct sterna_error *error)
{
    struct reading reading = {.corpus = corpus};
    enum sterna_status status = STERNA_OK;
    for (size_t i = 0; i < corpus->files && status == STERNA_OK; i++)
        status = read_file(&reading, &sequences->front_end, &corpus->file[i], error);
    if (status == STERNA_OK)
        status = scale(&reading, sequences, error);
    sterna_front_end_free(reading.front_end);
    for (int s = 0; s < STERNA_SPLITS; s++) {
        free(reading.part[s].feature);
        free(reading.part[s].start);
        free(reading.part[s].label);
    }
    return status;
}
