/* sound_files.h - a folder of small recordings for tests, gone afterwards; its cache is inside. Include
 * check.h after it. */
#ifndef STERNA_TESTS_SOUND_FILES_H
#define STERNA_TESTS_SOUND_FILES_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* nftw; this header is included first */
#endif

#include <ftw.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>

#include "scratch.h"

/* A scratch directory that may have subdirectories; XDG_CACHE_HOME is its "cache". */
static inline void sound_open(struct scratch *scratch)
{
    char cache[SCRATCH_PATH];
    scratch_open(scratch);
    if (setenv("XDG_CACHE_HOME", scratch_path(scratch, "cache", cache), 1) != 0)
        abort();
}

static inline int sound_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static inline void sound_close(const struct scratch *scratch)
{
    (void)nftw(scratch->directory, sound_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Make the directories of a path in the scratch directory. */
static inline void sound_make_place(const struct scratch *scratch, const char *name)
{
    char path[SCRATCH_PATH];
    (void)scratch_path(scratch, name, path);
    for (char *slash = strchr(path + strlen(scratch->directory) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
}

/* Write 16-bit samples; the name's ending chooses WAV, FLAC or raw GSM. */
static inline void sound_write(const struct scratch *scratch, const char *name, const int16_t *samples,
                               size_t frames, int channels, int rate)
{
    char path[SCRATCH_PATH];
    const char *ending = strrchr(name, '.');
    int format = strcmp(ending, ".flac") == 0  ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16
                 : strcmp(ending, ".gsm") == 0 ? SF_FORMAT_RAW | SF_FORMAT_GSM610
                                               : SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
    sound_make_place(scratch, name);
    SNDFILE *file = sf_open(scratch_path(scratch, name, path), SFM_WRITE, &info);
    if (file == NULL || sf_writef_short(file, samples, (sf_count_t)frames) != (sf_count_t)frames ||
        sf_close(file) != 0)
        abort();
}

/* A tone of a quarter of full scale and a little noise, the same for the same seed. */
static inline void sound_tone(int16_t *samples, size_t count, double hertz, double rate, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525U + 1013904223U;
        double noise = ((double)(seed >> 16) / 65536 - 0.5) * 200;
        samples[i] =
            (int16_t)lround(8192 * sin(2 * 3.14159265358979323846 * hertz * (double)i / rate) + noise);
    }
}

static inline void sound_write_tone(const struct scratch *scratch, const char *name, double hertz,
                                    size_t count)
{
    int16_t *samples = malloc(count * sizeof *samples);
    if (samples == NULL)
        abort();
    sound_tone(samples, count, hertz, 8000, (uint32_t)(hertz * 7) + (uint32_t)count);
    sound_write(scratch, name, samples, count, 1, 8000);
    free(samples);
}

/* A folder like the Free Spoken Digit Dataset: some digits, two speakers, index 0 to 10. */
static inline void sound_write_digits(const struct scratch *scratch, const char *folder)
{
    static const char *const speakers[] = {"anna", "bert"};
    for (unsigned digit = 0; digit < 10; digit += 3)
        for (unsigned speaker = 0; speaker < 2; speaker++)
            for (unsigned index = 0; index <= 10; index++) {
                char name[128];
                (void)snprintf(name, sizeof name, "%s/%u_%s_%u.wav", folder, digit, speakers[speaker], index);
                sound_write_tone(scratch, name, 300 + 200 * digit + 20 * speaker, 800 + 60 * index);
            }
}

#endif
