#include "schedule.h"

#include <math.h>

double sterna_schedule_rate(const struct sterna_recipe *recipe, uint64_t update)
{
    const double pi = 3.14159265358979323846;
    const double now = (double)update, total = (double)recipe->updates;

    if (now < recipe->warmup)
        return recipe->rate * (now + 1.0) / (recipe->warmup + 1.0);
    const double length = total - recipe->warmup;
    const double part = length > 0.0 ? (now - recipe->warmup) / length : 1.0;
    return recipe->rate_end + 0.5 * (recipe->rate - recipe->rate_end) * (1.0 + cos(pi * part));
}

bool sterna_schedule_integer(const struct sterna_recipe *recipe, uint64_t update)
{
    return update + recipe->integer_updates >= recipe->updates;
}
