/* evaluate.h - a model's run over data on a device, with or without fixed.c beside it: what sterna_eval (evaluate.c) and
 * sterna_compare (compare.c) share. */
#ifndef STERNA_EVALUATE_H
#define STERNA_EVALUATE_H

#include "trial.h"

struct sterna_device_run {
    struct sterna_tally tally;
    uint64_t cycles; /* of the device's own counter */
};

/* Run trial on the device options->on; compare: NULL, or receives the differences from fixed.c and the device's counters.
 * Uses on, stop, progress and context of the options. STERNA_ERR_INTERRUPTED when stop is set. Release run->tally. */
STERNA_MUST_CHECK enum sterna_status sterna_run_on_device(const struct sterna_model *model,
                                                          const struct sterna_trial *trial,
                                                          const struct sterna_eval_options *options,
                                                          struct sterna_device_run *run,
                                                          struct sterna_compare_result *compare,
                                                          struct sterna_error *error);

#endif
