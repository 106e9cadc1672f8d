/* front_end.h - what sterna.h does not show of the front end: whole recordings, and options as text. */
#ifndef STERNA_FRONT_END_H
#define STERNA_FRONT_END_H

#include "sterna.h"

/* Fraction 5: int8 spans +-127/32 = +-3.97 deviations. Measured on spoken digits: log-mel never clips, MFCC with
 * slopes 0.16 % of its values; fraction 6 would clip 2.8 and 5.4 %. */
enum { STERNA_FRONT_END_FRACTION = 5, STERNA_FRONT_END_TEXT = 256 };

/* Frames of a recording of `count` samples; one shorter than a window is filled with silence to one. */
size_t sterna_front_end_frames(const struct sterna_front_end *front_end, size_t count);
/* Reset, and run a whole recording through: feature [frames, features]. The same bits as pushing it piece by
 * piece. */
void sterna_front_end_run(struct sterna_front_end *front_end, const float *samples, size_t count,
                          float *feature);

/* Every option in one line: equal lines, equal frames. */
void sterna_front_end_describe(const struct sterna_front_end_options *options,
                               char text[STERNA_FRONT_END_TEXT]);

#endif
