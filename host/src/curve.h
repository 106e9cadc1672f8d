/* curve.h - the learning curve as files. */
#ifndef STERNA_CURVE_H
#define STERNA_CURVE_H

#include "training.h"

/* path.csv: seen (characters or sequences), train_bits, valid_bits (per prediction), valid_accuracy (percent; empty of a text), rate; a line per validation. Rewritten whole, so that it always
 * agrees with the checkpoint. */
STERNA_MUST_CHECK enum sterna_status sterna_curve_csv(const struct sterna_training *training,
                                                      const char *path, struct sterna_error *error);
/* The same as a picture. */
STERNA_MUST_CHECK enum sterna_status sterna_curve_svg(const struct sterna_training *training,
                                                      const char *path, struct sterna_error *error);

#endif
