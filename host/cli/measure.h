/* measure.h - what eval and compare share: from the command line to the library's options. */
#ifndef STERNA_MEASURE_H
#define STERNA_MEASURE_H

#include "option.h"
#include "record.h"
#include "sterna.h"
#include "terminal.h"

/* Options of a run over arguments "MODEL DATA", with its progress on the bar; Ctrl-C is caught from now on. */
struct sterna_eval_options sterna_measure_options(const struct sterna_options *options, const char *command,
                                                  const char *on, struct sterna_bar *bar);
/* Complain about what the library refused. Returns the exit status. */
int sterna_measure_fail(const char *command, const struct sterna_eval_options *options,
                        enum sterna_status status, const struct sterna_error *error);
/* The keys that say what was measured: model, data, split, on. */
void sterna_measure_record(struct sterna_record *record, const struct sterna_eval_options *options);
/* a / b, NaN if b is 0. */
double sterna_measure_ratio(double a, double b);

#endif
