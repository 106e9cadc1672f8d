/* sterna_data.h - texts and labelled sequences.
 * Part of sterna.h, which is what programs include. */
#ifndef STERNA_INCLUDE_DATA_H
#define STERNA_INCLUDE_DATA_H

#include "sterna_base.h"

/* ---- text data ------------------------------------------------------------------------------------------------- */

enum sterna_split { STERNA_TRAIN, STERNA_VALID, STERNA_TEST, STERNA_SPLITS };

/* A text as symbol indices. Symbol i is the byte alphabet[i]; the alphabet is ascending. */
struct sterna_text {
    size_t symbols; /* 1..256 */
    uint8_t alphabet[256];
    uint8_t *split[STERNA_SPLITS];
    size_t length[STERNA_SPLITS];
};

/* source: "kjv" (the program `bible` of Debian's bible-kjv), "text:PATH", or "ptb-char:DIR" (train.txt, valid.txt, test.txt).
 * kjv and text are cut in blocks of 20,000 characters; of every 20 blocks the last is test and the one before it validation (a short
 * text in blocks of 1/20 of its length, so that each split has something). */
STERNA_MUST_CHECK enum sterna_status sterna_text_open(const char *source, struct sterna_text *text,
                                                      struct sterna_error *error);
void sterna_text_close(struct sterna_text *text);
/* Rewrite the indices for another alphabet (a model's); STERNA_ERR_RANGE, changing nothing, if a symbol is missing there. */
STERNA_MUST_CHECK enum sterna_status sterna_text_map(struct sterna_text *text, const uint8_t *alphabet,
                                                     size_t symbols, struct sterna_error *error);

/* ---- sequences ------------------------------------------------------------------------------------------------- */

/* How sound becomes frames. Rate R, samples x in -1..1, window of N = round(R window_ms / 1000) samples; frame t begins at sample
 * t round(R hop_ms / 1000) and is complete with its last sample: no frame looks ahead.
 *
 *   Hann       w[n] = 1/2 - 1/2 cos(2 pi n / N)
 *   power      P[k] = |sum_n w[n] x[n] exp(-2 pi i k n / M)|^2 / sum_n w[n]^2,      M = the power of two >= N
 *   mel        mel(f) = 2595 log10(1 + f / 700); bands + 2 edges e_0, e_1, ... evenly spaced in mel from low_hz to high_hz
 *   band b     T_b(f) rises linearly from 0 at e_b to 1 at e_b+1 and falls to 0 at e_b+2
 *   "mel"      v_b = ln(1e-7 + sum_k T_b(k R / M) P[k])                             (-70 dB: below it is silence)
 *   "mfcc"     c_i = s_i sum_b v_b cos(pi i (b + 1/2) / bands), s_0 = sqrt(1 / bands), else sqrt(2 / bands)      (DCT-II)
 *   adapt_ms   if not 0: l_t = l_t-1 + a (v_t - l_t-1), a = 1 - exp(-hop / adapt), l_0 = v_0, and v_t - l_t goes on: what is constant
 *              in a voice, a microphone or a line is forgotten in that time
 *   deltas     d_t = (v_t-1 - v_t-3 + 2 v_t - 2 v_t-4) / 10, the slope over five frames, appended; v_0 stands for what came before it;
 *              deltas = 2 appends the slope of the slope
 *   int8       q = round(2^5 (v - mean) / deviation), to -127..127: mean and deviation of each feature over the training split
 */
struct sterna_front_end_options {
    char features[8]; /* "mel" or "mfcc" */
    double window_ms, hop_ms;
    double low_hz, high_hz; /* high_hz 0: half the rate */
    uint64_t bands;         /* of the mel scale */
    uint64_t coefficients;  /* of "mfcc": at most as many as bands */
    double adapt_ms;        /* 0: no adaptation */
    uint64_t deltas;        /* 0, 1 or 2 */
};

void sterna_front_end_default(struct sterna_front_end_options *options);
/* One "key=value"; the keys are the field names. */
STERNA_MUST_CHECK enum sterna_status sterna_front_end_set(struct sterna_front_end_options *options,
                                                          const char *assignment, struct sterna_error *error);

struct sterna_front_end; /* one stream of sound on its way to frames; streams do not share anything */

/* STERNA_ERR_RANGE if the options contradict each other or the rate (Hz). */
STERNA_MUST_CHECK enum sterna_status sterna_front_end_new(const struct sterna_front_end_options *options,
                                                          uint32_t rate, struct sterna_front_end **front_end,
                                                          struct sterna_error *error);
void sterna_front_end_free(struct sterna_front_end *front_end);
size_t sterna_front_end_features(const struct sterna_front_end *front_end); /* values of a frame */
size_t sterna_front_end_window(const struct sterna_front_end *front_end);   /* samples of a frame */
size_t sterna_front_end_hop(const struct sterna_front_end *front_end);      /* samples from frame to frame */
void sterna_front_end_reset(struct sterna_front_end *front_end);            /* forget the stream's past */
/* Take samples until a frame is complete or none are left; *samples and *count move past those taken. True: feature[features] holds
 * the frame, and there may be more: while (push(f, &samples, &count, feature)) use(feature); */
bool sterna_front_end_push(struct sterna_front_end *front_end, const float **samples, size_t *count,
                           float *feature);
/* The int8 values that the network sees: the last line of the formulas above. */
void sterna_front_end_quantize(size_t features, const float *mean, const float *deviation,
                               const float *feature, int8_t *frame);

/* Labelled sequences of one split, one after the other: sequence i is the steps start[i] .. start[i + 1] - 1, at least one. */
struct sterna_sequence_set {
    size_t count;   /* at least 1 */
    size_t *start;  /* [count + 1] */
    uint8_t *label; /* [count], below classes */
    int8_t *frames; /* [start[count], features], -127..127 */
};

enum { STERNA_CLASS_NAME = 32 };

/* A value q of a frame stands for q / 2^fraction: the same numbers in training, on the device and in live use. */
struct sterna_sequences {
    size_t features;
    unsigned fraction;
    size_t classes; /* 2..256 */
    char (*class_name)[STERNA_CLASS_NAME];
    struct sterna_sequence_set split[STERNA_SPLITS];
    uint32_t rate; /* sound: samples a second; images: 0, and what follows is unused */
    struct sterna_front_end_options front_end;
    float *mean, *deviation; /* [features] */
};

/* Whether the source is one of the names below (whatever follows them); texts are not. */
bool sterna_sequences_known(const char *source);
/* source, and how it is split:
 *
 *   fsdd:DIR           Free Spoken Digit Dataset, DIR/{digit}_{speaker}_{index}.wav or .flac (or in DIR/recordings). The official
 *                      split: index 0-4 is test, 5-49 training, of which 5-9 are kept for validation.
 *   fsdd:DIR@SPEAKER   the same with one speaker left out: all of theirs is test; index 5-9 of the others is validation.
 *   asterisk           spoken language from Debian's Asterisk prompts: English, Spanish, French, Italian, Russian, in pieces of 1 to 3
 *                      seconds. One speaker a language trains; every tenth recording of theirs is validation. Test is other
 *                      speakers, whom Debian has for Spanish, French and Italian only: English and Russian are wrong answers there,
 *                      never right ones. The other Spanish and French come through a telephone's GSM codec, so all the rest
 *                      is sent through it too: a network must not tell languages by their channel.
 *   fashion-mnist      images, row by row: 28 steps of 28 values, brightness / 2 (fraction 7). The last 5,000 of the training images are
 *                      validation.
 *
 * asterisk:DIR and fashion-mnist:DIR read a folder of the same make elsewhere. options: for sound; NULL: the default ones.
 * The result is kept in $XDG_CACHE_HOME/sterna (else ~/.cache/sterna) until source, options or files change.
 * STERNA_ERR_MISSING if data are not there, with the command that brings them. */
STERNA_MUST_CHECK enum sterna_status sterna_sequences_open(const char *source,
                                                           const struct sterna_front_end_options *options,
                                                           struct sterna_sequences *sequences,
                                                           struct sterna_error *error);
void sterna_sequences_close(struct sterna_sequences *sequences);
/* Draw the average sequence of each class (training split) as a small map, all in one SVG. Sound: time to the right, each sequence
 * stretched to the same width, first feature at the bottom. Images: as they are. */
STERNA_MUST_CHECK enum sterna_status sterna_sequences_picture(const char *svg_path, const char *title,
                                                              const struct sterna_sequences *sequences,
                                                              struct sterna_error *error);

#endif
