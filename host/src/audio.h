/* audio.h - recordings as samples in -1..1, mono. Reading is libsndfile's: WAV, FLAC, and raw GSM 06.10 by
 * the name *.gsm (always 8 kHz). */
#ifndef STERNA_AUDIO_H
#define STERNA_AUDIO_H

#include "sterna.h"

struct sterna_audio {
    float *samples; /* the mean of the channels */
    size_t count;   /* 0: an empty recording, of which there are some */
    uint32_t rate;  /* samples a second */
};

/* STERNA_ERR_IO if it cannot be opened, STERNA_ERR_FORMAT if it is no recording, is longer than an hour, or
 * has samples that are not finite. */
STERNA_MUST_CHECK enum sterna_status sterna_audio_read(const char *path, struct sterna_audio *audio,
                                                       struct sterna_error *error);
/* Through a mobile telephone (GSM 06.10, full rate) and back, in place; 8 kHz only, else STERNA_ERR_RANGE.
 * `path` names it in errors. */
STERNA_MUST_CHECK enum sterna_status sterna_audio_telephone(const char *path, struct sterna_audio *audio,
                                                            struct sterna_error *error);
void sterna_audio_free(struct sterna_audio *audio);

#endif
