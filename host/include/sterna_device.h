/* sterna_device.h - models, the devices that run them, evaluation, generation.
 * Part of sterna.h, which is what programs include. */
#ifndef STERNA_INCLUDE_DEVICE_H
#define STERNA_INCLUDE_DEVICE_H

#include "sterna_data.h"

/* ---- models ---------------------------------------------------------------------------------------------------- */

struct sterna_model; /* canonical codes, scales, biases, alphabet, provenance: host/src/model.h */

struct sterna_model_facts {
    char cell[32], data[512];
    char stack[512]; /* feed-forward layers in front of the recurrent ones, or "none" */
    size_t steps;    /* that a sequence must have; 0: any number */
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
/* Product quantization of one kind of matrix: groups of `elements` weights are words of a codebook of `words`. */
struct sterna_product_part {
    size_t elements, words;
    size_t
        terms; /* of an element of a word: a sum of at most so many powers of two, 1 or 2; 0 (of all parts): real elements */
    int top; /* the largest element, 1 to 127 */
    size_t
        program; /* bytes of the step program that builds the tables, at most; 0: any. A UP5K has 512 for all matrices */
};

/* How a matrix came out. Errors are mean squared differences of its responses from the original network's, relative to their
 * variance, on samples that nothing was fitted to; NaN where there is none. */
struct sterna_product_report {
    const char *name; /* "weight_ih_l0" */
    size_t rows, cols;
    double plain;     /* k-means alone, real elements */
    double corrected; /* with error correction, real elements */
    double projected; /* with elements of few powers of two: what is written */
    double bits;      /* per weight: names, codebook and scales */
    double
        alone; /* what is written, if this matrix alone were quantized; the others count those before it in */
    size_t operations, tables; /* additions for one input, and the tables among them */
    size_t program;            /* bytes of the step program that builds the tables */
    size_t before;             /* multiply-adds for one input of the matrix as it was */
};

struct sterna_product_options {
    const char *checkpoint; /* of float weights */
    const char *path;       /* of the model to write; NULL: none, for the reports */
    const char *data;       /* to calibrate with: the training split, unlabelled */
    size_t limit;           /* characters or sequences of it; 0: enough */
    struct sterna_product_part input, recurrent,
        output;       /* a stack's first layer is an input, its others are as recurrent ones */
    bool uncorrected; /* without error correction: k-means of the weights alone */
    bool
        free_codebooks; /* the published method: a codebook of real elements for each sub-space. No device runs that: what is
                          * written is a checkpoint of the weights that they stand for */
    size_t
        tune; /* then so many updates of words, row scales and biases by back-propagation, labels used; 0: none */
    uint64_t seed;
    void (*report)(const struct sterna_product_report *report,
                   void *context); /* after each matrix; may be NULL */
    void (*tuned)(size_t steps, double bits,
                  void *context); /* after each update: running mean of the loss; may be NULL */
    void *context;
};

STERNA_MUST_CHECK enum sterna_status sterna_quantize_product(const struct sterna_product_options *options,
                                                             struct sterna_error *error);
/* Draw the errors of `count` matrices, quantized without correction and with it, alone and with those before them, as an SVG. */
STERNA_MUST_CHECK enum sterna_status sterna_product_picture(const char *svg_path, const char *title,
                                                            const struct sterna_product_report *without,
                                                            const struct sterna_product_report *with,
                                                            size_t count, struct sterna_error *error);
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
/* The same with codebooks: of the input, the recurrent and the output matrix each `words` (1 to 128) random words of
 * `elements` (1 to 8) small weights. */
STERNA_MUST_CHECK enum sterna_status sterna_model_random_codebook(const char *cell, size_t inputs,
                                                                  size_t hidden, size_t outputs,
                                                                  size_t elements, size_t words,
                                                                  uint64_t seed, struct sterna_model **model,
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
    unsigned psum_rows, request_bytes, reply_bytes, table_banks;
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
 *   "fast"             the same bits by the processor's vector instructions; runs every model
 *   "reference:up5k"   the accelerator in software, with a target's memories and what its engine can run, behind a link
 *   "sim", "sim:up5k"  the accelerator's Verilog, simulated, behind a link; targets: those of make SIM_TARGETS=...
 *   "usb", "usb:SERIAL", "usb:/PATH"   a board: sterna_boards_find
 * STERNA_ERR_MISSING lists the names this program knows; STERNA_ERR_UNPLUGGED: there is no such board now. */
STERNA_MUST_CHECK enum sterna_status sterna_device_open(const char *address, struct sterna_device **device,
                                                        struct sterna_error *error);
/* Whom to tell while a board is waited for, one line at a time; report NULL: an unplugged board is not waited for. */
struct sterna_wait {
    void (*report)(const char *line, const void *context);
    const void *context;
};
/* The same, but the device outlasts its board. Whatever is called while there is none waits until one is plugged in at the address,
 * has the model loaded and checked, brings the state to that of the last step that was answered, and goes on. address and wait
 * must outlive the device; the model must not change. Counters start over with each board. */
STERNA_MUST_CHECK enum sterna_status sterna_device_open_lasting(const char *address,
                                                                const struct sterna_wait *wait,
                                                                struct sterna_device **device,
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
/* What a target would do with a model, without a device: cycles of one step of many in as long requests as it takes,
 * and where they go. */
struct sterna_estimate {
    uint64_t cycles;       /* the five below add up to it */
    uint64_t streaming;    /* rows, the output layer's included */
    uint64_t build_wait;   /* no row, because tables are being built */
    uint64_t gate_wait;    /* because gates are waited for */
    uint64_t gap;          /* headers, starts, the requests themselves */
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
/* The same for a whole sequence of `steps` steps, through a stack, if there is one, and what is behind it: loading is not counted; load is of what
 * is behind, padding is 0. STERNA_ERR_RANGE: a sequence of that length cannot go through. */
STERNA_MUST_CHECK enum sterna_status sterna_estimate_sequence(const struct sterna_model *model,
                                                              const char *target, size_t steps,
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
    const char *path; /* a model, or a checkpoint (then only "float") */
    const char *data; /* a text or labelled sequences */
    const char *on;   /* "float", or a device address */
    struct sterna_wait wait;
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
    size_t steps; /* of what is behind the stack, if there is one */
    size_t
        outputs; /* compared in all: steps x outputs per step, raw 24-bit sums; and a stack's activations */
    size_t mismatches;
    size_t first_step, first_output; /* of the first mismatch */
    int32_t expected, got;
    char metric[16]; /* "bpc" or "accuracy" */
    double value;    /* of the metric, from the device's sums */
    size_t sequences;
    double seconds;
    struct sterna_counters counters;
    struct sterna_load_report load; /* of what is behind the stack */
    uint64_t ideal_cycles;          /* the engine's own limit for all of it, the stack's steps too */
    uint64_t simulated_cycles;      /* everything the simulated clock did, loading and link included */
    double simulated_seconds;       /* wall time spent in the simulated device */
};

/* Run the model in fixed.c on canonical codes and on the device (options->on), compare every output. */
STERNA_MUST_CHECK enum sterna_status sterna_compare(const struct sterna_eval_options *options,
                                                    struct sterna_compare_result *result,
                                                    struct sterna_error *error);

/* ---- generation ------------------------------------------------------------------------------------------------ */

/* Sample an index from logits/temperature (temperature 0: the arg max). *random is advanced. */
size_t sterna_sample(const float *logits, size_t count, double temperature, uint64_t seed, uint64_t *random);

#endif
