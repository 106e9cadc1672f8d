/* trial.h - data to try a network on: the split of a text, or of labelled sequences, that eval and compare run. */
#ifndef STERNA_TRIAL_H
#define STERNA_TRIAL_H

#include "training.h"

struct sterna_trial {
    bool is_text;
    struct sterna_text text;
    struct sterna_sequences sequences;
    const uint8_t *symbols;                /* of the split of a text: indices for the network's alphabet */
    const struct sterna_sequence_set *set; /* of sequences */
    size_t whole;                          /* characters or sequences of the split */
    size_t count;                          /* of them to run, the limit respected */
};

/* What a network expects. */
struct sterna_trial_needs {
    const struct sterna_network_ends *ends;
    const uint8_t *alphabet;
    size_t symbols; /* 0: not of text */
    const struct sterna_front_end_options *front_end;
    const float *mean, *deviation; /* of sound, else NULL */
};

/* Open options->data for a network; the split and limit are the options'. STERNA_ERR_RANGE if the data are not of the network's kind, or too few. */
STERNA_MUST_CHECK enum sterna_status sterna_trial_open(const struct sterna_eval_options *options,
                                                       const struct sterna_trial_needs *needs,
                                                       struct sterna_trial *trial,
                                                       struct sterna_error *error);
/* The same for a model. */
STERNA_MUST_CHECK enum sterna_status sterna_trial_open_for(const struct sterna_eval_options *options,
                                                           const struct sterna_model *model,
                                                           struct sterna_trial *trial,
                                                           struct sterna_error *error);
void sterna_trial_close(struct sterna_trial *trial);

/* What is counted on the way. */
struct sterna_tally {
    double bits; /* sum of -log2 p(target) */
    size_t predictions, steps;
    size_t classes;
    uint32_t *confusion; /* [classes, classes] */
};

STERNA_MUST_CHECK enum sterna_status sterna_tally_new(const struct sterna_trial *trial,
                                                      struct sterna_tally *tally, struct sterna_error *error);
void sterna_tally_free(struct sterna_tally *tally);
/* One prediction's logits. */
void sterna_tally_add(struct sterna_tally *tally, const float *logits, size_t outputs, size_t target);
/* The metric of the data ("bpc", "accuracy") and its value. */
const char *sterna_tally_metric(const struct sterna_tally *tally);
double sterna_tally_value(const struct sterna_tally *tally);

/* -log2 of the soft-max of logits [count] at index next. */
double sterna_surprise(const float *logits, size_t count, size_t next);

#endif
