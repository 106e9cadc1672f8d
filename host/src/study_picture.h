/* study_picture.h - the pictures of a study: what has no results is not drawn.
 *
 *   curves-SECTION.svg   learning curves on validation data, mean over the seeds, of the best 12 methods of a section
 *   bits-TASK.svg        test value against bits per weight, a point for each combination of labels; without an axis "task": bits.svg
 */
#ifndef STERNA_STUDY_PICTURE_H
#define STERNA_STUDY_PICTURE_H

#include "study_group.h"

enum { STERNA_PICTURE_NAME = STERNA_RUN_ID_SIZE + 16 };

/* How many bits-*.svg there may be: the values of the axis "task". */
size_t sterna_picture_tasks(const struct sterna_table *table);
/* The file names. False: there is nothing to draw. */
bool sterna_picture_curves_name(const struct sterna_table *table, size_t section,
                                char name[STERNA_PICTURE_NAME]);
bool sterna_picture_bits_name(const struct sterna_table *table, size_t task, char name[STERNA_PICTURE_NAME]);
/* Draw them all. */
STERNA_MUST_CHECK enum sterna_status sterna_study_pictures(const struct sterna_table *table,
                                                           struct sterna_error *error);

#endif
