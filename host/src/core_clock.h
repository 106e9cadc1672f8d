/* core_clock.h - how many cycles a core makes, which no clock of the system tells: they run at a rate of their own. */
#ifndef STERNA_CORE_CLOCK_H
#define STERNA_CORE_CLOCK_H

/* Cycles per nanosecond over the next few microseconds: a chain of additions, one a cycle, against the clock. Too low
 * if something comes in between: the highest of many is right. NaN where the chain is not written for the processor. */
double sterna_core_clock(void);

#endif
