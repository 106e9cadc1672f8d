/* study_result.h - what a run found, and the file that makes it done: DIRECTORY/ID/result.json, complete or absent. */
#ifndef STERNA_STUDY_RESULT_H
#define STERNA_STUDY_RESULT_H

#include "study.h"

/* The weights that are evaluated. */
enum sterna_measure {
    STERNA_MEASURE_MASTER,        /* float master weights */
    STERNA_MEASURE_STOCHASTIC,    /* one sample; only if they were trained so */
    STERNA_MEASURE_DETERMINISTIC, /* quantized weights, activations in float */
    STERNA_MEASURE_DEPLOYED,      /* the model file in the device's arithmetic; not of float weights */
    STERNA_MEASURES
};
extern const char *const sterna_measure_names[STERNA_MEASURES];

struct sterna_run_result {
    char metric[16];               /* "bpc" (lower is better) or "accuracy" (percent) */
    double valid[STERNA_MEASURES]; /* NaN: not measured */
    double test[STERNA_MEASURES];  /* never used to choose */
    double model_bytes, weights;   /* of float weights: 4 bytes each */
    double bits_per_weight;        /* of all model bytes: scales and biases included */
    double updates, seconds;       /* seconds of training, evaluations left out; since the last restart */
    char diverged[256];            /* why there are no values; "": there are */
};

/* The measure that counts: deployed if there is one, else deterministic. */
enum sterna_measure sterna_result_headline(const struct sterna_run_result *result);
/* Whether value one is better than the other; NaN is worse than anything. */
bool sterna_metric_better(const char *metric, double one, double other);

STERNA_MUST_CHECK enum sterna_status sterna_result_save(const struct sterna_study *study, size_t run,
                                                        const struct sterna_run_result *result,
                                                        struct sterna_error *error);
/* *done tells whether the run has a result; an unreadable one is STERNA_ERR_FORMAT. */
STERNA_MUST_CHECK enum sterna_status sterna_result_load(const struct sterna_study *study, size_t run,
                                                        bool *done, struct sterna_run_result *result,
                                                        struct sterna_error *error);

#endif
