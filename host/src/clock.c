/* clock.c - the one place that reads the monotonic clock. */
#include "clock.h"

#include <time.h>

double sterna_clock_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock exists, the pointer is valid */
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
