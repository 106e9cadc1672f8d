/* schedule.h - the learning rate of each update: a linear rise, then half a cosine from rate down to
 * rate_end. */
#ifndef STERNA_SCHEDULE_H
#define STERNA_SCHEDULE_H

#include "sterna.h"

/* update: 0 for the first, below recipe->updates. */
double sterna_schedule_rate(const struct sterna_recipe *recipe, uint64_t update);
/* The last recipe->integer_updates run the integer forward pass. */
bool sterna_schedule_integer(const struct sterna_recipe *recipe, uint64_t update);

#endif
