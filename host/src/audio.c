#include "audio.h"

#include "buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

enum { GSM_RATE = 8000, GSM_BYTES = 33, GSM_SAMPLES = 160, CHANNELS_MAX = 64, SECONDS_MAX = 3600 };

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static SF_INFO gsm_format(void)
{
    return (SF_INFO){.samplerate = GSM_RATE, .channels = 1, .format = SF_FORMAT_RAW | SF_FORMAT_GSM610};
}

/* Mix to the mean of the channels, in place. */
static void mix(float *samples, size_t frames, size_t channels)
{
    for (size_t i = 0; i < frames; i++) {
        double sum = 0;
        for (size_t c = 0; c < channels; c++)
            sum += samples[i * channels + c];
        samples[i] = (float)(sum / (double)channels);
    }
}

static enum sterna_status read_samples(const char *path, SNDFILE *file, const SF_INFO *info,
                                       struct sterna_audio *audio, struct sterna_error *error)
{
    if (info->channels < 1 || info->channels > CHANNELS_MAX || info->samplerate < 1 || info->frames < 0 ||
        info->frames / info->samplerate >= SECONDS_MAX)
        return sterna_fail(
            error, STERNA_ERR_FORMAT,
            "%s: %d channels, %lld samples at %d Hz: should have 1 to %d channels and last up to an hour",
            path, info->channels, (long long)info->frames, info->samplerate, CHANNELS_MAX);
    size_t frames = (size_t)info->frames;
    size_t channels = (size_t)info->channels;
    float *samples = malloc((frames * channels + 1) * sizeof *samples);
    if (samples == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    sf_count_t got = sf_readf_float(file, samples, info->frames);
    enum sterna_status status = STERNA_OK;
    if (got != info->frames)
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: is cut off: %lld of %lld samples are there", path,
                             (long long)got, (long long)info->frames);
    else if (!sterna_buffer_finite(samples, frames * channels))
        status = sterna_fail(error, STERNA_ERR_FORMAT, "%s: has samples that are not finite", path);
    if (status != STERNA_OK) {
        free(samples);
        return status;
    }
    mix(samples, frames, channels);
    *audio = (struct sterna_audio){.samples = samples, .count = frames, .rate = (uint32_t)info->samplerate};
    return STERNA_OK;
}

enum sterna_status sterna_audio_read(const char *path, struct sterna_audio *audio, struct sterna_error *error)
{
    SF_INFO info = {0};
    if (ends_with(path, ".gsm"))
        info = gsm_format();
    errno = 0;
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (file == NULL && sf_error(NULL) == SF_ERR_SYSTEM)
        return sterna_fail(error, STERNA_ERR_IO, "%s: cannot open: %s", path,
                           strerror(errno != 0 ? errno : EIO));
    if (file == NULL)
        return sterna_fail(error, STERNA_ERR_FORMAT, "%s: no recording that can be read: %s", path,
                           sf_strerror(NULL));
    enum sterna_status status = read_samples(path, file, &info, audio, error);
    (void)sf_close(file);
    return status;
}

void sterna_audio_free(struct sterna_audio *audio)
{
    free(audio->samples);
    *audio = (struct sterna_audio){NULL, 0, 0};
}

/* ---- the telephone: libsndfile's codec over a file in memory ------------------------------------------- */

struct memory {
    uint8_t *bytes;
    sf_count_t size, capacity, at;
};

static sf_count_t memory_size(void *user)
{
    return ((const struct memory *)user)->size;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *user)
{
    struct memory *memory = user;
    sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? memory->at : memory->size;
    if (from + offset < 0 || from + offset > memory->size)
        return -1;
    memory->at = from + offset;
    return memory->at;
}

static sf_count_t memory_read(void *bytes, sf_count_t count, void *user)
{
    struct memory *memory = user;
    sf_count_t got = count < memory->size - memory->at ? count : memory->size - memory->at;
    memcpy(bytes, memory->bytes + memory->at, (size_t)got);
    memory->at += got;
    return got;
}

static sf_count_t memory_write(const void *bytes, sf_count_t count, void *user)
{
    struct memory *memory = user;
    if (count > memory->capacity - memory->at)
        return 0;
    memcpy(memory->bytes + memory->at, bytes, (size_t)count);
    memory->at += count;
    if (memory->at > memory->size)
        memory->size = memory->at;
    return count;
}

static sf_count_t memory_tell(void *user)
{
    return ((const struct memory *)user)->at;
}

/* One way through the codec: encode `audio` into the memory, or decode it from there. */
static bool pass_codec(struct memory *memory, int mode, struct sterna_audio *audio)
{
    SF_VIRTUAL_IO io = {memory_size, memory_seek, memory_read, memory_write, memory_tell};
    SF_INFO info = gsm_format();
    sf_count_t count = (sf_count_t)audio->count;
    SNDFILE *file = sf_open_virtual(&io, mode, &info, memory);
    if (file == NULL)
        return false;
    (void)sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    sf_count_t done = mode == SFM_WRITE ? sf_writef_float(file, audio->samples, count)
                                        : sf_readf_float(file, audio->samples, count);
    return sf_close(file) == 0 && done == count;
}

enum sterna_status sterna_audio_telephone(const char *path, struct sterna_audio *audio,
                                          struct sterna_error *error)
{
    if (audio->rate != GSM_RATE)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: %u Hz, a telephone takes %d", path, audio->rate,
                           GSM_RATE);
    size_t capacity = (audio->count / GSM_SAMPLES + 2) * GSM_BYTES;
    struct memory memory = {.bytes = malloc(capacity), .capacity = (sf_count_t)capacity};
    if (memory.bytes == NULL)
        return sterna_fail(error, STERNA_ERR_MEMORY, "%s: out of memory", path);
    bool done = pass_codec(&memory, SFM_WRITE, audio);
    memory.at = 0;
    done = done && pass_codec(&memory, SFM_READ, audio);
    free(memory.bytes);
    return done ? STERNA_OK : sterna_fail(error, STERNA_ERR_FORMAT, "%s: the GSM codec refused it", path);
}
