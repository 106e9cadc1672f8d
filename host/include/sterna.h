/* sterna.h - the public interface of libsterna: the only header a program needs (the command line sees no other).
 *
 *   text -> train -> checkpoint -> quantize -> model -> device (pack, load, step) -> sums -> logits
 *
 * Conventions. What can fail returns enum sterna_status, STERNA_OK = 0, and is marked must-check; on failure the outputs are
 * untouched and *error (may be NULL) holds one line for people: what, where, why, what to do. The library never prints and
 * never exits. Matrices are row-major; shapes are given as [rows, columns]. What an _open, _load or _new allocates, its _close or
 * _free releases; both accept a zeroed struct.
 */
#ifndef STERNA_H
#define STERNA_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define STERNA_MUST_CHECK          __attribute__((warn_unused_result))
#define STERNA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define STERNA_MUST_CHECK
#define STERNA_PRINTF(format, first)
#endif

enum sterna_status {
    STERNA_OK = 0,
    STERNA_ERR_MEMORY,      /* out of memory */
    STERNA_ERR_IO,          /* a file cannot be opened, read or written */
    STERNA_ERR_FORMAT,      /* a file or a frame is not what it should be */
    STERNA_ERR_RANGE,       /* an argument or a value is out of range, or not finite */
    STERNA_ERR_FIT,         /* the model does not fit the device */
    STERNA_ERR_DEVICE,      /* the device refused, or answered nonsense */
    STERNA_ERR_TIMEOUT,     /* the device did not answer */
    STERNA_ERR_INTERRUPTED, /* the caller's stop flag was set; nothing is lost */
    STERNA_ERR_DIVERGED,    /* training came to numbers that are not finite */
    STERNA_ERR_MISSING      /* data, a tool or a back end that is not there; the reason says how to get it */
};

struct sterna_error {
    char reason[512];
};

/* Fill *error (may be NULL) like printf and return status, for "return sterna_fail(...)". */
enum sterna_status sterna_fail(struct sterna_error *error, enum sterna_status status, const char *format, ...)
    STERNA_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* which sees one file at a time: tell it that the status comes back as it was given */
#define sterna_fail(error, status, ...) ((void)sterna_fail((error), (status), __VA_ARGS__), (status))
#endif

/* The known word nearest to a mistyped one: start from zero, offer every known word. */
struct sterna_nearest {
    const char *word; /* NULL: nothing comparable was offered */
    size_t distance;
    bool slip; /* few enough edits to be a slip */
};
void sterna_nearest_offer(struct sterna_nearest *nearest, const char *typed, const char *candidate);

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

/* ---- recipes --------------------------------------------------------------------------------------------------- */

/* What to train, on what, how long. Files are lines "key = value"; '#' starts a comment. Keys are the field names. A yes-or-no
 * key is "yes" or "no". */
struct sterna_recipe {
    char data[512]; /* a text (sterna_text_open) or labelled sequences (sterna_sequences_open) */
    char cell[32];  /* "gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign" (binary activations) */
    char head[32];  /* of sequences: the class by the "last" step's output, or by the "mean" over all steps */
    /* Weights (quantize.h has the rules): "float", "binary", "xnor", "ternary", "twn", "pow2-ternary", "dual-copy", "pow2",
     * "exponential". */
    char quantizer[32];        /* of the recurrent matrices; of the input matrices too, if theirs is "same" */
    char quantizer_input[32];  /* "same", or a name as above */
    char quantizer_output[32]; /* of the output layer */
    char quantizer_bias[32];   /* of the biases; "float" ones become Q4.11 on the device */
    char sampling[32];         /* "deterministic" or "stochastic" (where the quantizer offers it) */
    char magnitude[32];        /* H, W0: the matrix's "glorot" bound, "half-glorot", or "one" */
    uint64_t levels;           /* of "pow2": 0 and (levels - 1) / 2 powers of two of each sign */
    uint64_t integer_bits, fraction_bits; /* of "dual-copy": Qi.f */
    char clip_weights[32];                /* master weights stay in the quantizer's range: "yes" or "no" */
    char rate_scale[32]; /* "glorot": matrices move faster by 1 / sqrt(1.5 / (fan in + fan out)); or "none" */
    uint64_t backprop_bits; /* quantized back-propagation: exponent bits of the activations in dW; 0: off */
    char normalization[32]; /* "none", "weight", "layer", "batch" (of the input's products) */
    uint64_t hidden;        /* units per layer */
    uint64_t layers;
    double dropout;       /* between layers */
    double dropout_input; /* of the input's values (a text: of whole characters) */
    double noise;         /* deviation of the noise added to the values of sequences */
    uint64_t batch;       /* sequences trained side by side */
    uint64_t steps;       /* of a text: window of back-propagation through time */
    uint64_t
        shard; /* sequences handled by one thread at a time; part of the result, unlike the number of threads */
    uint64_t updates;         /* in all */
    uint64_t integer_updates; /* the last of them run the integer-aware forward pass */
    uint64_t validate_every;  /* updates */
    uint64_t checkpoint_every;
    uint64_t seed;
    double rate;                               /* Adam's step, start of the cosine */
    double rate_end;                           /* its end */
    double warmup;                             /* updates of linear rise before the cosine */
    double clip;                               /* bound of the gradient's norm */
    struct sterna_front_end_options front_end; /* of sound; its keys are those of sterna_front_end_set */
};

void sterna_recipe_default(struct sterna_recipe *recipe);
/* Read a file over the values that are there. An unknown key is refused with the nearest known one named. */
STERNA_MUST_CHECK enum sterna_status sterna_recipe_load(const char *path, struct sterna_recipe *recipe,
                                                        struct sterna_error *error);
/* One "key=value", as of --set. */
STERNA_MUST_CHECK enum sterna_status sterna_recipe_set(struct sterna_recipe *recipe, const char *assignment,
                                                       struct sterna_error *error);
/* Write the recipe as recipe-file text, every key, snprintf rules; doubles so that they read back to the same bits. */
size_t sterna_recipe_print(const struct sterna_recipe *recipe, char *text, size_t size);

/* ---- training -------------------------------------------------------------------------------------------------- */

struct sterna_progress {
    uint64_t update, updates;
    uint64_t seen;         /* predictions learned from so far: characters of a text, or sequences */
    double train_bits;     /* running mean of the training loss, bits per prediction */
    double valid_bits;     /* of the last validation; NaN before the first */
    double valid_accuracy; /* of the same, percent; NaN for texts */
    double rate;
    double seconds; /* since this call began */
    bool integer_phase;
    bool validated; /* the validation is new with this call */
};

struct sterna_train_options {
    struct sterna_recipe recipe;
    const char *directory; /* gets checkpoint.safetensors, curve.csv, curve.svg */
    bool resume;           /* go on from the directory's checkpoint; the recipe is the checkpoint's */
    bool histogram;   /* also histogram.csv: how the first recurrent matrix spreads, at each validation */
    unsigned threads; /* 0: one per processor; never changes the result */
    const volatile sig_atomic_t
        *stop; /* set non-zero to stop after this update with a checkpoint; may be NULL */
    void (*progress)(const struct sterna_progress *progress,
                     void *context); /* after each update; may be NULL */
    void *context;
};

STERNA_MUST_CHECK enum sterna_status sterna_train(const struct sterna_train_options *options,
                                                  struct sterna_error *error);

/* Draw the learning curves of several runs, from the checkpoints in their directories, into one SVG: validation loss, bits per
 * prediction, over predictions learned from. 1 to 12 runs. */
STERNA_MUST_CHECK enum sterna_status sterna_curve_plot(const char *svg_path, const char *const *directories,
                                                       const char *const *labels, size_t runs,
                                                       struct sterna_error *error);

/* What one update costs. */
struct sterna_bench_update {
    double milliseconds;       /* of an update, the fastest of the repetitions */
    double plain_milliseconds; /* of nothing but its matrix products, by OpenBLAS, a step at a time */
    double peak;               /* 1e9 operations a second in matrix products that this machine reaches */
    double share_of_peak;      /* of the update's products in its whole time */
};

/* Measure updates of one layer, 512 inputs, 512 units, batch 64, 100 steps, on one thread: weights prepared, forward, backward
 * to weights and inputs, Adam. mode: "float" (weights and activations), "ternary" (twn with weight normalization, float activations),
 * "integer" (the same with the integer-aware forward pass). */
STERNA_MUST_CHECK enum sterna_status sterna_bench_update(const char *cell, const char *mode,
                                                         size_t repetitions,
                                                         struct sterna_bench_update *result,
                                                         struct sterna_error *error);

/* ---- models ---------------------------------------------------------------------------------------------------- */

struct sterna_model; /* canonical codes, scales, biases, alphabet, provenance: host/src/model.h */

struct sterna_model_facts {
    char cell[32], data[512];
    char format[32], format_input[32], format_output[32]; /* of recurrent, input and output layer's weights */
    char head[16];                                        /* "next", "last" or "mean" */
    size_t inputs, hidden, layers, outputs;
    size_t weights;          /* number of quantized weights */
    size_t bytes;            /* of weights at the format's bits per weight, scales and biases */
    bool one_hot;            /* inputs are indices: sterna_device_step; else sterna_device_step_dense */
    unsigned input_fraction; /* of dense inputs: q stands for q / 2^input_fraction */
    size_t symbols;          /* of a text model, else 0 */
    uint8_t alphabet[256];
    size_t classes;  /* outputs that have names, else 0 */
    char metric[16]; /* "bpc" or "accuracy"; "" if valid is unknown */
    double valid;    /* that of the model on the validation split; NaN if unknown */
};

/* Quantize a checkpoint's weights deterministically and write the model file (temporary name, then rename). */
STERNA_MUST_CHECK enum sterna_status sterna_quantize(const char *checkpoint, const char *model_path,
                                                     struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_model_load(const char *path, struct sterna_model **model,
                                                       struct sterna_error *error);
/* A one-layer ternary GRU with random weights on a made-up alphabet, for measuring devices. */
STERNA_MUST_CHECK enum sterna_status sterna_model_random(size_t symbols, size_t hidden, uint64_t seed,
                                                         struct sterna_model **model,
                                                         struct sterna_error *error);
/* A one-layer ternary network of this cell ("gru", "lstm", ...) on dense inputs, likewise. */
STERNA_MUST_CHECK enum sterna_status sterna_model_random_dense(const char *cell, size_t inputs, size_t hidden,
                                                               size_t outputs, uint64_t seed,
                                                               struct sterna_model **model,
                                                               struct sterna_error *error);
void sterna_model_free(struct sterna_model *model);
void sterna_model_facts(const struct sterna_model *model, struct sterna_model_facts *facts);
/* Bytes of the packed image for a device are in sterna_device_load's report. */

/* logits[outputs] of the output layer's exact sums: sum * m / 2^(s + 11) + bias / 2^11. */
void sterna_model_logits(const struct sterna_model *model, const int32_t *sums, float *logits);

/* ---- devices --------------------------------------------------------------------------------------------------- */

struct sterna_device; /* something that runs a network step by step: host/src/device_type.h */

struct sterna_geometry {
    unsigned protocol, tables, streams, table_w, psum_w, entries_log2, one_hot_value, kinds;
    uint32_t weight_bytes, scales, biases, program_bytes, activation_bytes, states;
    unsigned psum_rows, request_bytes, reply_bytes;
    uint32_t clock_khz, build_id;
    char name[9];
};

struct sterna_counters {
    uint32_t steps, cycles, streaming, build_wait, gate_wait, bad_frames;
};

struct sterna_load_report {
    size_t weight_bytes, scales, biases, program_bytes, activation_bytes, states; /* used on the device */
    uint64_t ideal_cycles; /* rows x blocks of a step: the engine's own limit */
};

/* address:
 *   "reference"        the specification (host/src/fixed.c) in this process; runs every model. NULL is the same
 *   "reference:up5k"   the accelerator in software, with a target's memories and what its engine can run, behind a link
 *   "sim", "sim:up5k"  the accelerator's Verilog, simulated, behind a link
 * STERNA_ERR_MISSING lists the names this program knows. */
STERNA_MUST_CHECK enum sterna_status sterna_device_open(const char *address, struct sterna_device **device,
                                                        struct sterna_error *error);
void sterna_device_close(struct sterna_device *device);
void sterna_device_geometry(const struct sterna_device *device, struct sterna_geometry *geometry);
/* Pack the model for the device's geometry, write it, have the device check it, reset the state. The device refers to the model
 * until the next load or close. STERNA_ERR_FIT says which limit is exceeded and by how much. report may be NULL. */
STERNA_MUST_CHECK enum sterna_status sterna_device_load(struct sterna_device *device,
                                                        const struct sterna_model *model,
                                                        struct sterna_load_report *report,
                                                        struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_device_reset(struct sterna_device *device,
                                                         struct sterna_error *error);
/* Run count steps on one-hot inputs; sums [count, outputs] gets the output layer's exact sums. Any count: the driver batches. If the
 * device fails midway, the state and the sums of the steps already run stay as they are then. */
STERNA_MUST_CHECK enum sterna_status sterna_device_step(struct sterna_device *device, const uint16_t *inputs,
                                                        size_t count, int32_t *sums,
                                                        struct sterna_error *error);
/* The same on dense inputs [count, model inputs], int8. */
STERNA_MUST_CHECK enum sterna_status sterna_device_step_dense(struct sterna_device *device,
                                                              const int8_t *inputs, size_t count,
                                                              int32_t *sums, struct sterna_error *error);
/* A snapshot is an opaque block of sterna_device_state_bytes(); it restores on any device of the same geometry holding the same model. */
size_t sterna_device_state_bytes(const struct sterna_device *device);
STERNA_MUST_CHECK enum sterna_status sterna_device_state_get(struct sterna_device *device, uint8_t *state,
                                                             struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_device_state_set(struct sterna_device *device,
                                                             const uint8_t *state,
                                                             struct sterna_error *error);
STERNA_MUST_CHECK enum sterna_status sterna_device_counters(struct sterna_device *device, bool clear,
                                                            struct sterna_counters *counters,
                                                            struct sterna_error *error);
/* What a target would do with a model, without a device: cycles of one step of many in a row, and where they go. */
struct sterna_estimate {
    uint64_t cycles;       /* the five below add up to it */
    uint64_t streaming;    /* rows, the output layer's included */
    uint64_t build_wait;   /* no row, because tables are being built */
    uint64_t gate_wait;    /* because gates are waited for */
    uint64_t gap;          /* headers, starts */
    uint64_t output;       /* of streaming, the output layer's */
    uint64_t ideal_cycles; /* rows x blocks of the recurrent layers, had every byte the most weights */
    double padding; /* share of those that no weight needs: the last block of a matrix is rarely full */
    struct sterna_load_report load;
};

/* target: "up5k". STERNA_ERR_MISSING: there is none of that name; STERNA_ERR_FIT: the model does not fit, and why. */
STERNA_MUST_CHECK enum sterna_status sterna_estimate_model(const struct sterna_model *model,
                                                           const char *target,
                                                           struct sterna_estimate *estimate,
                                                           struct sterna_error *error);
/* Clock cycles simulated since open (0 on other back ends): for cycles per second. */
uint64_t sterna_device_simulated_cycles(const struct sterna_device *device);

/* ---- boards on USB ----------------------------------------------------------------------------------------------- */

/* A board that a device may be behind; opening its address tells whether one is. */
struct sterna_board {
    char address
        [136]; /* for sterna_device_open: "usb:SERIAL", or "usb:/PATH" if the serial number tells it from no other */
    char path[32];    /* bus and ports: "1-2.3" */
    char serial[128]; /* "" if it has none, or there is no permission to read it */
    char product[128];
};

/* *boards receives an array of *count boards, by path, that the caller frees. */
STERNA_MUST_CHECK enum sterna_status sterna_boards_find(struct sterna_board **boards, size_t *count,
                                                        struct sterna_error *error);
/* Report the boards that are there, then each that comes and goes, until *stop; report may open devices. */
STERNA_MUST_CHECK enum sterna_status sterna_boards_watch(const volatile sig_atomic_t *stop,
                                                         void (*report)(bool arrived,
                                                                        const struct sterna_board *board,
                                                                        void *context),
                                                         void *context, struct sterna_error *error);

/* ---- evaluation ------------------------------------------------------------------------------------------------ */

struct sterna_eval_options {
    const char *path;    /* a model, or a checkpoint (then only "float") */
    const char *data;    /* a text or labelled sequences */
    const char *on;      /* "float", or a device address */
    const char *weights; /* of a checkpoint: "master", "stochastic" or "deterministic" */
    enum sterna_split split;
    size_t limit;     /* characters or sequences at most; 0: all */
    unsigned threads; /* 0: one per processor */
    uint64_t seed;    /* of a stochastic sample */
    const volatile sig_atomic_t *stop;
    void (*progress)(size_t done, size_t total, void *context);
    void *context;
};

struct sterna_eval_result {
    char metric[16];  /* "bpc" (bits per character) or "accuracy" (percent) */
    double value;     /* of the metric */
    double bits;      /* -log2 p(target), mean over the predictions */
    size_t steps;     /* time steps run */
    size_t sequences; /* 0 for a text */
    double seconds;
    uint64_t cycles; /* of the device's own counter over the steps; 0 where there is none */
    size_t classes;  /* of sequences; 0 for a text */
    uint32_t
        *confusion; /* [classes, classes] counts by label and prediction, or NULL; sterna_eval_result_free */
    char (*class_name)[STERNA_CLASS_NAME]; /* [classes] or NULL */
};
void sterna_eval_result_free(struct sterna_eval_result *result);

/* A text: predict each character of the split from those before it, the state starting at zero and carried through. Sequences:
 * classify each, the state starting at zero. */
STERNA_MUST_CHECK enum sterna_status sterna_eval(const struct sterna_eval_options *options,
                                                 struct sterna_eval_result *result,
                                                 struct sterna_error *error);
/* Draw a result's confusion matrix as an SVG: a row for each label, its shares by prediction. STERNA_ERR_RANGE if it has none. */
STERNA_MUST_CHECK enum sterna_status sterna_confusion_picture(const char *svg_path, const char *title,
                                                              const struct sterna_eval_result *result,
                                                              struct sterna_error *error);

struct sterna_compare_result {
    size_t steps, outputs; /* outputs compared in all: steps x outputs per step, raw 24-bit sums */
    size_t mismatches;
    size_t first_step, first_output; /* of the first mismatch */
    int32_t expected, got;
    char metric[16]; /* "bpc" or "accuracy" */
    double value;    /* of the metric, from the device's sums */
    size_t sequences;
    double seconds;
    struct sterna_counters counters;
    struct sterna_load_report load;
    uint64_t simulated_cycles; /* everything the simulated clock did, loading and link included */
    double simulated_seconds;  /* wall time spent in the simulated device */
};

/* Run the model in fixed.c on canonical codes and on the device (options->on), compare every output. */
STERNA_MUST_CHECK enum sterna_status sterna_compare(const struct sterna_eval_options *options,
                                                    struct sterna_compare_result *result,
                                                    struct sterna_error *error);

/* ---- studies --------------------------------------------------------------------------------------------------- */

/* A study is a grid of runs of the trainer, read from a file of lines "key = value"; '#' starts a comment:
 *
 *   out = FOLDER                      where results go; the folder of a run is FOLDER/ID
 *   base = FILE                       a recipe to start from (first of all; else the default recipe)
 *   limit = N                         evaluate at most N characters or sequences of a split (else all)
 *   KEY = VALUE                       any key of recipes: for all runs
 *   axis NAME = LABEL: KEY=VALUE KEY=VALUE | LABEL: ...      one dimension of the grid; a second line for the same axis adds to it
 *   axis KEY = VALUE | VALUE          short for VALUE: KEY=VALUE
 *
 * There is a run for each combination of labels, the last axis changing fastest; its ID is the labels joined by '-'. Two names mean
 * something: results are averaged over the axis "seed", and what is compared, ranked on validation data alone, is the axis "method"
 * (without one: the last that is not "seed"). */
struct sterna_study;

/* out: the folder instead of the file's; may be NULL. */
STERNA_MUST_CHECK enum sterna_status sterna_study_open(const char *path, const char *out,
                                                       struct sterna_study **study,
                                                       struct sterna_error *error);
void sterna_study_free(struct sterna_study *study);
size_t sterna_study_runs(const struct sterna_study *study);
const char *sterna_study_id(const struct sterna_study *study, size_t run);
const char *sterna_study_directory(const struct sterna_study *study);

enum sterna_run_state {
    STERNA_RUN_WAITING,
    STERNA_RUN_CLAIMED, /* by a process that is at it, as far as this host can tell */
    STERNA_RUN_DONE,
    STERNA_RUN_DIVERGED /* done: training came to numbers that are not finite */
};
/* holder (may be NULL) gets who has claimed it: "HOST, process PID, since DATE"; else "". */
STERNA_MUST_CHECK enum sterna_status sterna_study_state(const struct sterna_study *study, size_t run,
                                                        enum sterna_run_state *state, char holder[160],
                                                        struct sterna_error *error);

enum sterna_study_event {
    STERNA_STUDY_BEGINS,
    STERNA_STUDY_TRAINS,
    STERNA_STUDY_EVALUATES,
    STERNA_STUDY_ENDS,
    STERNA_STUDY_DIVERGES,
    STERNA_STUDY_FAILS,    /* text: the reason; the other runs go on */
    STERNA_STUDY_ELSEWHERE /* text: who has claimed it */
};

struct sterna_study_progress {
    enum sterna_study_event event;
    size_t run;           /* index of it */
    uint64_t done, total; /* updates, or steps of an evaluation */
    const char *text;     /* what else to say */
};

struct sterna_study_options {
    size_t first, stride; /* the runs first, first + stride, ...; stride 0 is 1 */
    unsigned jobs;        /* runs side by side, each with one thread; 0 or 1: one run with `threads` */
    unsigned threads;     /* 0: one per processor */
    bool steal;           /* take over claims of other hosts, which are known to be dead */
    const volatile sig_atomic_t *stop;                                             /* may be NULL */
    void (*progress)(const struct sterna_study_progress *progress, void *context); /* one call at a time */
    void *context;
};

struct sterna_study_outcome { /* of the runs selected */
    size_t selected;
    size_t before; /* were done already */
    size_t done;   /* now, the diverged ones included */
    size_t diverged, failed, elsewhere;
};

/* Run what is selected and not done: train, resuming from the run's checkpoint, quantize, evaluate. Any number of processes, on any number
 * of machines that share the folder, may do this at a time: each run is done once. *outcome is set in any case.
 *
 * STERNA_ERR_INTERRUPTED when stopped: the run under way keeps its checkpoint and is released. If runs failed, the first one's status
 * and reason, after the others. A folder that holds another recipe's run of this ID is STERNA_ERR_RANGE. */
STERNA_MUST_CHECK enum sterna_status sterna_study_run(const struct sterna_study *study,
                                                      const struct sterna_study_options *options,
                                                      struct sterna_study_outcome *outcome,
                                                      struct sterna_error *error);
/* Gather what is done so far: study.csv (a line per run), study.md (a table, a row per combination of labels other than "seed"), and
 * pictures: curves-*.svg and bits-*.svg. */
STERNA_MUST_CHECK enum sterna_status sterna_study_report(const struct sterna_study *study,
                                                         struct sterna_error *error);

/* ---- generation ------------------------------------------------------------------------------------------------ */

/* Sample an index from logits/temperature (temperature 0: the arg max). *random is advanced. */
size_t sterna_sample(const float *logits, size_t count, double temperature, uint64_t seed, uint64_t *random);

#endif
