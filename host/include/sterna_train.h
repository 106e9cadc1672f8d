/* sterna_train.h - recipes, training, grids of trainings.
 * Part of sterna.h, which is what programs include. */
#ifndef STERNA_INCLUDE_TRAIN_H
#define STERNA_INCLUDE_TRAIN_H

#include "sterna_data.h"

/* ---- recipes --------------------------------------------------------------------------------------------------- */

/* What to train, on what, how long. Files are lines "key = value"; '#' starts a comment. Keys are the field names. A yes-or-no
 * key is "yes" or "no". */
struct sterna_recipe {
    char data[512]; /* a text (sterna_text_open) or labelled sequences (sterna_sequences_open) */
    char stack
        [512]; /* feed-forward layers in front of the recurrent ones, or "none": conv, dense, pooling ... (stack_shape.h) */
    char cell[32]; /* "gru", "lstm", "rnn-tanh", "rnn-relu", "rnn-sign" (binary activations) */
    char head[32]; /* of sequences: the class by the "last" step's output, or by the "mean" over all steps */
    /* Weights (quantize.h has the rules): "float", "binary", "xnor", "ternary", "twn", "pow2-ternary", "dual-copy", "pow2",
     * "exponential". */
    char quantizer
        [32]; /* of the recurrent matrices and the stack; of the input matrices too, if theirs is "same" */
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
    uint64_t layers;        /* recurrent ones; may be 0 behind a stack */
    double dropout;         /* between layers */
    double dropout_input;   /* of the input's values (a text: of whole characters) */
    double noise;           /* deviation of the noise added to the values of sequences */
    uint64_t batch;         /* sequences trained side by side */
    uint64_t steps;         /* of a text: window of back-propagation through time */
    uint64_t
        shard; /* sequences handled by one thread at a time; part of the result, unlike the number of threads */
    uint64_t updates; /* in all */
    uint64_t
        integer_updates; /* the last of them run the integer-aware forward pass (float weights have none) */
    uint64_t validate_every; /* updates */
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

#endif
